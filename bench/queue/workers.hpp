// SPDX-License-Identifier: MIT
/// Threads or processes that push and pop, what they share, and who tells them when.
#ifndef BENCH_QUEUE_WORKERS_HPP
#define BENCH_QUEUE_WORKERS_HPP

#include "contender.hpp"

#include <atomic>
#include <functional>
#include <sched.h>

namespace bench
{
enum Phase : uint32_t
{
    Gather,
    Checked,  // warming up: the order is checked
    Timed,    // the clock runs: count and sum alone
    Stop,     // pushers end; what is left is popped, and checked
};

/// A worker's own line, which is read twice a measurement.
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
    alignas (128) std::atomic<uint32_t> pushersDone {0};
    uint32_t pushers = 1;
    uint32_t yieldAfter = 0;  // failures in a row
    alignas (128) Tally pushed[workersMost];
    Tally popped[workersMost];

    uint64_t allPushed () const;
    uint64_t allPopped () const;
};

double secondsNow ();
void pin (unsigned cpu);

/// The line of a cache between two processors and back, in nanoseconds.
double distance (const unsigned (&cpus)[2]);

/// After a try that failed. More threads than processors: whoever waits has to let others go on.
class Wait
{
public:
    explicit Wait (uint32_t yieldAfter) noexcept
    : _yieldAfter (yieldAfter)
    {
    }

    void failed () noexcept
    {
#if defined(__x86_64__)
        __builtin_ia32_pause ();
#endif
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

struct Pace
{
    double rate = 0;  // of what the poppers count, a second
    double own = 0;   // share of the two processors that the workers had
};

/// Starts the workers, 0 to pushers - 1 push, the others pop, and lets them go through the phases.
/// Pusher i is on the one processor if i is even, popper i on the other.
Pace runPhases (const Order& order, Control& control, const std::function<void (unsigned worker)>& work);

/// That, and what came out is judged.
void runFlow (const Order& order, const std::function<void (Control&, unsigned worker)>& work, Sample* sample);

/// That of two workers who count trips.
void runTrip (const Order& order, const std::function<void (Control&, unsigned worker)>& work, Sample* sample);

/// Times batches of `work (rounds)` by this thread, pinned; @return nanoseconds of processor time a round
double runAlone (const Order& order, const std::function<void (uint64_t rounds)>& work, double* own);

}  // namespace bench

#endif
