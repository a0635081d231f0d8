// SPDX-License-Identifier: MIT
// Tables and bars.
#include "report.hpp"

namespace tool::bench
{
namespace
{
// Behind each figure: where the cores were. The mark says that they did not stay there.
std::string asideOf (const Results& results, const Row& row)
{
    const Distances& distances = row.distances;
    if (results.plan.oneCpu ())
    {
        return "";
    }
    const bool known = !distances.all.rounds.empty ();
    const std::string range = known ? print ("%.0f-%.0f", distances.all.least (), distances.all.most ()) : "unknown";
    return print ("  %9s%s", range.c_str (), distances.moved ? "  moved" : distances.mixed () ? "  mixed" : "");
}

std::string headOf (const Results& results)
{
    const Plan& plan = results.plan;
    const Machine& machine = results.machine;
    std::string text = print ("joinmem %s bench: %s, %u round%s of %g s a figure\n", JOINMEM_TOOL_VERSION,
                              between (plan).c_str (), plan.rounds, plan.rounds == 1 ? "" : "s", plan.seconds);
    text += print ("%u CPU%s of %s%s, %u node%s, %s GiB of memory, %s\n", machine.cpus, machine.cpus == 1 ? "" : "s",
                   machine.cpu.empty () ? "a kind without a name" : machine.cpu.c_str (),
                   machine.guest ? " (a virtual machine)" : "", machine.nodes, machine.nodes == 1 ? "" : "s",
                   number (static_cast<double> (machine.memory) / (1 << 30)).c_str (), machine.kernel.c_str ());
    if (plan.oneCpu ())
    {
        text += print ("\nOn one CPU both sides take turns: the figures are those of switching, not of two cores.\n"
                       "A cache line written by both in turn: %s.\n",
                       duration (results.distances.all.median ()).c_str ());
    }
    else
    {
        text += print ("\nDistance of the cores, a cache line over and back: %.0f ns, between %.0f and %.0f\n",
                       results.distances.all.median (), results.distances.all.least (), results.distances.all.most ());
    }
    text += print ("One look at the clock: %.0f ns. Other programs had %.1f %% of %s meanwhile%s.\n", results.clock,
                   results.others * 100, plan.oneCpu () ? "the CPU" : "both CPUs",
                   results.others > 0.05 ? ": these figures are not the machine's" : "");
    return text;
}

// One round has no range.
std::string spreadOf (const Figure& figure)
{
    return figure.rounds.size () < 2 ? "" : "+- " + number (figure.halfRange ());
}

std::string throughputOf (const Results& results)
{
    std::string text = "\nThroughput: one pushes, one pops      M elements/s        GB/s";
    text += results.plan.oneCpu () ? "\n" : "   distance\n";
    for (const Row& row : results.rows)
    {
        if (row.what == What::Throughput)
        {
            text += print ("  %s  %2u B  by %2u  %26s %-9s %8s%s\n", nameOf (row.kind), row.bytes, row.batch,
                           number (row.figure.median ()).c_str (), spreadOf (row.figure).c_str (),
                           number (row.figure.median () * row.bytes * 1e-3).c_str (), asideOf (results, row).c_str ());
        }
    }
    return text;
}

std::string tripsOf (const Results& results)
{
    std::string text = "\nRound trip over two queues                      ns     one way";
    text += results.plan.oneCpu () ? "\n" : "   distance\n";
    for (const Row& row : results.rows)
    {
        if (row.what == What::RoundTrip)
        {
            text += print ("  %s  %2u B  %33s %-9s %8s%s\n", nameOf (row.kind), row.bytes,
                           number (row.figure.median ()).c_str (), spreadOf (row.figure).c_str (),
                           number (row.figure.median () / 2).c_str (), asideOf (results, row).c_str ());
        }
    }
    return text;
}

const char* titleOf (What what)
{
    return what == What::Paced ? "Latency one way, an element every 5 us" : "Latency one way, half of each round trip";
}

std::string percentilesOf (const Results& results, What what)
{
    std::string text = print ("\n%s\n  %%   ", titleOf (what));
    for (const Share& share : shares)
    {
        text += print ("%9s", share.name);
    }
    text += print ("%10s%s\n", "count", results.plan.oneCpu () ? "" : "   distance");
    for (const Row& row : results.rows)
    {
        if (row.what != what)
        {
            continue;
        }
        text += print ("  %s", nameOf (row.kind));
        for (const Share& share : shares)
        {
            text += print ("%9s", duration (static_cast<double> (row.latencies.quantile (share.share))).c_str ());
        }
        text += print ("%10llu%s\n", static_cast<unsigned long long> (row.latencies.count ()),
                       asideOf (results, row).c_str ());
    }
    return text;
}

// Half a power of two is a line.
constexpr unsigned bucketsOfLine = Histogram::parts / 2;
constexpr unsigned linesOfHistogram = Histogram::buckets / bucketsOfLine;

double shareInLine (const Histogram& histogram, unsigned line)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < bucketsOfLine; ++i)
    {
        count += histogram.countIn (line * bucketsOfLine + i);
    }
    return static_cast<double> (count) / static_cast<double> (std::max<uint64_t> (1, histogram.count ()));
}

std::string barOf (double share)
{
    constexpr double columns = 14;
    const std::string bar (static_cast<std::size_t> (share * columns + 0.5), '#');
    const std::string percent = share == 0 ? "" : print (share < 0.001 ? "%.3f %%" : "%.1f %%", share * 100);
    return print ("  %-14s%8s", bar.empty () && share > 0 ? "." : bar.c_str (), percent.c_str ());
}

std::string barsOf (const Results& results, What what)
{
    std::vector<const Row*> rows;
    std::string text = print ("\n%s: shares\n%20s", titleOf (what), "");
    for (const Row& row : results.rows)
    {
        if (row.what == what)
        {
            rows.push_back (&row);
            text += print ("  %-22s", nameOf (row.kind));
        }
    }
    text.erase (text.find_last_not_of (' ') + 1);
    text += "\n";
    for (unsigned line = 0; line < linesOfHistogram; ++line)
    {
        std::string bars;
        bool any = false;
        for (const Row* row : rows)
        {
            const double share = shareInLine (row->latencies, line);
            any = any || share > 0;
            bars += barOf (share);
        }
        if (any)
        {
            const double from = static_cast<double> (Histogram::firstOf (line * bucketsOfLine));
            const double to = static_cast<double> (Histogram::lastOf ((line + 1) * bucketsOfLine - 1)) + 1;
            bars.erase (bars.find_last_not_of (' ') + 1);
            text += print ("%8s - %-9s", duration (from).c_str (), duration (to).c_str ()) + bars + "\n";
        }
    }
    return text;
}

std::string bytesOf (uint64_t bytes)
{
    return bytes == 0               ? "?"
           : bytes % (1 << 30) == 0 ? std::to_string (bytes >> 30) + " GiB"
           : bytes % (1 << 20) == 0 ? std::to_string (bytes >> 20) + " MiB"
                                    : std::to_string (bytes >> 10) + " KiB";
}

std::string timeOf (const Figure& figure, const std::string& error)
{
    if (!error.empty ())
    {
        return "-";
    }
    const std::string median = duration (figure.median () * 1e3);
    return figure.rounds.size () < 2 ? median : median + " +- " + duration (figure.halfRange () * 1e3);
}

std::string memoryOf (const Results& results)
{
    std::string text = print ("\nMemory until all is written %22s %25s %10s\n", "ready", "mmap and touch", "pages of");
    for (const MemoryRow& row : results.memory)
    {
        text += print ("  %-8s %7s %32s %25s %10s\n", row.shared ? "ShmMem" : "LocalMem", bytesOf (row.bytes).c_str (),
                       timeOf (row.ready, row.error).c_str (), timeOf (row.plain, row.plainError).c_str (),
                       row.error.empty () ? bytesOf (row.pageSize).c_str () : "-");
        for (const std::string* error : {&row.error, &row.plainError})
        {
            text += error->empty () ? "" : "    -: " + *error + "\n";
        }
    }
    return text;
}
}  // namespace

std::string textOf (const Results& results)
{
    std::string text = headOf (results) + throughputOf (results) + tripsOf (results);
    for (What what : {What::HalfTrip, What::Paced})
    {
        text += percentilesOf (results, what);
    }
    for (What what : {What::HalfTrip, What::Paced})
    {
        text += barsOf (results, what);
    }
    text += results.memory.empty () ? "" : memoryOf (results);
    if (!results.plan.oneCpu ())
    {
        text += "\n+-: half of the range of the rounds. distance: of the cores, in ns, before and after each round.\n";
        const bool moved = results.distances.moved;
        text += moved ? "moved: by more than 1.3 times during a measurement, as often as it was repeated.\n" : "";
        const auto mixed = [] (const Row& row) { return !row.distances.moved && row.distances.mixed (); };
        const bool any = std::any_of (results.rows.begin (), results.rows.end (), mixed);
        text += any ? "mixed: the rounds of that figure were at different distances.\n" : "";
    }
    return text;
}

}  // namespace tool::bench
