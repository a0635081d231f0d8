// SPDX-License-Identifier: MIT
/// Counts what a thread does in the kernel, between the library and libc: waiting_calls.cpp replaces libc's syscall ()
/// and clock_gettime (). Unlike a time, a count holds on a slow machine, too.
#ifndef JOIN_TESTS_QUEUE_WAITING_HPP
#define JOIN_TESTS_QUEUE_WAITING_HPP

#include <atomic>
#include <cstdint>

/// The counters of one thread. Only that thread writes them; others may read them while it runs.
struct Sleeps
{
    std::atomic<uint64_t> count;     ///< calls that slept, or tried to: futex (2), futex_waitv (2), clock_nanosleep (2)
    std::atomic<uint64_t> timedOut;  ///< sleeps on a futex that ended by timeout
    std::atomic<int64_t> until;      ///< end time of the last call, if it timed out, on CLOCK_MONOTONIC; 0: it did not
    std::atomic<int64_t> requested;  ///< total length in nanoseconds of the sleeps that timed out
    std::atomic<uint64_t> clockReads;  ///< reads of the clock; a spin reads it often
    std::atomic<bool> asleep;          ///< whether the thread is inside such a call
    std::atomic<bool> follows;         ///< the last such call was futex_waitv (2): this thread is not the watcher
    std::atomic<uint64_t> followed;    ///< calls of futex_waitv (2)
    std::atomic<uint64_t> naps;        ///< calls of clock_nanosleep (2)
    std::atomic<uint64_t> wakes;       ///< calls of FUTEX_WAKE
    std::atomic<int64_t> firstAt;      ///< when the first sleep after firstAt was set to 0 began, on CLOCK_MONOTONIC
    std::atomic<uint64_t> firstReads;  ///< clockReads at that moment
};

/// An upper bound of the clock reads of one spin before a sleep: a few microseconds in steps of a few dozen
/// nanoseconds.
constexpr uint64_t spinReads = 500;

/// The counters of the calling thread.
extern thread_local Sleeps sleeps;

/// If not 0, the calling thread reads this time in nanoseconds from CLOCK_MONOTONIC, so that only the test advances it.
extern thread_local int64_t testClock;

/// If not 0, testClock advances by this many nanoseconds at each read, and a sleep sets it to the real time. So a spin
/// by the clock has the same number of reads on every machine.
extern thread_local int64_t testClockStep;

#endif
