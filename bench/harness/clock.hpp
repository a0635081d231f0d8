// SPDX-License-Identifier: MIT
/// The clock of all measurements, CLOCK_MONOTONIC: the same for all CPUs and processes.
#ifndef BENCH_HARNESS_CLOCK_HPP
#define BENCH_HARNESS_CLOCK_HPP

#include <cerrno>
#include <cstdint>
#include <ctime>

namespace harness
{
/// Nanoseconds of a clock; 0 if it does not exist, as that of a thread that has ended.
inline uint64_t nanosOf (clockid_t clock) noexcept
{
    timespec time {};
    ::clock_gettime (clock, &time);
    return static_cast<uint64_t> (time.tv_sec) * 1'000'000'000 + static_cast<uint64_t> (time.tv_nsec);
}

inline uint64_t nanosNow () noexcept
{
    return nanosOf (CLOCK_MONOTONIC);
}

inline uint64_t nanosIn (double seconds) noexcept
{
    return static_cast<uint64_t> (seconds * 1e9);
}

inline double secondsOf (clockid_t clock) noexcept
{
    return static_cast<double> (nanosOf (clock)) * 1e-9;
}

inline double secondsNow () noexcept
{
    return secondsOf (CLOCK_MONOTONIC);
}

/// Sleeps until nanosNow () is that.
inline void sleepUntil (uint64_t nanos) noexcept
{
    const timespec time {static_cast<time_t> (nanos / 1'000'000'000), static_cast<long> (nanos % 1'000'000'000)};
    while (::clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR)
    {
    }
}

inline void sleepFor (double seconds) noexcept
{
    sleepUntil (nanosNow () + nanosIn (seconds));
}

}  // namespace harness

#endif
