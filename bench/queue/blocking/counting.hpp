// SPDX-License-Identifier: MIT
/// Counts system calls. This program defines `syscall` and `sched_yield`, which libjoinmem uses for futex(2),
/// membarrier(2) and yielding, so a library that is loaded later calls these definitions instead of those of the C library.
/// System calls that the C library makes by itself (pthread mutexes) are not seen.
#ifndef BENCH_QUEUE_BLOCKING_COUNTING_HPP
#define BENCH_QUEUE_BLOCKING_COUNTING_HPP

#include <atomic>
#include <cstdint>

namespace bench
{
namespace blocking
{
/// One thread adds, others may read.
class Counter
{
public:
    void add (uint64_t n = 1) noexcept
    {
        _count.store (value () + n, std::memory_order_relaxed);
    }

    uint64_t value () const noexcept
    {
        return _count.load (std::memory_order_relaxed);
    }

private:
    std::atomic<uint64_t> _count {0};
};

/// The system calls of one thread.
struct SystemCalls
{
    Counter futexWaits;
    Counter futexWakes;
    Counter membarriers;
    Counter yields;
    Counter others;  // what peers count themselves: read, write, mq_send, ...

    uint64_t all () const
    {
        return futexWaits.value () + futexWakes.value () + membarriers.value () + yields.value () + others.value ();
    }

    SystemCalls& operator+= (const SystemCalls& more);
};

/// From here on the calling thread counts into `calls`, which must outlive the thread; nullptr stops counting.
void countInto (SystemCalls* calls) noexcept;

/// Adds a system call that a peer is about to make.
void countSystemCall () noexcept;

/// Whether this program counts here: on x86-64 and aarch64.
bool countsSystemCalls () noexcept;

}  // namespace blocking
}  // namespace bench

#endif
