// SPDX-License-Identifier: MIT
// The terminal: whether there is one, its size, its keys, the alternate screen; and Ctrl-C.
#ifndef JOINMEM_TOOL_TERMINAL_HPP
#define JOINMEM_TOOL_TERMINAL_HPP

#include <cstddef>
#include <cstdint>

namespace tool
{
namespace style
{
constexpr const char* plain = "\033[0m";
constexpr const char* bold = "\033[1m";
constexpr const char* dim = "\033[2m";
constexpr const char* red = "\033[31m";
constexpr const char* green = "\033[32m";
constexpr const char* yellow = "\033[33m";
constexpr const char* cyan = "\033[36m";
}  // namespace style

/// Whether standard output is a terminal.
bool onTerminal () noexcept;

/// Whether to colour standard output: on a terminal that is not dumb, without NO_COLOR, see no-color.org.
bool wantsColour () noexcept;

struct ScreenSize
{
    std::size_t columns = 80;
    std::size_t lines = 24;
};

ScreenSize screenSize () noexcept;

/// During its life SIGINT, SIGTERM and SIGHUP are only recorded, and arrive only within sleepUntil and key.
class Interrupts
{
public:
    Interrupts () noexcept;
    Interrupts (const Interrupts&) = delete;
    Interrupts& operator= (const Interrupts&) = delete;
    ~Interrupts ();

    /// The signal that has arrived, or 0.
    static int seen () noexcept;

    /// Sleeps until that time, in nanoseconds of CLOCK_MONOTONIC. @return false: a signal has arrived
    static bool sleepUntil (int64_t nanoseconds) noexcept;
};

int64_t monotonicNow () noexcept;

/// Keys that are not characters.
enum Key : int
{
    NoKey = 0,
    EndOfKeys = 4,  ///< the terminal is closed, or Ctrl-D
    EnterKey = '\n',
    EscapeKey = 27,
    BackspaceKey = 127,
    UpKey = 256,
    DownKey,
    PageUpKey,
    PageDownKey,
    HomeKey,
    EndKey,
};

/// The alternate screen, with unbuffered keys. The destructor restores the terminal.
class Screen
{
public:
    Screen ();
    Screen (const Screen&) = delete;
    Screen& operator= (const Screen&) = delete;
    ~Screen ();

    /// Waits for a key until that time: a byte or a Key; NoKey: the time is up, or a signal has arrived. Requires an
    /// Interrupts object.
    int key (int64_t nanoseconds) noexcept;

private:
    static int keyOf (int end, int number) noexcept;
    int decode () noexcept;

    unsigned char _keys[64] = {};  // read and not yet returned
    std::size_t _at = 0;
    std::size_t _end = 0;
};

}  // namespace tool

#endif
