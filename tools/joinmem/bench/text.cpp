// SPDX-License-Identifier: MIT
// Tables and bars.
#include "report.hpp"

#include <array>

namespace tool::bench
{
namespace
{
// The distances of the cores, printed after each figure, with a mark if they changed.
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
    text += print ("One clock read: %.0f ns. Other programs used %.1f %% of %s meanwhile%s.\n", results.clock,
                   results.others * 100, plan.oneCpu () ? "the CPU" : "both CPUs",
                   results.others > 0.05 ? ": these figures do not represent the machine" : "");
    return text;
}

// The two header lines of a table. @param unit of the figure @param derived heading of the value derived from it
// @param cpu heading of the CPU time, and of its two columns
std::string headOfTable (const Results& results, const char* title, const char* calls, const char* unit,
                         const char* derived, std::array<const char*, 3> cpu)
{
    std::string text = print ("\n%-30s%-12s%12s%20s", title, unit, derived, cpu[0]);
    text.erase (text.find_last_not_of (' ') + 1);
    text += print ("\n%-22s%8s%8s%8s%8s", calls, "least", "median", "most", "median");
    text += *cpu[0] != 0 ? print ("%10s%10s", cpu[1], cpu[2]) : "";
    return text + (results.plan.oneCpu () ? "\n" : "   distance\n");
}

// Like number (), but with three decimals for small values.
std::string small (double value)
{
    return value < 0.0995 ? print ("%.3f", value) : number (value);
}

// The least, the median and the most of the rounds, a value derived from the median, and the CPU time if measured.
std::string figuresOf (const Row& row, double derived)
{
    std::string text =
        print ("%8s%8s%8s%8s", number (row.figure.least ()).c_str (), number (row.figure.median ()).c_str (),
               number (row.figure.most ()).c_str (), small (derived).c_str ());
    for (unsigned side = 0; side < 2 && waits (row.what); ++side)
    {
        text += print ("%10s", number (row.cpu[side].median ()).c_str ());
    }
    return text;
}

std::string throughputOf (const Results& results, What what)
{
    std::string text =
        waits (what) ? headOfTable (results, "Throughput, waiting calls", "push and pop", "M elements/s", "GB/s",
                                    {"CPU ns an element", "producer", "consumer"})
                     : headOfTable (results, "Throughput", "tryPush and tryPop", "M elements/s", "GB/s", {"", "", ""});
    for (const Row& row : results.rows)
    {
        if (row.what == what)
        {
            text += print ("  %-6s %2u B  by %2u  ", nameOf (row.kind), row.bytes, row.batch);
            text += figuresOf (row, row.figure.median () * row.bytes * 1e-3) + asideOf (results, row) + "\n";
        }
    }
    return text;
}

std::string roundtripsOf (const Results& results, What what)
{
    std::string text =
        waits (what) ? headOfTable (results, "Round trip, waiting calls", "push and pop", "     ns", "one way",
                                    {"CPU ns a round trip", "asking", "answering"})
                     : headOfTable (results, "Round trip", "tryPush and tryPop", "     ns", "one way", {"", "", ""});
    for (const Row& row : results.rows)
    {
        if (row.what == what)
        {
            text += print ("  %-6s %2u B         ", nameOf (row.kind), row.bytes);
            text += figuresOf (row, row.figure.median () / 2) + asideOf (results, row) + "\n";
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

// A line of the histogram covers half a power of two.
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

std::string textOf (const Results& results, bool histograms)
{
    std::string text = headOf (results);
    text += throughputOf (results, What::Throughput) + throughputOf (results, What::WaitingThroughput);
    text += roundtripsOf (results, What::Roundtrip) + roundtripsOf (results, What::WaitingRoundtrip);
    for (What what : {What::HalfRoundtrip, What::Paced})
    {
        text += percentilesOf (results, what);
    }
    for (What what : {What::HalfRoundtrip, What::Paced})
    {
        text += histograms ? barsOf (results, what) : "";
    }
    text += results.memory.empty () ? "" : memoryOf (results);
    text += "\nCPU ns: the CPU time of each side, median of the rounds.";
    text += results.memory.empty () || results.plan.rounds < 2 ? "\n" : " +-: half of the range of the rounds.\n";
    if (!results.plan.oneCpu ())
    {
        text += "distance: of the cores, in ns, before and after each round.\n";
        const bool moved = results.distances.moved;
        text += moved ? "moved: changed by more than 1.3 times during each repetition of a measurement.\n" : "";
        const auto mixed = [] (const Row& row) { return !row.distances.moved && row.distances.mixed (); };
        const bool any = std::any_of (results.rows.begin (), results.rows.end (), mixed);
        text += any ? "mixed: the rounds of that figure were at different distances.\n" : "";
    }
    return text;
}

}  // namespace tool::bench
