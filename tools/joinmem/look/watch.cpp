// SPDX-License-Identifier: MIT
#include "watch.hpp"

#include "../command.hpp"
#include "../show/terminal.hpp"
#include "../show/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

namespace tool
{
namespace watching
{
constexpr std::size_t maxHistory = 512;

Seen seeAgain (const std::string& name, const Seen& first)
{
    try
    {
        Seen again = see (name);
        if (isSame (again.info, first.info))
        {
            return again;
        }
    }
    catch (const std::system_error& error)
    {
        if (error.code ().value () != ENOENT)
        {
            throw;
        }
        throw Stop (Vanished, nameText (name) + " was removed meanwhile");
    }
    throw Stop (Vanished, nameText (name) + " was removed meanwhile, and another segment has its name");
}

std::string column (const std::string& text, std::size_t width)
{
    return std::string (width > widthOf (text) ? width - widthOf (text) : 0, ' ') + text;
}

class View
{
public:
    explicit View (bool terminal)
    : _terminal (terminal)
    {
    }

    void show (const Seen& seen, const Rates& rates)
    {
        remember (_in, rates.in);
        remember (_out, rates.out);
        _terminal ? block (seen, rates) : line (seen, rates);
        std::cout.flush ();
    }

private:
    static void remember (std::vector<double>& history, double value)
    {
        history.push_back (value);
        if (history.size () > maxHistory)
        {
            history.erase (history.begin ());
        }
    }

    // Prints fixed columns, for programs that read them.
    void line (const Seen& seen, const Rates& rates)
    {
        if (_in.size () == 1)
        {
            std::cout << "  PENDING     IN/s    OUT/s   ALIVE    DEAD  DEATHS\n";
        }
        std::cout << column (std::to_string (seen.info.pending), 9) << column (countText (rates.in), 9)
                  << column (countText (rates.out), 9) << column (std::to_string (seen.count (true)), 8)
                  << column (std::to_string (seen.count (false)), 8) << column (std::to_string (seen.info.deaths), 8)
                  << '\n';
    }

    void block (const Seen& seen, const Rates& rates)
    {
        const join::SegmentInfo& info = seen.info;
        const std::size_t columns = screenSize ().columns;
        const std::size_t room = columns > 30 ? columns - 30 : 8;
        const double share = fillOf (info);
        const bool colours = wantsColour ();
        const char* bold = colours ? style::bold : "";
        const char* cyan = colours ? style::cyan : "";
        const char* fill = !colours ? "" : share >= 0.9 ? style::red : share >= 0.5 ? style::yellow : style::green;
        const char* plain = colours ? style::plain : "";
        std::cout << (_in.size () > 1 ? "\033[5A" : "");
        std::cout << "\r\033[K" << bold << nameText (seen.name) << plain << "  " << join::nameOf (info.kind) << " of "
                  << info.capacity << " x " << info.elementSize << " bytes" << (info.shutDown ? ", shut down" : "")
                  << '\n';
        std::cout << "\r\033[K  fill " << fill << bar (share, static_cast<unsigned> (std::min<std::size_t> (room, 40)))
                  << plain << ' ' << info.pending << '\n';
        std::cout << "\r\033[K  in   " << column (countText (rates.in), 8) << "/s  " << cyan << sparkline (_in, room)
                  << plain << '\n';
        std::cout << "\r\033[K  out  " << column (countText (rates.out), 8) << "/s  " << cyan << sparkline (_out, room)
                  << plain << '\n';
        std::cout << "\r\033[K  " << seen.count (true) << " alive, " << seen.count (false) << " dead, " << info.deaths
                  << " deaths recovered from, " << info.skipped << " skipped cells"
                  << (info.consumerSleeps ? "; a consumer sleeps" : "")
                  << (info.producerSleeps ? "; a producer sleeps" : "")
                  << (info.elementWatched || info.roomWatched ? "; a wait set sleeps" : "") << '\n';
    }

    const bool _terminal;
    std::vector<double> _in;
    std::vector<double> _out;
};
}  // namespace watching

bool isSame (const join::SegmentInfo& a, const join::SegmentInfo& b) noexcept
{
    return a.device == b.device && a.inode == b.inode && a.createdAt == b.createdAt;
}

Rates ratesOf (const join::SegmentInfo& before, const join::SegmentInfo& now, int64_t nanoseconds) noexcept
{
    const double seconds = static_cast<double> (std::max<int64_t> (nanoseconds, 1)) * 1e-9;
    const auto rate = [=] (uint64_t from, uint64_t to) {
        return to > from ? static_cast<double> (to - from) / seconds : 0.0;
    };
    return Rates {rate (before.pushed, now.pushed), rate (before.popped, now.popped)};
}

void watch (const std::string& name, int64_t interval)
{
    const Seen first = see (name);
    if (!first.info.isQueue ())
    {
        throw Stop (NoQueue, nameText (name) + " is " + join::nameOf (first.info.kind)
                                 + ", and only a queue can be watched: joinmem stat without --watch shows it");
    }
    interval = std::max<int64_t> (interval, 10'000'000);
    const Interrupts interrupts;
    watching::View view (onTerminal ());
    join::SegmentInfo before = first.info;
    int64_t at = monotonicNow ();
    while (std::cout.good () && Interrupts::sleepUntil (at + interval))
    {
        const Seen seen = watching::seeAgain (name, first);
        const int64_t now = monotonicNow ();
        view.show (seen, ratesOf (before, seen.info, now - at));
        before = seen.info;
        at = now;
    }
}

}  // namespace tool
