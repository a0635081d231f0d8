// SPDX-License-Identifier: MIT
/// Sleeps in futex(2), seen from between the library and the kernel: waiting_calls.cpp stands in for libc's syscall ().
#ifndef JOIN_TESTS_QUEUE_WAITING_HPP
#define JOIN_TESTS_QUEUE_WAITING_HPP

#include <cstdint>

/// Of the calling thread.
struct Sleeps
{
    uint64_t count;     ///< calls that slept, or tried to
    uint64_t timedOut;  ///< of them those that nobody woke
    int64_t until;      ///< when the last one of those was up: nanoseconds of CLOCK_MONOTONIC; 0: none
};

extern thread_local Sleeps sleeps;

#endif
