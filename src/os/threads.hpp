// SPDX-License-Identifier: MIT
// Threads that help for a moment: pthread_create(3), sched_getaffinity(2). They take no signal of the program's.
#ifndef JOIN_SRC_OS_THREADS_HPP
#define JOIN_SRC_OS_THREADS_HPP

#include <join/detail/abi.hpp>

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

/// CPUs that the calling thread may run on, at least 1.
unsigned usableCpus () noexcept;

/// Runs work (with) beside the caller, with its CPUs and its memory policy. EAGAIN: no thread is to be had.
int startThread (void (*work) (void* with), void* with, Thread* thread) noexcept;

int joinThread (Thread thread) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
