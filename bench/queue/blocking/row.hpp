// SPDX-License-Identifier: MIT
/// The rows of the benchmark of blocking calls. Plain data, copied into a forked child.
#ifndef BENCH_QUEUE_BLOCKING_ROW_HPP
#define BENCH_QUEUE_BLOCKING_ROW_HPP

#include "harness/kind.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench
{
namespace blocking
{
using harness::Kind;
using harness::kindName;

enum class Shape : uint32_t
{
    Throughput,  // producers and consumers run as fast as they can
    Rate,        // one element per period; the latency from push to pop
    Roundtrip,   // two processes, two queues, one element at a time
    Sleepers,    // many consumers sleep, few elements arrive
    Idle,        // many consumers sleep, no element arrives, a busy thread shares the CPUs
};

enum class Placement : uint32_t
{
    Free,     // not pinned
    OneCpu,   // pinned to the same CPU from outside, a few milliseconds after they began
    TwoCpus,  // workers pin themselves before they begin, and alternate between two CPUs
    Taskset,  // the process is pinned to one CPU before it makes a queue, as by taskset(1)
};

struct Row
{
    Shape shape = Shape::Throughput;
    Kind kind = Kind::Spsc;
    uint32_t producers = 1;
    uint32_t consumers = 1;
    uint32_t bytes = 8;       // per element
    uint64_t capacity = 512;  // see capacityFor ()
    bool shared = false;      // a queue in shared memory; its users are processes, in Sleepers and Idle threads
    Placement placement = Placement::Free;
    uint64_t periodNs = 0;  // Rate
    bool busy = false;      // Rate: beside one busy process per CPU
    uint64_t workNs = 0;    // Roundtrip: between two trips
    bool refused = false;   // Idle: a seccomp filter refuses membarrier(2)
    bool record = false;    // part of the default selection

    /// The key in tables and in the JSON, for example "spsc 1x1 8B threads, one CPU". --only matches it.
    std::string name () const;

    /// The unit of Sample::value.
    const char* unit () const;

    /// Workers are processes.
    bool processes () const
    {
        return shared && shape != Shape::Sleepers && shape != Shape::Idle;
    }
};

/// The capacity of every row with elements of that size.
constexpr uint64_t capacityFor (uint64_t bytes)
{
    return bytes > 64 ? 16 : 512;
}

const char* shapeName (Shape shape);
const char* placementName (Placement placement);

/// All rows, in the order of the tables.
std::vector<Row> allRows ();

}  // namespace blocking
}  // namespace bench

#endif
