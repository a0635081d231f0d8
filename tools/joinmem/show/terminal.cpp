// SPDX-License-Identifier: MIT
#include "terminal.hpp"

#include "../command.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace tool
{
namespace terminal
{
volatile std::sig_atomic_t signalSeen = 0;
struct sigaction before[3];
constexpr int watched[] = {SIGINT, SIGTERM, SIGHUP};
sigset_t maskBefore;  // signals arrive only during a sleep: none is missed between a check and the sleep
termios keysBefore;

void note (int number)
{
    signalSeen = number;
}

timespec timeOf (int64_t nanoseconds) noexcept
{
    constexpr int64_t second = 1'000'000'000;
    timespec time = {};
    time.tv_sec = static_cast<std::time_t> (nanoseconds / second);
    time.tv_nsec = static_cast<long> (nanoseconds % second);
    return time;
}
}  // namespace terminal

bool onTerminal () noexcept
{
    return ::isatty (STDOUT_FILENO) == 1;
}

bool wantsColour () noexcept
{
    const char* never = std::getenv ("NO_COLOR");
    const char* kind = std::getenv ("TERM");
    return onTerminal () && (never == nullptr || *never == '\0')
           && (kind == nullptr || std::strcmp (kind, "dumb") != 0);
}

ScreenSize screenSize () noexcept
{
    ScreenSize size;
    winsize window = {};
    if (::ioctl (STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col != 0 && window.ws_row != 0)
    {
        size.columns = window.ws_col;
        size.lines = window.ws_row;
    }
    return size;
}

Interrupts::Interrupts () noexcept
{
    terminal::signalSeen = 0;
    sigset_t mask;
    ::sigemptyset (&mask);
    struct sigaction action = {};
    action.sa_handler = terminal::note;
    for (const int number : terminal::watched)
    {
        ::sigaddset (&mask, number);
    }
    ::sigprocmask (SIG_BLOCK, &mask, &terminal::maskBefore);
    for (std::size_t i = 0; i < 3; ++i)
    {
        ::sigaction (terminal::watched[i], nullptr, &terminal::before[i]);
        if (terminal::before[i].sa_handler != SIG_IGN)  // ignored, as under nohup(1)
        {
            ::sigaction (terminal::watched[i], &action, nullptr);
        }
    }
}

Interrupts::~Interrupts ()
{
    for (std::size_t i = 0; i < 3; ++i)
    {
        ::sigaction (terminal::watched[i], &terminal::before[i], nullptr);
    }
    ::sigprocmask (SIG_SETMASK, &terminal::maskBefore, nullptr);
}

int Interrupts::seen () noexcept
{
    // Unblocks the signals for a moment, so that pending ones arrive. The sleeps do not suffice: input at its end is
    // always ready, so that they never block.
    sigset_t mask;
    ::sigprocmask (SIG_SETMASK, &terminal::maskBefore, &mask);
    ::sigprocmask (SIG_SETMASK, &mask, nullptr);
    return terminal::signalSeen;
}

bool Interrupts::sleepUntil (int64_t nanoseconds) noexcept
{
    while (seen () == 0)
    {
        const int64_t left = nanoseconds - monotonicNow ();
        const timespec time = terminal::timeOf (left > 0 ? left : 0);
        if (::ppoll (nullptr, 0, &time, &terminal::maskBefore) == 0)
        {
            break;
        }
    }
    return seen () == 0;
}

int64_t monotonicNow () noexcept
{
    timespec now = {};
    ::clock_gettime (CLOCK_MONOTONIC, &now);
    return int64_t (now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

Screen::Screen ()
{
    if (!onTerminal () || ::tcgetattr (STDIN_FILENO, &terminal::keysBefore) != 0)
    {
        throw Stop (Failed, "standard input and output are not a terminal: use --batch");
    }
    termios keys = terminal::keysBefore;
    keys.c_lflag &= ~static_cast<tcflag_t> (ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    ::tcsetattr (STDIN_FILENO, TCSANOW, &keys);
    std::cout << "\033[?1049h\033[?25l\033[2J" << std::flush;
}

Screen::~Screen ()
{
    std::cout << "\033[?25h\033[?1049l" << std::flush;
    ::tcsetattr (STDIN_FILENO, TCSANOW, &terminal::keysBefore);
}

int Screen::key (int64_t nanoseconds) noexcept
{
    if (_at == _end)
    {
        const int64_t left = nanoseconds - monotonicNow ();
        const timespec time = terminal::timeOf (left > 0 ? left : 0);
        pollfd input = {STDIN_FILENO, POLLIN, 0};
        if (::ppoll (&input, 1, &time, &terminal::maskBefore) != 1)
        {
            return NoKey;
        }
        const ssize_t got = ::read (STDIN_FILENO, _keys, sizeof (_keys));
        if (got <= 0)
        {
            return EndOfKeys;
        }
        _at = 0;
        _end = static_cast<std::size_t> (got);
    }
    return decode ();
}

// The key whose escape sequence ends like this.
int Screen::keyOf (int end, int number) noexcept
{
    switch (end)
    {
        case 'A':
            return UpKey;
        case 'B':
            return DownKey;
        case 'H':
            return HomeKey;
        case 'F':
            return EndKey;
        case '~':
            return number == 1 || number == 7   ? int (HomeKey)
                   : number == 4 || number == 8 ? int (EndKey)
                   : number == 5                ? int (PageUpKey)
                   : number == 6                ? int (PageDownKey)
                                                : int (NoKey);
        default:
            return NoKey;
    }
}

// Takes one key, or an escape sequence such as ESC [ 5 ~.
int Screen::decode () noexcept
{
    const int first = _keys[_at++];
    if (first != EscapeKey || _at == _end || (_keys[_at] != '[' && _keys[_at] != 'O'))
    {
        return first == 8 ? int (BackspaceKey) : first == '\r' ? int (EnterKey) : first;
    }
    ++_at;
    int number = 0;
    while (_at < _end)
    {
        const int c = _keys[_at++];
        if (c >= '0' && c <= '9')
        {
            number = (number * 10 + c - '0') % 1000;
        }
        else if (c >= 0x40 && c <= 0x7e)
        {
            return keyOf (c, number);
        }
    }
    return NoKey;
}

}  // namespace tool
