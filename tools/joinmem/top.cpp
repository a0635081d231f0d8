// SPDX-License-Identifier: MIT
// joinmem top: all queues, live, the busiest first.
#include "command.hpp"
#include "look/seen.hpp"
#include "look/watch.hpp"
#include "show/table.hpp"
#include "show/terminal.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

namespace tool
{
namespace top
{
struct Options
{
    std::string delay = "1s";
    unsigned batch = 0;
};

enum class Order
{
    Busy,
    Fill,
    Name,
};

struct Row
{
    Seen seen;
    Rates rates;
    std::vector<double> history;
};

// What was seen last of each, by file: a name that is made anew begins anew.
class Queues
{
public:
    void look ()
    {
        const int64_t now = monotonicNow ();
        std::map<Key, Row> next;
        for (Seen& seen : seeAll ())
        {
            if (!seen.info.isQueue ())
            {
                continue;
            }
            const Key key (seen.info.device, seen.info.inode, seen.info.madeAt, seen.name);
            const auto before = _rows.find (key);
            Row row;
            if (before != _rows.end ())
            {
                row.history = std::move (before->second.history);
                row.rates = ratesOf (before->second.seen.info, seen.info, now - _at);
                row.history.push_back (row.rates.in + row.rates.out);
                row.history.erase (row.history.begin (),
                                   row.history.end ()
                                       - static_cast<std::ptrdiff_t> (std::min (row.history.size (), kept)));
            }
            row.seen = std::move (seen);
            next.emplace (key, std::move (row));
        }
        _rows = std::move (next);
        _at = now;
    }

    std::vector<const Row*> sorted (Order order) const
    {
        std::vector<const Row*> rows;
        for (const auto& row : _rows)
        {
            rows.push_back (&row.second);
        }
        std::stable_sort (rows.begin (), rows.end (), [=] (const Row* a, const Row* b) {
            const double first = keyOf (*a, order);
            const double second = keyOf (*b, order);
            return first != second ? first > second : a->seen.name < b->seen.name;
        });
        return rows;
    }

private:
    using Key = std::tuple<uint64_t, uint64_t, uint64_t, std::string>;

    static constexpr std::size_t kept = 16;

    static double keyOf (const Row& row, Order order)
    {
        const join::SegmentInfo& info = row.seen.info;
        return order == Order::Busy   ? row.rates.in + row.rates.out
               : order == Order::Fill ? static_cast<double> (info.pending) / static_cast<double> (info.capacity)
                                      : 0;
    }

    std::map<Key, Row> _rows;
    int64_t _at = 0;
};

void print (std::ostream& to, const Queues& queues, Order order, bool colours, ScreenSize size)
{
    Table table ({"<NAME", "<KIND", "IN/s", "OUT/s", "<TREND", "PENDING", "<FILL", "ALIVE", "DEAD", "DEATHS", "USERS"});
    const auto rows = queues.sorted (order);
    double in = 0;
    double out = 0;
    for (const Row* row : rows)
    {
        const join::SegmentInfo& info = row->seen.info;
        const double share = static_cast<double> (info.pending) / static_cast<double> (info.capacity);
        in += row->rates.in;
        out += row->rates.out;
        table.add ({Cell (nameText (row->seen.name), style::bold), join::nameOf (info.kind), countText (row->rates.in),
                    countText (row->rates.out), Cell (sparkline (row->history, 16), style::cyan),
                    std::to_string (info.pending),
                    Cell (bar (share, 10), share >= 0.9   ? style::red
                                           : share >= 0.5 ? style::yellow
                                                          : style::green),
                    std::to_string (row->seen.count (true)),
                    Cell (std::to_string (row->seen.count (false)), row->seen.count (false) != 0 ? style::red : ""),
                    std::to_string (info.deaths),
                    info.users.has_value () ? std::to_string (*info.users) : std::string ("-")});
    }
    to << "joinmem top: " << rows.size () << (rows.size () == 1 ? " queue, " : " queues, ") << countText (in)
       << "/s in, " << countText (out) << "/s out\n\n";
    table.print (to, true, colours, size.columns);
}

void inBatches (const Options& options, int64_t delay)
{
    const Interrupts interrupts;
    Queues queues;
    queues.look ();
    for (unsigned i = 0; i < options.batch && Interrupts::sleepUntil (monotonicNow () + delay); ++i)
    {
        queues.look ();
        print (std::cout, queues, Order::Busy, wantsColour (), ScreenSize {0, 0});
        std::cout << '\n' << std::flush;
    }
}

// What fits on the screen, its lines cleared to their ends: nothing flickers.
void draw (const Queues& queues, Order order)
{
    const ScreenSize size = screenSize ();
    std::ostringstream text;
    print (text, queues, order, wantsColour (), size);
    std::istringstream lines (text.str ());
    std::ostringstream screen;
    screen << "\033[H";
    std::string line;
    for (std::size_t i = 1; i < size.lines && std::getline (lines, line); ++i)
    {
        screen << line << "\033[K\n";
    }
    screen << "\033[J\033[" << size.lines << ";1H" << (wantsColour () ? style::dim : "")
           << "q quit  b busiest  f fullest  n by name" << (wantsColour () ? style::plain : "") << "\033[K";
    std::cout << screen.str () << std::flush;
}

void onScreen (int64_t delay)
{
    const Interrupts interrupts;
    const Screen screen;
    Queues queues;
    Order order = Order::Busy;
    queues.look ();
    draw (queues, order);
    int64_t next = monotonicNow () + delay;
    while (Interrupts::seen () == 0 && std::cout.good ())
    {
        const char key = Screen::key (next);
        if (key == 'q' || key == Screen::endOfKeys)
        {
            return;
        }
        order = key == 'b' ? Order::Busy : key == 'f' ? Order::Fill : key == 'n' ? Order::Name : order;
        if (monotonicNow () >= next)
        {
            queues.look ();
            next = monotonicNow () + delay;
        }
        draw (queues, order);
    }
}

void run (const Options& options)
{
    const int64_t delay = std::max<int64_t> (readDuration (options.delay, "--delay"), 50'000'000);
    if (options.batch != 0 || !onTerminal ())
    {
        Options some = options;
        some.batch = options.batch != 0 ? options.batch : 1;
        inBatches (some, delay);
    }
    else
    {
        onScreen (delay);
    }
}
}  // namespace top

void addTop (CLI::App& app, int*)
{
    CLI::App* command = app.add_subcommand ("top", "Show all queues, live, the busiest first.");
    const auto options = std::make_shared<top::Options> ();
    command->add_option ("-d,--delay", options->delay, "from one look to the next: 1s, 500ms")->capture_default_str ();
    command->add_option ("-b,--batch", options->batch, "print that many tables and end; without a terminal, one")
        ->check (CLI::Range (1U, 1'000'000U));
    command->footer ("Keys: q quit, b busiest first, f fullest first, n by name.\n"
                     "Example: joinmem top --delay 500ms");
    command->callback ([=] { top::run (*options); });
}

}  // namespace tool
