// SPDX-License-Identifier: MIT
#include "workers.hpp"

#include "harness/clock.hpp"
#include "harness/cpus.hpp"

#include <climits>
#include <csignal>
#include <linux/futex.h>
#include <new>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bench
{
namespace blocking
{
namespace
{
Usage usageOf (int who, clockid_t clock)
{
    rusage usage {};
    ::getrusage (who, &usage);
    return {static_cast<double> (harness::nanosOf (clock)), static_cast<uint64_t> (usage.ru_nvcsw),
            static_cast<uint64_t> (usage.ru_nivcsw)};
}
}  // namespace

Usage Usage::ofThread ()
{
    return usageOf (RUSAGE_THREAD, CLOCK_THREAD_CPUTIME_ID);
}

Usage Usage::ofProcess ()
{
    return usageOf (RUSAGE_SELF, CLOCK_PROCESS_CPUTIME_ID);
}

Usage& Usage::operator+= (const Usage& more)
{
    cpu += more.cpu;
    voluntary += more.voluntary;
    involuntary += more.involuntary;
    return *this;
}

Usage Usage::operator- (const Usage& before) const
{
    return {cpu - before.cpu, voluntary - before.voluntary, involuntary - before.involuntary};
}

SharedControl::SharedControl (uint32_t producers, uint32_t consumers)
: _control ((producers + consumers) * sizeof (Tally))
{
    _control->tallies = reinterpret_cast<Tally*> (&*_control + 1);  // forked processes have it at the same address
    for (unsigned i = 0; i < producers + consumers; ++i)
    {
        new (_control->tallies + i) Tally;
    }
    _control->producers = producers;
    _control->consumers = consumers;
}

void Control::start ()
{
    phase.store (Run);
    ::syscall (SYS_futex, &phase, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

BusyProcesses::BusyProcesses (unsigned count, const Order& order)
{
    for (unsigned i = 0; i < count; ++i)
    {
        const pid_t child = harness::forkChild ();
        if (child == 0)
        {
            if (order.row.placement != Placement::Free)
            {
                harness::pinTo (order.cpus[i % 2]);
            }
            for (volatile uint64_t turns = 0;; turns = turns + 1)
            {
            }
        }
        _children.push_back (child);
    }
}

BusyProcesses::~BusyProcesses ()
{
    for (pid_t child : _children)
    {
        ::kill (child, SIGKILL);
        harness::awaitChild (child);
    }
}

Participation::Participation (Control& control, Tally& tally)
: _tally (tally)
{
    tally.thread = ::gettid ();
    control.gathered.fetch_add (1);
    while (control.phase.load (std::memory_order_acquire) == Gather)
    {
        ::syscall (SYS_futex, &control.phase, FUTEX_WAIT, Gather, nullptr, nullptr, 0);
    }
    countInto (&tally.calls);
    _before = Usage::ofThread ();
}

Participation::~Participation ()
{
    _tally.used = Usage::ofThread () - _before;
    countInto (nullptr);
}

void pinWorker (const Order& order, bool producer, unsigned i)
{
    if (order.row.placement == Placement::TwoCpus)
    {
        harness::pinTo (order.cpus[(producer ? i : i + 1) % 2]);
    }
}

void pinRunning (const Order& order, const Control& control)
{
    for (unsigned i = 0; order.row.placement == Placement::OneCpu && i < control.producers + control.consumers; ++i)
    {
        harness::pinTo (order.cpus[0], control.tallies[i].thread);
    }
}

void pinProcess (const Order& order)
{
    if (order.row.placement == Placement::Taskset)
    {
        harness::pinTo (order.cpus[0]);
    }
}

void awaitWorkers (const Control& control, unsigned workers)
{
    while (control.gathered.load () < workers)
    {
        harness::sleepFor (1e-4);
    }
}

}  // namespace blocking
}  // namespace bench
