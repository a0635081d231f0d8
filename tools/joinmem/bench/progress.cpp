// SPDX-License-Identifier: MIT
#include "progress.hpp"

#include "harness/clock.hpp"

#include <algorithm>
#include <cmath>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tool::bench
{
namespace
{
std::size_t terminalWidth ()
{
    winsize size {};
    return ::ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}
}  // namespace

Progress::Progress (bool quiet)
: _shown (!quiet && ::isatty (STDERR_FILENO) == 1)
{
}

Progress::~Progress ()
{
    if (_written != 0)
    {
        write (std::string ());
        write ("\r");
    }
}

void Progress::expect (std::size_t steps)
{
    _steps = std::max<std::size_t> (1, steps);
    _start = harness::nanosNow ();
}

void Progress::step (const std::string& label)
{
    if (!_shown)
    {
        return;
    }
    constexpr std::size_t width = 24;
    const std::size_t filled = width * _done / _steps;
    std::string line = "[" + std::string (filled, '#') + std::string (width - filled, '.') + "] "
                       + std::to_string (100 * _done / _steps) + " %";
    if (_done != 0)
    {
        const double spent = static_cast<double> (harness::nanosNow () - _start) * 1e-9;
        const double left = spent / static_cast<double> (_done) * static_cast<double> (_steps - _done);
        line += ", " + std::to_string (std::lround (std::ceil (left))) + " s left";
    }
    write (line + ": " + label);
    ++_done;
}

// Overwrites the rest of the previous line with spaces, for terminals that only understand a carriage return.
void Progress::write (const std::string& line)
{
    std::string text = line.substr (0, terminalWidth () - 1);
    const std::size_t columns = text == "\r" ? 0 : text.size ();
    text = "\r" + text + std::string (_written > columns ? _written - columns : 0, ' ');
    _written = columns;
    for (const char* at = text.data (); at < text.data () + text.size ();)
    {
        const ssize_t n = ::write (STDERR_FILENO, at, static_cast<std::size_t> (text.data () + text.size () - at));
        if (n <= 0)
        {
            return;  // standard error is closed
        }
        at += n;
    }
}

}  // namespace tool::bench
