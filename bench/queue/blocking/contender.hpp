// SPDX-License-Identifier: MIT
/// Ways to hand elements over with blocking calls. An adapter is a class template over the element T:
///
///     template <typename T> struct SomeQueue
///     {
///         using Element = T;
///         static constexpr bool inherited = true;  // made before fork; false: every process opens it by name
///         static bool counted (const Row& row);    // all its system calls are counted
///         explicit SomeQueue (const Setup& setup);
///         void push (const T& element);            // blocks while full
///         void pop (T& element);                   // blocks while empty
///     };
///
/// Failures are exceptions.
#ifndef BENCH_QUEUE_BLOCKING_CONTENDER_HPP
#define BENCH_QUEUE_BLOCKING_CONTENDER_HPP

#include "harness/fault.hpp"
#include "row.hpp"

#include <limits>

namespace bench
{
namespace blocking
{
constexpr double unknown = std::numeric_limits<double>::quiet_NaN ();

using harness::Fault;
using harness::faultName;

/// How the two sides of our own queues wait.
enum class Mode : uint32_t
{
    PushBlocks,  // push (), tryPop () and sched_yield
    PopBlocks,   // tryPush () and sched_yield, pop ()
    BothBlock,
    Yield,  // try calls with sched_yield on both sides
};

/// One measurement; plain bytes. Figures "per element" count round trips in Roundtrip and seconds in Idle.
struct Sample
{
    double value = 0;               // see Row::unit (): M/s, p50, ns per round trip, wake-ups, % lost
    double p99 = unknown;           // ns; Rate
    double p999 = unknown;          // ns; Rate
    double elements = 0;            // that were handed over
    double producersCpu = unknown;  // ns per element
    double consumersCpu = unknown;
    double voluntary = unknown;  // context switches per element
    double involuntary = unknown;
    double systemCalls = unknown;  // per element, of both sides
    double membarriers = unknown;
    double futexWaits = unknown;
    double futexWakes = unknown;
    double yields = unknown;
    double before = 0;  // ns: a cache line between the two CPUs and back, right before; 0: not known
    double after = 0;
    double others = 0;  // share of the CPUs that other programs took
    Fault fault = Fault::None;

    double cpu () const
    {
        return producersCpu + consumersCpu;
    }

    double line () const
    {
        return before > 0 && after > 0 ? (before + after) / 2 : unknown;
    }
};

struct Order
{
    Row row;
    double seconds = 0;
    unsigned cpus[2] = {0, 1};
    char name[64] = "";  // of shared segments; a suffix may be added
};

/// What an adapter is made from.
struct Setup
{
    const Row& row;
    std::string name;
    Mode mode = Mode::BothBlock;
    const char* library = "";  // path, for adapters that load one
};

struct Contender
{
    std::string name;
    bool (*does) (const Row& row) = nullptr;
    void (*run) (const Contender& self, const Order& order, Sample* sample) = nullptr;
    Mode mode = Mode::BothBlock;
    std::string library;
};

using Contenders = std::vector<Contender>;

void addOurs (Contenders& contenders);
void addByC (Contenders& contenders, const std::string& prefix, const std::string& library, bool allModes);
void addMutex (Contenders& contenders);
void addBoost (Contenders& contenders);
void addPipe (Contenders& contenders);
void addSocket (Contenders& contenders);
void addEventfd (Contenders& contenders);
void addPosixMq (Contenders& contenders);
void addFaulty (Contenders& contenders);

/// @param baseline path of an older libjoinmem.so; empty: it does not take part
/// @param faulty also those that lose, double, swap and alter elements
Contenders allContenders (const std::string& baseline, bool faulty);

}  // namespace blocking
}  // namespace bench

#endif
