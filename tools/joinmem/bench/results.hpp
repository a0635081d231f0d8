// SPDX-License-Identifier: MIT
// What has been measured: a row for each figure, with all its rounds.
#ifndef JOINMEM_TOOL_BENCH_RESULTS_HPP
#define JOINMEM_TOOL_BENCH_RESULTS_HPP

#include "cores.hpp"
#include "histogram.hpp"
#include "plan.hpp"
#include "queues.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace tool::bench
{
/// A value of each round.
struct Figure
{
    std::vector<double> rounds;

    double median () const
    {
        std::vector<double> sorted = rounds;
        std::sort (sorted.begin (), sorted.end ());
        const std::size_t n = sorted.size ();
        return n == 0 ? 0 : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
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
        return (most () - least ()) / 2;
    }
};

/// The distance of the cores beside a figure, in nanoseconds: before and after each round.
struct Distances
{
    static constexpr double same = 1.3;  // the larger by the smaller: up to here they have not moved

    Figure all;
    bool moved = false;  // within a round, as often as it was repeated

    /// Or from round to round: then the median mixes them.
    bool mixed () const
    {
        return moved || all.most () > same * same * all.least ();
    }
};

enum class What
{
    Throughput,  // M elements a second
    RoundTrip,   // ns, there and back
    HalfTrip,    // ns one way, each trip by itself
    Paced,       // ns from the push to behind the pop
};

struct Row
{
    What what = What::Throughput;
    Kind kind = Kind::Spsc;
    unsigned bytes = 8;
    unsigned batch = 1;
    Figure figure;        // of What::Throughput and What::RoundTrip
    Histogram latencies;  // of the others, all rounds in one
    Distances distances;
};

/// Memory until every page is written, in microseconds.
struct MemoryRow
{
    bool shared = false;
    uint64_t bytes = 0;
    Figure ready;
    Figure plain;           // mmap and touch
    uint64_t pageSize = 0;  // of `ready`; 0: it cannot be known
    std::string error;      // why there is no figure of it
    std::string plainError;
};

struct Results
{
    Plan plan;
    Machine machine;
    double clock = 0;   // ns of a look at it
    double others = 0;  // share of the CPUs that others had meanwhile
    Distances distances;
    std::vector<Row> rows;
    std::vector<MemoryRow> memory;
};

}  // namespace tool::bench

#endif
