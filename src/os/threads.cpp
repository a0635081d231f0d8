// SPDX-License-Identifier: MIT
// pthread_create(3), pthread_join(3), sched_getaffinity(2), getrusage(2).
#include "threads.hpp"

#include <cerrno>
#include <cstddef>
#include <dlfcn.h>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
struct Start
{
    void (*work) (void* with);
    void* with;
    const char* name;  // null: that of the program
};

void* run (void* argument)
{
    const Start start = *static_cast<Start*> (argument);
    delete static_cast<Start*> (argument);
    if (start.name != nullptr)
    {
        ::pthread_setname_np (::pthread_self (), start.name);
    }
    start.work (start.with);
    return nullptr;
}

// Blocks all signals during pthread_create(3): the new thread inherits the mask.
int create (const Start& with, const pthread_attr_t* attributes, Thread* thread) noexcept
{
    Start* start = new (std::nothrow) Start (with);
    if (start == nullptr)
    {
        return ENOMEM;
    }
    sigset_t all;
    sigset_t before;
    ::sigfillset (&all);
    ::pthread_sigmask (SIG_SETMASK, &all, &before);
    pthread_t handle;
    const int error = ::pthread_create (&handle, attributes, run, start);
    ::pthread_sigmask (SIG_SETMASK, &before, nullptr);
    if (error != 0)
    {
        delete start;
        return error;
    }
    thread->handle = handle;
    return 0;
}
// The bytes of a stack that glibc takes for the thread-locals of the program, and a minimum of its own.
std::size_t threadLocalSize (const pthread_attr_t& attributes) noexcept
{
    using Size = std::size_t (const pthread_attr_t*);
    Size* const size = reinterpret_cast<Size*> (::dlsym (RTLD_DEFAULT, "__pthread_get_minstack"));
    return size != nullptr ? size (&attributes) : 0;
}
}  // namespace

unsigned currentCpu () noexcept
{
    const int cpu = ::sched_getcpu ();
    return cpu < 0 ? 0 : static_cast<unsigned> (cpu);
}

int64_t preemptions () noexcept
{
    struct rusage usage;
    return ::getrusage (RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : -1;
}

unsigned usableCpus () noexcept
{
    cpu_set_t cpus;
    if (::sched_getaffinity (0, sizeof (cpus), &cpus) != 0)
    {
        return 1;  // the machine has more CPUs than the set has bits: use no helper threads
    }
    return static_cast<unsigned> (CPU_COUNT (&cpus));
}

int startThread (void (*work) (void* with), void* with, Thread* thread) noexcept
{
    return create (Start {work, with, nullptr}, nullptr, thread);
}

int startHelper (void (*work) (void* with), void* with, const char* name, Thread* thread) noexcept
{
    constexpr std::size_t stack = 64 << 10;
    const Start start = {work, with, name};
    pthread_attr_t small;
    int error = ::pthread_attr_init (&small);
    if (error != 0)
    {
        return error;
    }
    ::pthread_attr_setstacksize (&small, stack + threadLocalSize (small));
    error = create (start, &small, thread);
    ::pthread_attr_destroy (&small);
    return error == EINVAL ? create (start, nullptr, thread) : error;  // EINVAL: the thread-locals do not fit
}

int joinThread (Thread thread) noexcept
{
    return ::pthread_join (thread.handle, nullptr);
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
