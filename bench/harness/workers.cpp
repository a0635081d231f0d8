// SPDX-License-Identifier: MIT
#include "workers.hpp"

#include "clock.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <pthread.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace harness
{
namespace
{
void guarded (const std::function<void (unsigned)>& work, unsigned worker)
{
    try
    {
        work (worker);
    }
    catch (const std::exception& error)
    {
        std::fprintf (stderr, "bench: worker %u: %s\n", worker, error.what ());
        ::_exit (1);
    }
}
}  // namespace

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

int awaitChild (pid_t child)
{
    int status = 0;
    while (::waitpid (child, &status, 0) == -1 && errno == EINTR)
    {
    }
    return status;
}

Workers::Workers (unsigned count, bool processes, const std::function<void (unsigned)>& work)
{
    for (unsigned i = 0; i < count; ++i)
    {
        processes ? fork (i, work) : start (i, work);
    }
}

void Workers::start (unsigned worker, const std::function<void (unsigned)>& work)
{
    _threads.emplace_back (guarded, work, worker);
    clockid_t clock {};
    ::pthread_getcpuclockid (_threads.back ().native_handle (), &clock);
    _clocks.push_back (clock);
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
    clockid_t clock {};
    ::clock_getcpuclockid (child, &clock);
    _clocks.push_back (clock);
}

double Workers::used () const
{
    double sum = 0;
    for (clockid_t clock : _clocks)
    {
        sum += secondsOf (clock);
    }
    return sum;
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
        failed = awaitChild (child) != 0 || failed;
    }
    if (failed)
    {
        throw std::runtime_error ("a worker process failed");
    }
}

}  // namespace harness
