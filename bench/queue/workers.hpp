// SPDX-License-Identifier: MIT
/// What the threads or processes that push and pop share, and the phases that control them. Unlike those of
/// blocking/workers.hpp they poll, check the order before and after the time that counts, and count no system calls.
#ifndef BENCH_QUEUE_WORKERS_HPP
#define BENCH_QUEUE_WORKERS_HPP

#include "contender.hpp"
#include "harness/pause.hpp"

#include <atomic>
#include <functional>
#include <sched.h>

namespace bench
{
enum Phase : uint32_t
{
    Gather,
    Checked,  // warming up: the order is checked
    Timed,    // the clock runs: only count and sum
    Stop,     // producers end; consumers pop and check the rest
};

/// A worker's own cache line, read twice per measurement.
struct alignas (128) Tally
{
    std::atomic<uint64_t> done {0};
    std::atomic<uint32_t> fault {0};
    uint64_t sum = 0;
};

struct Control
{
    alignas (128) std::atomic<uint32_t> phase {Gather};
    alignas (128) std::atomic<uint32_t> gathered {0};
    alignas (128) std::atomic<uint32_t> producersDone {0};
    uint32_t producers = 1;
    uint32_t yieldAfter = 0;  // after so many failures in a row
    alignas (128) Tally pushed[workersMost];
    Tally popped[workersMost];

    uint64_t allPushed () const;
    uint64_t allPopped () const;
};

/// Called after a failed attempt. With more threads than processors a waiter must let others run.
class Wait
{
public:
    explicit Wait (uint32_t yieldAfter) noexcept
    : _yieldAfter (yieldAfter)
    {
    }

    void failed () noexcept
    {
        harness::cpuPause ();
        if (++_failures >= _yieldAfter)
        {
            ::sched_yield ();
            _failures = 0;
        }
    }

    void succeeded () noexcept
    {
        _failures = 0;
    }

private:
    uint32_t _yieldAfter;
    uint32_t _failures = 0;
};

struct Rate
{
    double perSecond = 0;  // counted by the consumers, per second
    double own = 0;        // the workers' share of the two processors
};

/// Starts the workers (0 to producers - 1 push, the others pop) and takes them through the phases. Producer i runs on
/// the first processor if i is even, consumer i on the other.
Rate runPhases (const Order& order, Control& control, const std::function<void (unsigned worker)>& work);

/// Runs the phases and judges what came out.
void runFlow (const Order& order, const std::function<void (Control&, unsigned worker)>& work, Sample* sample);

/// Runs two workers that count round trips.
void runRoundtrip (const Order& order, const std::function<void (Control&, unsigned worker)>& work, Sample* sample);

/// Times batches of `work (rounds)` by this thread, pinned. @return nanoseconds of processor time per round
double runAlone (const Order& order, const std::function<void (uint64_t rounds)>& work, double* own);

}  // namespace bench

#endif
