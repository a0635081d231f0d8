// SPDX-License-Identifier: MIT
// joinmem top: shows all queues, live, the busiest first.
#include "command.hpp"
#include "look/queues.hpp"
#include "show/table.hpp"
#include "show/terminal.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>

namespace tool
{
namespace top
{
struct Options
{
    std::vector<std::string> patterns;
    std::string delay = "1s";
    unsigned batch = 0;
};

/// Which queues are shown, and in which order.
struct View
{
    Order order = Order::Busy;
    std::string filter;     ///< show names that contain this text
    bool typing = false;    ///< keys edit the filter
    std::size_t first = 0;  ///< index of the top row
    std::size_t rows = 0;   ///< number of rows on the screen; 0: all
};

std::vector<Cell> rowOf (const QueueRow& row, bool wide)
{
    const join::SegmentInfo& info = row.seen.info;
    const double share = fillOf (info);
    const std::size_t looks = wide ? 16 : 10;
    const std::string trend = sparkline (row.history, looks);
    return {Cell (nameText (row.seen.name), style::bold),
            join::nameOf (info.kind),
            countText (row.rates.in),
            countText (row.rates.out),
            Cell (trend + std::string (looks - widthOf (trend), ' '), style::cyan),
            std::to_string (info.pending),
            Cell (bar (share, wide ? 10 : 8), share >= 0.9   ? style::red
                                              : share >= 0.5 ? style::yellow
                                                             : style::green),
            info.users.has_value () ? std::to_string (*info.users) : std::string ("-"),
            std::to_string (row.seen.count (true)),
            Cell (std::to_string (row.seen.count (false)), row.seen.count (false) != 0 ? style::red : ""),
            std::to_string (info.deaths)};
}

// Why the table is empty.
std::string whyEmpty (const Queues& queues, const View& view)
{
    if (queues.count () != 0)
    {
        return "no queue has \"" + printable (view.filter) + "\" in its name: Esc removes the filter";
    }
    const std::string others = queues.othersText ();
    return others.empty () ? "there is no segment: joinmem push --create creates a queue"
                           : "there is no queue to show, but " + others + ": joinmem ls lists them";
}

// "joinmem top: 3 queues, ..."
std::string summary (const Queues& queues, const std::vector<const QueueRow*>& rows, const View& view)
{
    double in = 0;
    double out = 0;
    for (const QueueRow* row : rows)
    {
        in += row->rates.in;
        out += row->rates.out;
    }
    std::string text = "joinmem top: " + std::to_string (queues.count ())
                       + (queues.count () == 1 ? " queue, " : " queues, ") + countText (in) + "/s in, "
                       + countText (out) + "/s out";
    if (!view.filter.empty ())
    {
        text += "; " + std::to_string (rows.size ()) + " with \"" + printable (view.filter) + '"';
    }
    if (queues.others ().unreadable != 0)
    {
        text += "; " + std::to_string (queues.others ().unreadable) + " unreadable";
    }
    return text;
}

// @param columns width of the terminal; 0: all columns
void print (std::ostream& to, const Queues& queues, const View& view, bool colours, std::size_t columns)
{
    Table table ({"<NAME", "<KIND", "IN/s", "OUT/s", "<TREND", "PENDING", "<FILL", "USERS", "ALIVE", "DEAD", "DEATHS"});
    const auto rows = queues.rows (view.order, view.filter);
    const std::size_t shown = view.rows == 0 ? rows.size () : std::min (rows.size (), view.first + view.rows);
    for (std::size_t i = view.first; i < shown; ++i)
    {
        table.add (rowOf (*rows[i], columns == 0 || columns >= 110));
    }
    to << summary (queues, rows, view) << "\n\n";
    table.print (to, true, colours, columns);
    if (rows.empty ())
    {
        to << whyEmpty (queues, view) << '\n';
    }
}

void inBatches (const Options& options, int64_t delay)
{
    const Interrupts interrupts;
    Queues queues (options.patterns);
    queues.look ();
    for (unsigned i = 0; i < options.batch && Interrupts::sleepUntil (monotonicNow () + delay); ++i)
    {
        queues.look ();
        print (std::cout, queues, View (), wantsColour (), 0);
        std::cout << '\n' << std::flush;
    }
}

// "rows 1-18 of 203: 185 more below"
std::string position (std::size_t all, const View& view)
{
    const std::size_t last = std::min (all, view.first + view.rows);
    if (all <= view.rows)
    {
        return "";
    }
    std::string text =
        "rows " + std::to_string (view.first + 1) + '-' + std::to_string (last) + " of " + std::to_string (all);
    text += last < all ? ", " + std::to_string (all - last) + " more below" : "";
    return text + (view.first != 0 ? ", " + std::to_string (view.first) + " more above" : "");
}

std::string keysText (const View& view)
{
    return view.typing ? "filter: " + printable (view.filter) + "_  Enter keeps it, Esc removes it"
                       : "q quit  b busiest  f fullest  n by name  / filter  arrows, PgUp, PgDn scroll";
}

// Draws what fits on the screen. Clears each line only after its text, so that the screen does not flicker.
void draw (const Queues& queues, View& view)
{
    constexpr std::size_t otherLines = 5;  // the totals, an empty line, the header, the position, the keys
    const ScreenSize size = screenSize ();
    const std::size_t all = queues.rows (view.order, view.filter).size ();
    view.rows = size.lines > otherLines ? size.lines - otherLines : 1;
    view.first = std::min (view.first, all > view.rows ? all - view.rows : 0);
    std::ostringstream text;
    print (text, queues, view, wantsColour (), size.columns);
    std::istringstream lines (text.str ());
    std::ostringstream screen;
    screen << "\033[H";
    std::string line;
    for (std::size_t i = 2; i < size.lines && std::getline (lines, line); ++i)
    {
        const bool plain = line.find ('\033') == std::string::npos;
        screen << (plain ? shortened (line, size.columns) : line) << "\033[K\n";
    }
    const char* dim = wantsColour () ? style::dim : "";
    const char* plain = wantsColour () ? style::plain : "";
    screen << "\033[J\033[" << (size.lines > 1 ? size.lines - 1 : 1) << ";1H" << dim << position (all, view) << plain
           << "\033[K\033[" << size.lines << ";1H" << dim << shortened (keysText (view), size.columns) << plain
           << "\033[K";
    std::cout << screen.str () << std::flush;
}

void type (int key, View& view)
{
    if (key == EnterKey || key == EscapeKey)
    {
        view.typing = false;
        view.filter = key == EscapeKey ? "" : view.filter;
    }
    else if (key == BackspaceKey)
    {
        while (!view.filter.empty () && (view.filter.back () & 0xc0) == 0x80)
        {
            view.filter.pop_back ();
        }
        view.filter.empty () ? void () : view.filter.pop_back ();
    }
    else if (key >= ' ' && key < 256)
    {
        view.filter += static_cast<char> (key);
    }
    view.first = 0;
}

// @return false: quit
bool obey (int key, View& view)
{
    const auto back = [&] (std::size_t rows) { view.first -= std::min (view.first, rows); };
    if (key == EndOfKeys)
    {
        return false;
    }
    if (view.typing && key < 256)
    {
        type (key, view);
        return true;
    }
    switch (key)
    {
        case 'q':
            return false;
        case 'b':
            view.order = Order::Busy;
            break;
        case 'f':
            view.order = Order::Fill;
            break;
        case 'n':
            view.order = Order::Name;
            break;
        case '/':
            view.typing = true;
            break;
        case EscapeKey:
            view.filter.clear ();
            break;
        case UpKey:
            back (1);
            break;
        case DownKey:
            ++view.first;
            break;
        case PageUpKey:
            back (view.rows);
            break;
        case PageDownKey:
            view.first += view.rows;
            break;
        case HomeKey:
            view.first = 0;
            break;
        case EndKey:
            view.first = SIZE_MAX / 2;  // draw () limits it to the last page
            break;
        default:
            break;
    }
    return true;
}

void onScreen (const Options& options, int64_t delay)
{
    const Interrupts interrupts;
    Screen screen;
    Queues queues (options.patterns);
    View view;
    queues.look ();
    draw (queues, view);
    int64_t next = monotonicNow () + delay;
    while (Interrupts::seen () == 0 && std::cout.good ())
    {
        const int key = screen.key (next);
        if (key != NoKey && !obey (key, view))
        {
            return;
        }
        if (monotonicNow () >= next)
        {
            queues.look ();
            next = monotonicNow () + delay;
        }
        draw (queues, view);
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
        onScreen (options, delay);
    }
}
}  // namespace top

void addTop (CLI::App& app, int*)
{
    CLI::App* command = app.add_subcommand ("top", "Show all queues, live, the busiest first.");
    const auto options = std::make_shared<top::Options> ();
    command->add_option ("PATTERN", options->patterns, "select names that match, such as 'test-*' (default: all)");
    command->add_option ("-d,--delay", options->delay, "time between two updates, such as 1s or 500ms")
        ->capture_default_str ();
    command
        ->add_option ("-b,--batch", options->batch,
                      "print that many tables and exit; without a terminal, the default is one")
        ->check (CLI::Range (1U, 1'000'000U));
    command->footer (
        "Keys: q quit; b busiest first, f fullest first, n by name; / filter by a part of the name, Esc removes\n"
        "the filter; arrows, PgUp, PgDn, Home and End scroll.\n"
        "Example: joinmem top --delay 500ms");
    command->callback ([=] { top::run (*options); });
}

}  // namespace tool
