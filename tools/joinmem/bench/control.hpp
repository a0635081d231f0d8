// SPDX-License-Identifier: MIT
// What the two sides of a measurement share with the thread that controls them, in memory that a forked child shares.
// Unlike bench/queue/workers.hpp it has one producer and one consumer, of our own queues, and reports their errors.
#ifndef JOINMEM_TOOL_BENCH_CONTROL_HPP
#define JOINMEM_TOOL_BENCH_CONTROL_HPP

#include "harness/pause.hpp"
#include "histogram.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <join/error.hpp>
#include <sched.h>

namespace tool::bench
{
enum class Phase : uint32_t
{
    Gather,
    Warm,
    Timed,
    Stopped,    // the producer ends, the consumer pops the remaining elements
    Abandoned,  // both sides end at once
};

struct Control
{
    alignas (128) std::atomic<Phase> phase {Phase::Gather};
    uint32_t yieldAfter = 0;  // number of failed tries in a row before a side yields the CPU

    alignas (128) std::atomic<uint32_t> gathered {0};
    std::atomic<uint32_t> ended {0};
    std::atomic<bool> failed {false};
    std::atomic<bool> told {false};  // why[] is complete
    char why[256] = "";

    alignas (128) std::atomic<bool> pushedAll {false};  // the next two members are final
    uint64_t pushed = 0;
    uint64_t pushedSum = 0;

    alignas (128) std::atomic<uint64_t> popped {0};  // elements popped so far
    uint64_t poppedSum = 0;
    uint64_t wrong = 0;  // not 0: an element was reordered or torn

    alignas (128) Histogram latencies;

    /// Records the first failure.
    void fail (const char* sentence) noexcept
    {
        if (!failed.exchange (true))
        {
            std::strncpy (why, sentence, sizeof (why) - 1);
            told.store (true);
        }
    }

    bool is (Phase requested) const noexcept
    {
        // Relaxed: pairs with nothing. The data of a phase is ordered by the queues and by pushedAll.
        return phase.load (std::memory_order_relaxed) == requested;
    }
};

/// What a side does between failed tries. `Pause` is for streams, in which an immediate retry takes the cache line from
/// the CPU that writes it; round trips retry at once.
template <bool Pause>
class Patience
{
public:
    explicit Patience (Control& control) noexcept
    : _control (control)
    {
    }

    /// Called after a queue call that returned -1. @return false: the measurement is over
    bool refused () noexcept
    {
        const int error = join::lastError.value ();
        if (error != EAGAIN)
        {
            _control.fail (join::lastError.message ().c_str ());
            return false;
        }
        return again ();
    }

    bool again () noexcept
    {
        if (Pause)
        {
            harness::cpuPause ();
        }
        if (++_failures >= _control.yieldAfter)
        {
            ::sched_yield ();
            _failures = 0;
        }
        return (_failures & looksBetween) != 0 || !(_control.is (Phase::Abandoned) || _control.failed.load ());
    }

    void succeeded () noexcept
    {
        _failures = 0;
    }

private:
    static constexpr uint32_t looksBetween = 0x3F;

    Control& _control;
    uint32_t _failures = 0;
};

/// Waits until both sides are ready and the phase changes. @return false: the measurement is abandoned
inline bool gather (Control& control) noexcept
{
    control.gathered.fetch_add (1);
    while (control.phase.load () == Phase::Gather)
    {
        ::sched_yield ();
    }
    return !control.is (Phase::Abandoned);
}

}  // namespace tool::bench

#endif
