// SPDX-License-Identifier: MIT
// Helper threads, pthread_create(3), which block all signals of the program; and facts about the calling
// thread's CPUs, sched_getaffinity(2), getrusage(2).
#ifndef JOIN_SRC_OS_THREADS_HPP
#define JOIN_SRC_OS_THREADS_HPP

#include <join/detail/abi.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
struct Thread
{
    unsigned long handle = 0;
};

/// The CPU that the caller is on, or was on a moment ago; 0 if that is unknown.
unsigned currentCpu () noexcept;

/// How often the calling thread has lost its CPU while it was runnable, which includes a yield to another thread:
/// getrusage(2). -1: unknown, because a seccomp filter rejects the call.
int64_t preemptions () noexcept;

/// The number of CPUs that the calling thread may run on, at least 1.
unsigned usableCpus () noexcept;

/// Runs work (with) on a new thread, which has the caller's CPUs and memory policy. EAGAIN: no thread is available.
/// ENOMEM.
int startThread (void (*work) (void* with), void* with, Thread* thread) noexcept;

/// The same for a thread that sleeps most of the time: it gets a stack of 64 KiB if that is enough for the program's
/// thread-locals, and a name, of up to 15 characters.
int startHelper (void (*work) (void* with), void* with, const char* name, Thread* thread) noexcept;

int joinThread (Thread thread) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
