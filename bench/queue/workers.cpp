// SPDX-License-Identifier: MIT
#include "workers.hpp"

#include "element.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <new>
#include <pthread.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace bench
{
namespace
{
double read (clockid_t clock)
{
    timespec time {};
    ::clock_gettime (clock, &time);
    return static_cast<double> (time.tv_sec) + static_cast<double> (time.tv_nsec) * 1e-9;
}

void sleepFor (double seconds)
{
    timespec time {};
    time.tv_sec = static_cast<time_t> (seconds);
    time.tv_nsec = static_cast<long> ((seconds - static_cast<double> (time.tv_sec)) * 1e9);
    while (::nanosleep (&time, &time) == -1 && errno == EINTR)
    {
    }
}

/// Threads or processes, and their clocks of processor time.
class Crew
{
public:
    Crew (unsigned count, bool processes, const std::function<void (unsigned)>& work)
    : _processes (processes)
    {
        for (unsigned i = 0; i < count; ++i)
        {
            processes ? fork (i, work) : start (i, work);
        }
    }

    double used () const
    {
        double sum = 0;
        for (clockid_t clock : _clocks)
        {
            sum += read (clock);
        }
        return sum;
    }

    void join ()
    {
        for (std::thread& thread : _threads)
        {
            thread.join ();
        }
        for (pid_t child : _children)
        {
            int status = 0;
            while (::waitpid (child, &status, 0) == -1 && errno == EINTR)
            {
            }
            if (status != 0)
            {
                throw std::runtime_error ("a process of the measurement failed");
            }
        }
    }

private:
    void start (unsigned worker, const std::function<void (unsigned)>& work)
    {
        _threads.emplace_back (work, worker);
        clockid_t clock {};
        ::pthread_getcpuclockid (_threads.back ().native_handle (), &clock);
        _clocks.push_back (clock);
    }

    void fork (unsigned worker, const std::function<void (unsigned)>& work)
    {
        const pid_t child = ::fork ();
        if (child == -1)
        {
            throw std::system_error (errno, std::system_category (), "fork");
        }
        if (child == 0)
        {
            ::prctl (PR_SET_PDEATHSIG, SIGKILL);
            try
            {
                work (worker);
            }
            catch (const std::exception&)
            {
                ::_exit (1);
            }
            ::_exit (0);
        }
        _children.push_back (child);
        clockid_t clock {};
        ::clock_getcpuclockid (child, &clock);
        _clocks.push_back (clock);
    }

    bool _processes;
    std::vector<std::thread> _threads;
    std::vector<pid_t> _children;
    std::vector<clockid_t> _clocks;
};

/// Memory shared with forked processes.
class SharedControl
{
public:
    SharedControl ()
    {
        void* const memory =
            ::mmap (nullptr, sizeof (Control), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
        {
            throw std::system_error (errno, std::system_category (), "mmap");
        }
        _control = new (memory) Control;
    }

    SharedControl (const SharedControl&) = delete;
    SharedControl& operator= (const SharedControl&) = delete;

    ~SharedControl ()
    {
        ::munmap (_control, sizeof (Control));
    }

    Control& operator* () const
    {
        return *_control;
    }

private:
    Control* _control;
};

void warmUp (Control& control, const Order& order)
{
    // At least two laps of the ring, so that its pages are present; but there is no wait for a queue that does not
    // move.
    const double least = order.seconds / 5;
    const double most = 60 * least;
    const double start = secondsNow ();
    control.phase.store (Checked);
    sleepFor (least);
    while (control.allPopped () < 2 * order.row.capacity && secondsNow () < start + most)
    {
        sleepFor (least / 10);
    }
}

Fault verdict (const Control& control, const Row& row)
{
    uint64_t expected = 0;
    uint64_t sum = 0;
    uint32_t fault = 0;
    for (unsigned i = 0; i < row.producers; ++i)
    {
        const uint64_t n = control.pushed[i].done.load ();
        const uint64_t pairs = n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n;
        expected += firstOf (i) * n + pairs;
    }
    for (unsigned i = 0; i < row.consumers; ++i)
    {
        sum += control.popped[i].sum;
        fault = std::max (fault, control.popped[i].fault.load ());
    }
    const uint64_t pushed = control.allPushed ();
    const uint64_t popped = control.allPopped ();
    if (popped != pushed)
    {
        return popped < pushed ? Fault::Lost : Fault::Doubled;
    }
    return sum != expected ? Fault::Corrupted : static_cast<Fault> (fault);
}
}  // namespace

uint64_t Control::allPushed () const
{
    uint64_t sum = 0;
    for (const Tally& tally : pushed)
    {
        sum += tally.done.load (std::memory_order_acquire);
    }
    return sum;
}

uint64_t Control::allPopped () const
{
    uint64_t sum = 0;
    for (const Tally& tally : popped)
    {
        sum += tally.done.load (std::memory_order_acquire);
    }
    return sum;
}

double secondsNow ()
{
    return read (CLOCK_MONOTONIC);
}

void pin (unsigned cpu)
{
    cpu_set_t set;
    CPU_ZERO (&set);
    CPU_SET (cpu, &set);
    ::pthread_setaffinity_np (::pthread_self (), sizeof (set), &set);
}

Pace runPhases (const Order& order, Control& control, const std::function<void (unsigned worker)>& work)
{
    const Row& row = order.row;
    const unsigned workers = row.producers + row.consumers;
    control.producers = row.producers;
    control.yieldAfter = workers > 2 ? 64 : 1 << 14;
    Crew crew (workers, row.processes, [&] (unsigned worker) {
        const bool pushes = worker < row.producers;
        pin (order.cpus[(pushes ? worker : worker - row.producers + 1) % 2]);
        work (worker);
    });
    while (control.gathered.load () < workers)
    {
        sleepFor (1e-4);
    }
    warmUp (control, order);
    control.phase.store (Timed);
    const double usedBefore = crew.used ();
    const double start = secondsNow ();
    const uint64_t before = control.allPopped ();
    sleepFor (order.seconds);
    const uint64_t after = control.allPopped ();
    const double time = secondsNow () - start;
    const double used = crew.used () - usedBefore;
    control.phase.store (Stop);
    crew.join ();
    return {static_cast<double> (after - before) / time, used / (2 * time)};
}

void runFlow (const Order& order, const std::function<void (Control&, unsigned worker)>& work, Sample* sample)
{
    const SharedControl shared;
    const Pace pace = runPhases (order, *shared, [&] (unsigned worker) { work (*shared, worker); });
    sample->value = pace.rate * 1e-6;
    sample->own = pace.own;
    sample->fault = verdict (*shared, order.row);
}

void runTrip (const Order& order, const std::function<void (Control&, unsigned worker)>& work, Sample* sample)
{
    const SharedControl shared;
    const Pace pace = runPhases (order, *shared, [&] (unsigned worker) { work (*shared, worker); });
    sample->value = pace.rate > 0 ? 1e9 / pace.rate : 0;
    sample->own = pace.own;
    sample->fault = static_cast<Fault> ((*shared).popped[0].fault.load ());
}

double runAlone (const Order& order, const std::function<void (uint64_t rounds)>& work, double* own)
{
    pin (order.cpus[0]);
    uint64_t rounds = order.row.capacity;
    work (2 * rounds);
    const double usedBefore = read (CLOCK_THREAD_CPUTIME_ID);
    const double start = secondsNow ();
    uint64_t done = 0;
    double time = 0;
    while (time < order.seconds)
    {
        work (rounds);
        done += rounds;
        time = secondsNow () - start;
    }
    const double used = read (CLOCK_THREAD_CPUTIME_ID) - usedBefore;
    *own = used / time;
    return used * 1e9 / static_cast<double> (done);
}

}  // namespace bench
