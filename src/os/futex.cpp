// SPDX-License-Identifier: MIT
#include "futex.hpp"

#include <cerrno>
#include <climits>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
constexpr int64_t second = 1000000000;

int64_t read (clockid_t clock) noexcept
{
    timespec time = {};
    ::clock_gettime (clock, &time);
    return static_cast<int64_t> (time.tv_sec) * second + time.tv_nsec;
}

timespec timeOf (int64_t time) noexcept
{
    timespec made = {};
    made.tv_sec = static_cast<time_t> (time / second);
    made.tv_nsec = static_cast<long> (time % second);
    return made;
}
}  // namespace

int64_t now () noexcept
{
    return read (CLOCK_MONOTONIC);
}

int64_t today () noexcept
{
    return read (CLOCK_REALTIME);
}

int sleepUntil (int64_t until) noexcept
{
    const timespec time = timeOf (until);
    return ::syscall (SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == -1 ? errno : 0;
}

int sleepOn (const std::atomic<uint32_t>& word, uint32_t value, bool shared, int64_t until) noexcept
{
    const timespec time = timeOf (until);
    // WAIT_BITSET, unlike WAIT, takes a time and not a duration: what a signal interrupts goes on to the same end.
    const int operation = FUTEX_WAIT_BITSET | (shared ? 0 : FUTEX_PRIVATE_FLAG);
    return ::syscall (SYS_futex, &word, operation, value, &time, nullptr, FUTEX_BITSET_MATCH_ANY) == -1 ? errno : 0;
}

int wakeAll (const std::atomic<uint32_t>& word, bool shared) noexcept
{
    const int operation = FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE_FLAG);
    return ::syscall (SYS_futex, &word, operation, INT_MAX, nullptr, nullptr, 0) == -1 ? errno : 0;
}

void yieldCpu () noexcept
{
    ::sched_yield ();
}

int processId () noexcept
{
    return ::getpid ();
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
