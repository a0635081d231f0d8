// SPDX-License-Identifier: MIT
#include "crew.hpp"

#include "../command.hpp"
#include "clock.hpp"
#include "cores.hpp"
#include "report.hpp"

#include <exception>
#include <new>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tool::bench
{
SharedControl::SharedControl ()
{
    void* const memory = ::mmap (nullptr, sizeof (Control), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
    {
        throw std::system_error (errno, std::system_category (), "bench: mmap");
    }
    _control = new (memory) Control;
}

SharedControl::~SharedControl ()
{
    ::munmap (_control, sizeof (Control));
}

Crew::Crew (const Plan& plan, Signals& signals, Control& control, Sides sides)
: _plan (plan)
, _signals (signals)
, _control (control)
, _sides (std::move (sides))
{
    // On one CPU nothing happens before the other has it. On two to give it away helps nobody but strangers, and where
    // there are such, both would soon wait in turn.
    _control.yieldAfter = plan.oneCpu () ? 1 : UINT32_MAX;
}

Crew::~Crew ()
{
    _control.phase.store (Phase::Abandoned);
    if (_child != -1)
    {
        ::kill (_child, SIGKILL);
        while (::waitpid (_child, nullptr, 0) == -1 && errno == EINTR)
        {
        }
    }
    for (std::thread& thread : _threads)
    {
        thread.join ();
    }
}

Pace Crew::measure ()
{
    begin ();
    await (_control.gathered);
    _sides.attached ();
    _control.phase.store (Phase::Warm);
    sleep (_plan.seconds / 5);
    _control.phase.store (Phase::Timed);
    const double usedBefore = used ();
    const uint64_t start = nanosNow ();
    const uint64_t before = _control.popped.load ();
    const uint64_t after = sleepUntilPopped (before);
    const double seconds = static_cast<double> (nanosNow () - start) * 1e-9;
    const double usedNow = used () - usedBefore;
    _control.phase.store (Phase::Stopped);
    await (_control.ended);
    for (lookAtChild (); _child != -1; lookAtChild ())
    {
        sleep (1e-3);
    }
    return {static_cast<double> (after - before) / seconds, usedNow / (seconds * (_plan.oneCpu () ? 1 : 2))};
}

// Beside other programs a short measurement may be over before both sides had a CPU: then it takes longer.
uint64_t Crew::sleepUntilPopped (uint64_t before)
{
    constexpr uint64_t enough = 100;
    constexpr double patience = 10;
    const uint64_t start = nanosNow ();
    const uint64_t end = start + nanosIn (_plan.seconds + patience);
    for (;;)
    {
        sleep (_plan.seconds);
        const uint64_t after = _control.popped.load ();
        if (after - before >= enough || (after != before && nanosNow () >= start + nanosIn (1)))
        {
            return after;
        }
        if (nanosNow () >= end)
        {
            throw Stop (Failed,
                        "bench: nothing came through the queue for " + number (_plan.seconds + patience) + " s");
        }
    }
}

// The child first: a process with one thread is safe to fork.
void Crew::begin ()
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

void Crew::start (unsigned side)
{
    _threads.emplace_back ([this, side] { work (side); });
    clockid_t clock = 0;
    ::pthread_getcpuclockid (_threads.back ().native_handle (), &clock);
    _clocks.push_back (clock);
}

void Crew::fork ()
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
    clockid_t clock = 0;
    ::clock_getcpuclockid (pid, &clock);
    _clocks.push_back (clock);
}

void Crew::child (pid_t parent)
{
    ::prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid () == parent)  // else it died before it could be told
    {
        work (1);
    }
    ::_exit (0);
}

void Crew::work (unsigned side) noexcept
{
    try
    {
        const int error = pinTo (_plan.cpus[side]);
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

void Crew::sleep (double seconds)
{
    const uint64_t end = nanosNow () + nanosIn (seconds);
    while (_signals.waitUntil (end))
    {
        lookAtChild ();
    }
    stopWhereFailed ();
}

void Crew::lookAtChild ()
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

void Crew::stopWhereFailed () const
{
    if (_control.failed.load () && _control.told.load ())
    {
        throw Stop (Failed, std::string ("bench: ") + _control.why);
    }
}

void Crew::await (const std::atomic<uint32_t>& both)
{
    while (both.load () < 2)
    {
        sleep (1e-4);
    }
    stopWhereFailed ();
}

// Seconds of CPU time, of both.
double Crew::used () const
{
    uint64_t nanos = 0;
    for (clockid_t clock : _clocks)
    {
        nanos += nanosOf (clock);
    }
    return static_cast<double> (nanos) * 1e-9;
}

}  // namespace tool::bench
