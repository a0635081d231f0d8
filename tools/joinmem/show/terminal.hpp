// SPDX-License-Identifier: MIT
// The terminal: whether there is one, how large it is, keys and a screen of one's own; and Ctrl-C.
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

/// Whether to colour it: on a terminal that is not dumb, and not under NO_COLOR, see no-color.org.
bool wantsColour () noexcept;

struct ScreenSize
{
    std::size_t columns = 80;
    std::size_t lines = 24;
};

ScreenSize screenSize () noexcept;

/// From its construction on SIGINT, SIGTERM and SIGHUP are only noted, and that while one sleeps by sleepUntil or key.
class Interrupts
{
public:
    Interrupts () noexcept;
    Interrupts (const Interrupts&) = delete;
    Interrupts& operator= (const Interrupts&) = delete;
    ~Interrupts ();

    /// The signal that came, or 0.
    static int seen () noexcept;

    /// Sleeps until then, CLOCK_MONOTONIC nanoseconds, or a signal: false.
    static bool sleepUntil (int64_t nanoseconds) noexcept;
};

int64_t monotonicNow () noexcept;

/// The alternate screen, keys as they are pressed; the old one comes back with the end of its scope.
class Screen
{
public:
    Screen ();
    Screen (const Screen&) = delete;
    Screen& operator= (const Screen&) = delete;
    ~Screen ();

    static constexpr char endOfKeys = 4;

    /// The next key until then, or 0: none, or a signal; endOfKeys: the terminal has gone. There are Interrupts meanwhile.
    static char key (int64_t nanoseconds) noexcept;
};

}  // namespace tool

#endif
