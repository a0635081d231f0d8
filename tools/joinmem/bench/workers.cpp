// SPDX-License-Identifier: MIT
#include "workers.hpp"

#include "../command.hpp"
#include "harness/clock.hpp"
#include "harness/cpus.hpp"
#include "report.hpp"

#include <exception>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tool::bench
{
Workers::Workers (const Plan& plan, Signals& signals, Control& control, Sides sides)
: _plan (plan)
, _signals (signals)
, _control (control)
, _sides (std::move (sides))
{
    // On one CPU the other side makes progress only if this one yields. On two CPUs a yield would help only other
    // programs, and next to those both sides would soon take turns.
    _control.yieldAfter = plan.oneCpu () ? 1 : UINT32_MAX;
}

Workers::~Workers ()
{
    _control.phase.store (Phase::Abandoned);
    if (_child != -1)
    {
        ::kill (_child, SIGKILL);
        while (::waitpid (_child, nullptr, 0) == -1 && errno == EINTR)
        {
        }
    }
    _sides.abandon ();
    for (std::thread& thread : _threads)
    {
        thread.join ();
    }
}

Rate Workers::measure ()
{
    begin ();
    await (_control.gathered);
    _sides.attached ();
    _control.phase.store (Phase::Warm);
    sleep (_plan.seconds / 5);
    _control.phase.store (Phase::Timed);
    const std::array<double, 2> usedBefore = used ();
    const uint64_t start = harness::nanosNow ();
    const uint64_t before = _control.popped.load ();
    const uint64_t after = sleepUntilPopped (before);
    const double seconds = static_cast<double> (harness::nanosNow () - start) * 1e-9;
    const std::array<double, 2> usedAfter = used ();
    _control.phase.store (Phase::Stopped);
    await (_control.ended);
    for (lookAtChild (); _child != -1; lookAtChild ())
    {
        sleep (1e-3);
    }
    Rate rate;
    rate.perSecond = static_cast<double> (after - before) / seconds;
    for (unsigned side : {0U, 1U})
    {
        const double used = usedAfter[side] - usedBefore[side];
        rate.own += used / (seconds * (_plan.oneCpu () ? 1 : 2));
        rate.cpuNanos[side] = used * 1e9 / static_cast<double> (after - before);
    }
    return rate;
}

// Extends a measurement if too few elements were popped: next to other programs, a side may not have run at all.
uint64_t Workers::sleepUntilPopped (uint64_t before)
{
    constexpr uint64_t enough = 100;
    constexpr double patience = 10;
    const uint64_t start = harness::nanosNow ();
    const uint64_t end = start + harness::nanosIn (_plan.seconds + patience);
    for (;;)
    {
        sleep (_plan.seconds);
        const uint64_t after = _control.popped.load ();
        if (after - before >= enough || (after != before && harness::nanosNow () >= start + harness::nanosIn (1)))
        {
            return after;
        }
        if (harness::nanosNow () >= end)
        {
            throw Stop (Failed, "bench: nothing was popped for " + number (_plan.seconds + patience) + " s");
        }
    }
}

// Forks the child before it starts a thread: a process with one thread can fork safely.
void Workers::begin ()
{
    if (_plan.between == Between::Processes)
    {
        fork ();
        start (0);
        return;
    }
    start (0);
    start (1);
}

void Workers::start (unsigned side)
{
    _threads.emplace_back ([this, side] { work (side); });
    ::pthread_getcpuclockid (_threads.back ().native_handle (), &_clocks[side]);
}

void Workers::fork ()
{
    const pid_t parent = ::getpid ();
    const pid_t pid = ::fork ();
    if (pid == -1)
    {
        throw std::system_error (errno, std::system_category (), "bench: fork");
    }
    if (pid == 0)
    {
        child (parent);
    }
    _child = pid;
    ::clock_getcpuclockid (pid, &_clocks[1]);
}

void Workers::child (pid_t parent)
{
    ::prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid () == parent)  // else the parent had died before the prctl
    {
        work (1);
    }
    ::_exit (0);
}

void Workers::work (unsigned side) noexcept
{
    try
    {
        const int error = harness::pinTo (_plan.cpus[side]);
        if (error != 0)
        {
            throw std::system_error (error, std::system_category (), "CPU " + std::to_string (_plan.cpus[side]));
        }
        (side == 0 ? _sides.first : _sides.second) (_control);
    }
    catch (const std::exception& wrong)
    {
        _control.fail (wrong.what ());
    }
    _control.ended.fetch_add (1);
}

void Workers::sleep (double seconds)
{
    const uint64_t end = harness::nanosNow () + harness::nanosIn (seconds);
    while (_signals.waitUntil (end))
    {
        lookAtChild ();
    }
    stopWhereFailed ();
}

void Workers::lookAtChild ()
{
    int status = 0;
    if (_child == -1 || ::waitpid (_child, &status, WNOHANG) != _child)
    {
        return;
    }
    _child = -1;
    if (status != 0 || _control.ended.load () == 0)
    {
        throw Stop (Failed, "bench: the other process ended before the measurement did"
                                + (WIFSIGNALED (status) ? ", by signal " + std::to_string (WTERMSIG (status)) : ""));
    }
}

void Workers::stopWhereFailed () const
{
    if (_control.failed.load () && _control.told.load ())
    {
        throw Stop (Failed, std::string ("bench: ") + _control.why);
    }
}

void Workers::await (const std::atomic<uint32_t>& both)
{
    while (both.load () < 2)
    {
        sleep (1e-4);
    }
    stopWhereFailed ();
}

// Seconds of CPU time, of each side.
std::array<double, 2> Workers::used () const
{
    return {harness::secondsOf (_clocks[0]), harness::secondsOf (_clocks[1])};
}

}  // namespace tool::bench
