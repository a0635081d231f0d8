// SPDX-License-Identifier: MIT
/// What the threads or processes that push and pop share, and what they used. Unlike those of ../workers.hpp they
/// sleep, so each of them measures its own CPU time, switches and system calls.
#ifndef BENCH_QUEUE_BLOCKING_WORKERS_HPP
#define BENCH_QUEUE_BLOCKING_WORKERS_HPP

#include "contender.hpp"
#include "counting.hpp"
#include "harness/shared_object.hpp"
#include "harness/workers.hpp"

#include <atomic>
#include <sys/types.h>
#include <vector>

namespace bench
{
namespace blocking
{
/// What a thread used: its CPU clock, its context switches.
struct Usage
{
    double cpu = 0;  // ns
    uint64_t voluntary = 0;
    uint64_t involuntary = 0;

    static Usage ofThread ();
    static Usage ofProcess ();  // all threads of this process, without children

    Usage& operator+= (const Usage& more);
    Usage operator- (const Usage& before) const;
};

/// One worker's part of the shared memory.
struct alignas (128) Tally
{
    std::atomic<uint64_t> done {0};  // elements; read by the measuring thread
    pid_t thread = 0;
    uint64_t sum = 0;
    uint32_t fault = 0;
    Usage used;
    SystemCalls calls;
    double latencies[3] = {0, 0, 0};  // Rate: p50, p99, p99.9
    double spent = 0;                 // Roundtrip: ns inside trips
};

struct Control
{
    alignas (128) std::atomic<uint32_t> gathered {0};
    alignas (128) std::atomic<uint32_t> phase {0};  // Phase
    alignas (128) std::atomic<uint32_t> producersDone {0};
    uint32_t producers = 0;
    uint32_t consumers = 0;
    Tally* tallies = nullptr;  // producers first

    Tally& producer (unsigned i)
    {
        return tallies[i];
    }

    Tally& consumer (unsigned i)
    {
        return tallies[producers + i];
    }

    /// Elements that consumers have so far.
    uint64_t popped ();

    /// Lets the workers that have gathered go on.
    void start ();
};

enum Phase : uint32_t
{
    Gather,
    Run,
    Stop,
};

/// A Control in memory that forked processes share.
class SharedControl
{
public:
    SharedControl (uint32_t producers, uint32_t consumers);
    SharedControl (const SharedControl&) = delete;
    SharedControl& operator= (const SharedControl&) = delete;

    Control& operator* () const
    {
        return *_control;
    }

    Control* operator->() const
    {
        return &*_control;
    }

private:
    harness::SharedObject<Control> _control;
};

/// Busy loops of normal priority in processes of their own, one per CPU, until destroyed.
class BusyProcesses
{
public:
    BusyProcesses (unsigned count, const Order& order);
    BusyProcesses (const BusyProcesses&) = delete;
    BusyProcesses& operator= (const BusyProcesses&) = delete;
    ~BusyProcesses ();

private:
    std::vector<pid_t> _children;
};

/// Announces the worker, waits for the start; counts system calls and usage from there until it is destroyed.
class Participation
{
public:
    Participation (Control& control, Tally& tally);
    Participation (const Participation&) = delete;
    Participation& operator= (const Participation&) = delete;
    ~Participation ();

private:
    Tally& _tally;
    Usage _before;
};

/// Where workers pin themselves: producer i to CPU i % 2, consumer i to the other one.
void pinWorker (const Order& order, bool producer, unsigned i);

/// Where workers are pinned from outside: all to the first CPU.
void pinRunning (const Order& order, const Control& control);

/// Pins the process to one CPU if the row requires it, as taskset does before a program starts.
void pinProcess (const Order& order);

/// Waits until all have gathered.
void awaitWorkers (const Control& control, unsigned workers);

/// Whether all that was pushed arrived, once and in order.
Fault verdict (Control& control);

/// Fills in what is per element from all tallies, and the verdict.
/// @param elements what "per element" means
void summarise (Control& control, double elements, bool counted, Sample* sample);

/// The part of summarise () that is about system calls.
void fillCalls (const SystemCalls& calls, double elements, Sample* sample);

/// The first element of a producer; the following ones count up.
constexpr uint64_t firstElement (unsigned producer)
{
    return uint64_t (producer + 1) << 56;
}

/// Ends the consumer that takes it.
constexpr uint64_t sentinel = ~uint64_t (0);

}  // namespace blocking
}  // namespace bench

#endif
