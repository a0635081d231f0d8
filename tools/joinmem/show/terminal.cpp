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
sigset_t maskBefore;  // signals come while we sleep, and only then: none is missed between a look and the sleep
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
        if (terminal::before[i].sa_handler != SIG_IGN)  // as nohup (1) has it
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
    // Those that came while we did not sleep, and where a sleep had no time to: input that has ended is always ready.
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
        throw Stop (Failed, "standard input and output are no terminal: ask for --batch");
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

char Screen::key (int64_t nanoseconds) noexcept
{
    const int64_t left = nanoseconds - monotonicNow ();
    const timespec time = terminal::timeOf (left > 0 ? left : 0);
    pollfd input = {STDIN_FILENO, POLLIN, 0};
    char pressed = 0;
    if (::ppoll (&input, 1, &time, &terminal::maskBefore) != 1)
    {
        return 0;
    }
    return ::read (STDIN_FILENO, &pressed, 1) == 1 ? pressed : endOfKeys;
}

}  // namespace tool
