// SPDX-License-Identifier: MIT
// What the two sides of a measurement share with whoever tells them when: in memory that a forked child has too.
#ifndef JOINMEM_TOOL_BENCH_CONTROL_HPP
#define JOINMEM_TOOL_BENCH_CONTROL_HPP

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
    Stopped,    // whoever pushes ends, what is left is popped
    Abandoned,  // everybody ends, wherever he is
};

struct Control
{
    alignas (128) std::atomic<Phase> phase {Phase::Gather};
    uint32_t yieldAfter = 0;  // tries in a row that fail, until the CPU is given away

    alignas (128) std::atomic<uint32_t> gathered {0};
    std::atomic<uint32_t> ended {0};
    std::atomic<bool> failed {false};
    std::atomic<bool> told {false};  // why[] is whole
    char why[256] = "";

    alignas (128) std::atomic<bool> pushedAll {false};  // of the line below
    uint64_t pushed = 0;
    uint64_t pushedSum = 0;

    alignas (128) std::atomic<uint64_t> popped {0};  // so far
    uint64_t poppedSum = 0;
    uint64_t wrong = 0;  // not 0: something came out of its order, or torn

    alignas (128) Histogram latencies;

    /// The first that goes wrong is told.
    void fail (const char* sentence) noexcept
    {
        if (!failed.exchange (true))
        {
            std::strncpy (why, sentence, sizeof (why) - 1);
            told.store (true);
        }
    }

    bool is (Phase asked) const noexcept
    {
        // Relaxed: pairs with nothing; what goes with a phase is in the queues, or behind pushedAll.
        return phase.load (std::memory_order_relaxed) == asked;
    }
};

/// Lets the other hyperthread of the core go ahead.
inline void relax () noexcept
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause ();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// What a side does between tries that fail: `Pause` is for streams, where looking at once takes the line away from
/// whoever writes it; round trips look again at once.
template <bool Pause>
class Patience
{
public:
    explicit Patience (Control& control) noexcept
    : _control (control)
    {
    }

    /// After a call of a queue that returned -1. @return false: it was no use, the measurement is over
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
            relax ();
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

/// Both sides have come when the phase is another.
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
