// SPDX-License-Identifier: MIT
/// What the producer, the waiter and the measuring process share, and what the two of them report.
#ifndef BENCH_QUEUE_WAITSET_CONTROL_HPP
#define BENCH_QUEUE_WAITSET_CONTROL_HPP

#include "contender.hpp"
#include "harness/shared_object.hpp"

#include <atomic>
#include <sys/types.h>

namespace bench
{
namespace waitset
{
enum Phase : uint32_t
{
    Gather,
    Run,
    Stop,
};

struct Control
{
    alignas (128) std::atomic<uint32_t> gathered {0};
    std::atomic<bool> opened {false};                    // the waiter has opened or created all queues
    alignas (128) std::atomic<uint32_t> phase {Gather};  // a futex
    alignas (128) std::atomic<uint64_t> taken {0};       // elements that the waiter has

    // Of the producer, when it has ended.
    alignas (128) uint64_t pushed = 0;
    uint64_t sum = 0;
    double pushNs = unknown;

    // Of the waiter.
    alignas (128) pid_t waiter = 0;
    double descriptors = 0;  // that the set has opened
    uint64_t takenSum = 0;
    Fault fault = Fault::None;
    double latencies[3] = {0, 0, 0};  // p50, p99, p99.9
    double cpu = unknown;             // ns of its process, from start to end

    void enter (Phase next);

    /// Announces a worker, and returns when the phase has begun.
    void gather ();
    void sleepUntil (Phase begun) const;

    bool runs () const noexcept
    {
        return phase.load (std::memory_order_relaxed) == Run;
    }
};

using SharedControl = harness::SharedObject<Control>;

/// The open descriptors of a process.
double descriptorsOf (pid_t process);

/// The threads of a process, and how often they have gone to sleep.
struct Sleeps
{
    double threads = 0;
    double count = 0;

    static Sleeps of (pid_t process);
};

/// Nanoseconds of CPU time that a process has used.
double cpuOf (pid_t process);

}  // namespace waitset
}  // namespace bench

#endif
