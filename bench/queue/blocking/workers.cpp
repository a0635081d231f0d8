// SPDX-License-Identifier: MIT
#include "workers.hpp"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <linux/futex.h>
#include <new>
#include <sched.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace bench
{
namespace blocking
{
namespace
{
constexpr uint64_t second = 1000000000;

uint64_t read (clockid_t clock)
{
    timespec time {};
    ::clock_gettime (clock, &time);
    return static_cast<uint64_t> (time.tv_sec) * second + static_cast<uint64_t> (time.tv_nsec);
}

Usage usageOf (int who, clockid_t clock)
{
    rusage usage {};
    ::getrusage (who, &usage);
    return {static_cast<double> (read (clock)), static_cast<uint64_t> (usage.ru_nvcsw),
            static_cast<uint64_t> (usage.ru_nivcsw)};
}

void pinTo (pid_t thread, unsigned cpu)
{
    cpu_set_t set;
    CPU_ZERO (&set);
    CPU_SET (cpu, &set);
    ::sched_setaffinity (thread, sizeof (set), &set);
}

void guarded (const std::function<void (unsigned)>& work, unsigned worker)
{
    try
    {
        work (worker);
    }
    catch (const std::exception& error)
    {
        std::fprintf (stderr, "bench-blocking: worker %u: %s\n", worker, error.what ());
        ::_exit (1);
    }
}

int waitFor (pid_t child)
{
    int status = 0;
    while (::waitpid (child, &status, 0) == -1 && errno == EINTR)
    {
    }
    return status;
}

pid_t forkChild ()
{
    const pid_t child = ::fork ();
    if (child == -1)
    {
        throw std::system_error (errno, std::system_category (), "fork");
    }
    if (child == 0)
    {
        ::prctl (PR_SET_PDEATHSIG, SIGKILL);
    }
    return child;
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
: _bytes (sizeof (Control) + (producers + consumers) * sizeof (Tally))
{
    void* const memory = ::mmap (nullptr, _bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
    {
        throw std::system_error (errno, std::system_category (), "mmap");
    }
    _control = new (memory) Control;
    _control->tallies = reinterpret_cast<Tally*> (_control + 1);  // forked processes have it at the same address
    for (unsigned i = 0; i < producers + consumers; ++i)
    {
        new (_control->tallies + i) Tally;
    }
    _control->producers = producers;
    _control->consumers = consumers;
}

SharedControl::~SharedControl ()
{
    ::munmap (_control, _bytes);
}

void Control::start ()
{
    phase.store (Run);
    ::syscall (SYS_futex, &phase, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

Workers::Workers (unsigned count, bool processes, const std::function<void (unsigned)>& work)
{
    for (unsigned i = 0; i < count; ++i)
    {
        if (processes)
        {
            fork (i, work);
        }
        else
        {
            _threads.emplace_back (guarded, work, i);
        }
    }
}

void Workers::fork (unsigned worker, const std::function<void (unsigned)>& work)
{
    const pid_t child = forkChild ();
    if (child == 0)
    {
        guarded (work, worker);
        ::_exit (0);
    }
    _children.push_back (child);
}

void Workers::join ()
{
    for (std::thread& thread : _threads)
    {
        thread.join ();
    }
    bool failed = false;
    for (pid_t child : _children)
    {
        failed = waitFor (child) != 0 || failed;
    }
    if (failed)
    {
        throw std::runtime_error ("a worker process failed");
    }
}

BusyProcesses::BusyProcesses (unsigned count, const Order& order)
{
    for (unsigned i = 0; i < count; ++i)
    {
        const pid_t child = forkChild ();
        if (child == 0)
        {
            if (order.row.placement != Placement::Free)
            {
                pinTo (::gettid (), order.cpus[i % 2]);
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
        waitFor (child);
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
        pinTo (::gettid (), order.cpus[(producer ? i : i + 1) % 2]);
    }
}

void pinRunning (const Order& order, const Control& control)
{
    for (unsigned i = 0; order.row.placement == Placement::OneCpu && i < control.producers + control.consumers; ++i)
    {
        pinTo (control.tallies[i].thread, order.cpus[0]);
    }
}

void pinProcess (const Order& order)
{
    if (order.row.placement == Placement::Taskset)
    {
        pinTo (::gettid (), order.cpus[0]);
    }
}

uint64_t nowNs ()
{
    return read (CLOCK_MONOTONIC);
}

void sleepUntilNs (uint64_t ns)
{
    const timespec time {static_cast<time_t> (ns / second), static_cast<long> (ns % second)};
    while (::clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR)
    {
    }
}

void sleepFor (double seconds)
{
    sleepUntilNs (nowNs () + static_cast<uint64_t> (seconds * 1e9));
}

void awaitWorkers (const Control& control, unsigned workers)
{
    while (control.gathered.load () < workers)
    {
        sleepFor (1e-4);
    }
}

}  // namespace blocking
}  // namespace bench
