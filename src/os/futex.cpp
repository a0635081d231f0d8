// SPDX-License-Identifier: MIT
// futex(2), futex_waitv(2), clock_gettime(2), clock_nanosleep(2), sched_yield(2).
#include "futex.hpp"

#include <cerrno>
#include <climits>
#include <limits>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <type_traits>
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

// With a time_t wider than long (32 bits with _TIME_BITS=64), the older system calls do not read a timespec.
#if defined(SYS_futex_time64) && defined(SYS_clock_nanosleep_time64)
constexpr bool isWide = sizeof (time_t) > sizeof (long);
constexpr long futexCall = isWide ? SYS_futex_time64 : SYS_futex;
constexpr long sleepCall = isWide ? SYS_clock_nanosleep_time64 : SYS_clock_nanosleep;
#else
constexpr bool isWide = false;
constexpr long futexCall = SYS_futex;
constexpr long sleepCall = SYS_clock_nanosleep;
static_assert (sizeof (time_t) == sizeof (long), "a timespec is what futex(2) and clock_nanosleep(2) read");
#endif

/// A time in the form that those two calls read. A later time than they can express becomes the latest one.
struct KernelTime
{
    using Word = std::conditional_t<isWide, int64_t, long>;

    explicit KernelTime (int64_t time) noexcept
    : seconds (time / second < maxSeconds ? static_cast<Word> (time / second) : static_cast<Word> (maxSeconds))
    , nanoseconds (static_cast<Word> (time % second))
    {
    }

    static constexpr int64_t maxSeconds = std::numeric_limits<Word>::max ();

    Word seconds;
    Word nanoseconds;
};
}  // namespace

int64_t monotonicNow () noexcept
{
    return read (CLOCK_MONOTONIC);
}

int64_t realtimeNow () noexcept
{
    return read (CLOCK_REALTIME);
}

int sleepUntil (int64_t until) noexcept
{
    const KernelTime time (until);
    return ::syscall (sleepCall, CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == -1 ? errno : 0;
}

int sleepOn (const std::atomic<uint32_t>& word, uint32_t value, bool shared, int64_t until) noexcept
{
    const KernelTime time (until);
    // WAIT_BITSET, unlike WAIT, takes a point in time: after a signal the caller repeats it with the same end.
    const int operation = FUTEX_WAIT_BITSET | (shared ? 0 : FUTEX_PRIVATE_FLAG);
    return ::syscall (futexCall, &word, operation, value, &time, nullptr, FUTEX_BITSET_MATCH_ANY) == -1 ? errno : 0;
}

// Defines what linux/futex.h has since 5.16: the size of the word is a flag.
FutexWait::FutexWait (const std::atomic<uint32_t>& word, uint32_t expected, bool shared) noexcept
: value (expected)
, address (static_cast<uint64_t> (reinterpret_cast<std::uintptr_t> (&word)))
, flags (shared ? 2U : 2U | FUTEX_PRIVATE_FLAG)
, reserved (0)
{
}

// The time has 64 bits on every architecture.
int sleepOnAny (const FutexWait* waits, unsigned n, int64_t until, unsigned* woken) noexcept
{
    constexpr long futexWaitv = 449;
    const int64_t time[] = {until / second, until % second};
    const long index = ::syscall (futexWaitv, waits, n, 0, time, CLOCK_MONOTONIC);
    if (index == -1)
    {
        return errno;
    }
    *woken = static_cast<unsigned> (index);
    return 0;
}

int sleepOnEither (const std::atomic<uint32_t>& word, uint32_t value, bool shared, const std::atomic<uint32_t>& other,
                   uint32_t otherValue, int64_t until) noexcept
{
    const FutexWait waits[] = {FutexWait (word, value, shared), FutexWait (other, otherValue, false)};
    unsigned woken = 0;
    const int error = sleepOnAny (waits, 2, until, &woken);
    return error == 0 && woken != 0 ? EAGAIN : error;
}

bool isRefused (int error) noexcept
{
    return error != 0 && error != EAGAIN && error != EINTR && error != ETIMEDOUT && error != ENOMEM;
}

uint32_t wake (const std::atomic<uint32_t>& word, uint32_t n, bool shared) noexcept
{
    const int operation = FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE_FLAG);
    const long most = n < INT_MAX ? static_cast<long> (n) : INT_MAX;
    const long woken = ::syscall (futexCall, &word, operation, most, nullptr, nullptr, 0);
    return woken < 0 ? 0 : static_cast<uint32_t> (woken);
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
