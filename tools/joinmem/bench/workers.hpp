// SPDX-License-Identifier: MIT
// Runs the two sides of a measurement: as two threads, or as a thread and a forked child. Unlike those of
// bench/harness/workers.hpp they end at a signal and when one of them fails, and the CPU time of each side is known.
#ifndef JOINMEM_TOOL_BENCH_WORKERS_HPP
#define JOINMEM_TOOL_BENCH_WORKERS_HPP

#include "control.hpp"
#include "plan.hpp"
#include "signals.hpp"

#include <array>
#include <functional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace tool::bench
{
struct Sides
{
    std::function<void (Control&)> first;    // a thread of this process, on plan.cpus[0]
    std::function<void (Control&)> second;   // a thread, or the child, on plan.cpus[1]
    std::function<void ()> attached;         // called when both sides are ready
    std::function<void ()> abandon = [] {};  // called last, after the child has ended; wakes a first side that waits
};

struct Rate
{
    double perSecond = 0;         // increments of Control::popped per second
    double own = 0;               // share of their CPUs that the two sides used
    double cpuNanos[2] = {0, 0};  // CPU time of each side per increment of Control::popped
};

class Workers
{
public:
    Workers (const Plan& plan, Signals& signals, Control& control, Sides sides);
    Workers (const Workers&) = delete;
    Workers& operator= (const Workers&) = delete;

    /// Ends the sides that still work.
    ~Workers ();

    /// Runs all phases, until both sides have ended. @throw Stop
    Rate measure ();

private:
    void begin ();
    void start (unsigned side);
    void fork ();
    [[noreturn]] void child (pid_t parent);
    void work (unsigned side) noexcept;
    void sleep (double seconds);
    uint64_t sleepUntilPopped (uint64_t before);
    void lookAtChild ();
    void stopWhereFailed () const;
    void await (const std::atomic<uint32_t>& both);
    std::array<double, 2> used () const;

    const Plan& _plan;
    Signals& _signals;
    Control& _control;
    Sides _sides;
    pid_t _child = -1;  // -1: none, or ended
    std::vector<std::thread> _threads;
    clockid_t _clocks[2] = {};  // CPU-time clock of each side
};

}  // namespace tool::bench

#endif
