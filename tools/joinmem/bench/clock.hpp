// SPDX-License-Identifier: MIT
// The clock for all measurements: CLOCK_MONOTONIC, the same for all CPUs and processes.
#ifndef JOINMEM_TOOL_BENCH_CLOCK_HPP
#define JOINMEM_TOOL_BENCH_CLOCK_HPP

#include <cstdint>
#include <ctime>

namespace tool::bench
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

}  // namespace tool::bench

#endif
