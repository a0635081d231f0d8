// SPDX-License-Identifier: MIT
#include "waiting.hpp"

#include "harness/clock.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <ctime>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <system_error>

namespace bench
{
namespace blocking
{
namespace
{
constexpr uint64_t elementsMost = 2000;
constexpr double secondsMost = 2;           // a producer slower than its period stops then
constexpr double untilAsleep = 0.3;         // seconds
constexpr double idlePerSecond = 20 / 3.0;  // an idle wait takes this many throughput measurements: 1 s

/// What the waiting threads have used, and the calls they made.
struct Snapshot
{
    Usage used;
    SystemCalls calls;
    Usage own;
};

void take (Control& control, Snapshot* snapshot)
{
    for (unsigned i = 0; i < control.consumers; ++i)
    {
        snapshot->calls += control.consumer (i).calls;
    }
    snapshot->own = Usage::ofThread ();
    snapshot->used = Usage::ofProcess () - snapshot->own;
}

// From one snapshot to another, for the waiting threads.
void fill (const Snapshot& before, const Snapshot& after, double elements, bool counted, Sample* sample)
{
    const Usage used = after.used - before.used;
    sample->elements = elements;
    sample->consumersCpu = std::max (0.0, used.cpu) / elements;
    sample->producersCpu = (after.own - before.own).cpu / elements;
    sample->voluntary = static_cast<double> (used.voluntary) / elements;
    sample->involuntary = static_cast<double> (used.involuntary) / elements;
    if (counted)
    {
        fillCalls (after.calls, elements, sample);
        Sample start;
        fillCalls (before.calls, elements, &start);
        sample->systemCalls -= start.systemCalls;
        sample->membarriers -= start.membarriers;
        sample->futexWaits -= start.futexWaits;
        sample->futexWakes -= start.futexWakes;
        sample->yields -= start.yields;
    }
}

void end (Control& control, harness::Workers& workers, const Push& push)
{
    for (unsigned i = 0; i < control.consumers; ++i)
    {
        push (sentinel);
    }
    workers.join ();
}

/// A thread that counts as fast as it can.
class Busy
{
public:
    Busy ()
    : _thread ([this] {
        for (uint64_t n = 0; !_stop.load (std::memory_order_relaxed); ++n)
        {
            _count.store (n, std::memory_order_relaxed);
        }
    })
    {
        ::pthread_getcpuclockid (_thread.native_handle (), &_clock);
    }

    Busy (const Busy&) = delete;
    Busy& operator= (const Busy&) = delete;

    ~Busy ()
    {
        _stop.store (true);
        _thread.join ();
    }

    /// Turns per nanosecond of its own CPU time, while the calling thread sleeps. Other programs change it little.
    double rate (double seconds) const
    {
        const double start = cpu ();
        const uint64_t before = _count.load ();
        harness::sleepFor (seconds);
        const double end = cpu ();
        return static_cast<double> (_count.load () - before) / (end - start);
    }

    /// Nanoseconds of CPU time.
    double cpu () const
    {
        timespec time {};
        ::clock_gettime (_clock, &time);
        return static_cast<double> (time.tv_sec) * 1e9 + static_cast<double> (time.tv_nsec);
    }

private:
    alignas (128) std::atomic<uint64_t> _count {0};
    alignas (128) std::atomic<bool> _stop {false};
    clockid_t _clock {};
    std::thread _thread;
};
}  // namespace

void runSleepers (const Order& order, Control& control, bool counted, Sample* sample, const Work& pop, const Push& push)
{
    harness::Workers workers (control.consumers, false, pop);
    awaitWorkers (control, control.consumers);
    control.start ();
    harness::sleepFor (untilAsleep);
    sharpenSleep ();
    Tally& tally = control.producer (0);
    Snapshot before;
    take (control, &before);
    const uint64_t start = harness::nanosNow ();
    uint64_t pushed = 0;
    uint64_t next = start;
    while (pushed < elementsMost && next < start + static_cast<uint64_t> (secondsMost * 1e9))
    {
        next = std::max (next + order.row.periodNs, harness::nanosNow ());
        harness::sleepUntil (next);
        const uint64_t value = firstElement (0) + pushed;
        push (value);
        tally.sum += value;
        ++pushed;
    }
    tally.done.store (pushed);
    while (control.popped () < pushed)
    {
        harness::sleepFor (1e-3);
    }
    Snapshot after;
    take (control, &after);
    fill (before, after, static_cast<double> (pushed), counted, sample);
    sample->value = sample->voluntary;
    end (control, workers, push);
    sample->fault = verdict (control);
}

void runIdle (const Order& order, Control& control, bool counted, Sample* sample, const Work& pop, const Push& push)
{
    const double window = order.seconds * idlePerSecond;
    const Busy busy;
    harness::sleepFor (window / 10);
    const double first = busy.rate (window / 2);
    harness::Workers workers (control.consumers, false, pop);
    awaitWorkers (control, control.consumers);
    control.start ();
    harness::sleepFor (untilAsleep);
    Snapshot before;
    take (control, &before);
    before.used.cpu -= busy.cpu ();
    const double beside = busy.rate (window);
    Snapshot after;
    take (control, &after);
    after.used.cpu -= busy.cpu ();
    fill (before, after, window, counted, sample);
    end (control, workers, push);
    const double last = busy.rate (window / 2);
    // What the waiters take of a CPU, and what interrupts and cold caches make of the rest.
    sample->value = 100 * (sample->consumersCpu * 1e-9 + 1 - beside / ((first + last) / 2));
    sample->fault = verdict (control);
}

void runRoundtrip (const Order& order, Control& control, bool counted, Sample* sample, const Work& work)
{
    harness::Workers workers (2, order.row.processes (), work);
    awaitWorkers (control, 2);
    control.start ();
    harness::sleepFor (order.seconds);
    control.phase.store (Stop);
    workers.join ();
    const double trips = static_cast<double> (control.popped ());
    sample->value = control.producer (0).spent / trips;
    summarise (control, trips, counted, sample);
}

void refuseMembarrier ()
{
    sock_filter filter[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<uint32_t> (offsetof (seccomp_data, nr))},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<uint32_t> (SYS_membarrier)},
        {BPF_RET | BPF_K, 0, 0, static_cast<uint32_t> (SECCOMP_RET_ERRNO) | EPERM},
        {BPF_RET | BPF_K, 0, 0, static_cast<uint32_t> (SECCOMP_RET_ALLOW)},
    };
    const sock_fprog program {sizeof (filter) / sizeof (filter[0]), filter};
    if (::prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    {
        throw std::system_error (errno, std::system_category (), "seccomp");
    }
}

}  // namespace blocking
}  // namespace bench
