// SPDX-License-Identifier: MIT
/// The CPUs that a measurement may use, pinning, and the distance of two CPUs.
#ifndef BENCH_HARNESS_CPUS_HPP
#define BENCH_HARNESS_CPUS_HPP

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace harness
{
/// The numbers of the CPUs that this thread may run on, ascending; none: see errno.
std::vector<unsigned> allowedCpus ();

/// Pins a thread to that CPU. @param thread a thread's number; 0: the calling thread @return 0, or an errno
int pinTo (unsigned cpu, pid_t thread = 0) noexcept;

struct Attempts
{
    uint32_t count = 10;
    uint32_t roundtrips = 200;  // of each
};

/// Those of the recorded data in docs/bench.
constexpr Attempts recordedAttempts {5, 1000};

/// Nanoseconds for a cache line to go from one CPU to the other and back, the best of the attempts.
/// @param yields a side that waits yields the CPU: where both are one CPU
/// @return 0 if there is none after 0.1 s, because other programs use the CPUs
double distanceOf (unsigned first, unsigned second, bool yields, Attempts attempts = Attempts ());

}  // namespace harness

#endif
