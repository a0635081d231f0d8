// SPDX-License-Identifier: MIT
// The results: a row for each figure, with all its rounds.
#ifndef JOINMEM_TOOL_BENCH_RESULTS_HPP
#define JOINMEM_TOOL_BENCH_RESULTS_HPP

#include "cores.hpp"
#include "harness/figure.hpp"
#include "histogram.hpp"
#include "plan.hpp"
#include "queues.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace tool::bench
{
/// One value per round.
struct Figure
{
    std::vector<double> rounds;

    double median () const
    {
        return harness::median (rounds);
    }

    double least () const
    {
        return rounds.empty () ? 0 : *std::min_element (rounds.begin (), rounds.end ());
    }

    double most () const
    {
        return rounds.empty () ? 0 : *std::max_element (rounds.begin (), rounds.end ());
    }

    double halfRange () const
    {
        return harness::halfRange (rounds);
    }
};

/// The distance of the cores in nanoseconds, before and after each round of a figure.
struct Distances
{
    static constexpr double same = 1.3;  // up to this ratio two distances count as the same

    Figure all;
    bool moved = false;  // within a round, at every repetition

    /// Whether the distance changed from round to round, so that the median mixes them.
    bool mixed () const
    {
        return moved || all.most () > same * same * all.least ();
    }
};

enum class What
{
    Throughput,         // M elements a second
    WaitingThroughput,  // the same with calls that wait
    Roundtrip,          // ns, there and back
    WaitingRoundtrip,   // the same with calls that wait
    HalfRoundtrip,      // ns one way, each trip measured separately
    Paced,              // ns from before the push until after the pop
};

inline bool isThroughput (What what)
{
    return what == What::Throughput || what == What::WaitingThroughput;
}

inline bool isRoundtrip (What what)
{
    return what == What::Roundtrip || what == What::WaitingRoundtrip;
}

/// Whether the sides sleep, and therefore do not use all of their CPU time.
inline bool waits (What what)
{
    return what == What::WaitingThroughput || what == What::WaitingRoundtrip;
}

struct Row
{
    What what = What::Throughput;
    Kind kind = Kind::Spsc;
    unsigned bytes = 8;
    unsigned batch = 1;
    Figure figure;        // of throughput and round trips
    Figure cpu[2];        // of calls that wait: CPU time of each side, ns per element or round trip
    Histogram latencies;  // of latencies, all rounds combined
    Distances distances;
};

/// Memory until every page is written, in microseconds.
struct MemoryRow
{
    bool shared = false;
    uint64_t bytes = 0;
    Figure ready;
    Figure plain;           // mmap and touch
    uint64_t pageSize = 0;  // of `ready`; 0: unknown
    std::string error;      // why there is no figure
    std::string plainError;
};

struct Results
{
    Plan plan;
    Machine machine;
    double clock = 0;   // ns per clock read
    double others = 0;  // share of the CPUs that other programs used meanwhile
    Distances distances;
    std::vector<Row> rows;
    std::vector<MemoryRow> memory;
};

}  // namespace tool::bench

#endif
