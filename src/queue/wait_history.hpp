// SPDX-License-Identifier: MIT
// The history of the waits on one side of a queue object. It decides how long the next wait spins, whether it yields
// its CPU, and how it sleeps. All values are hints: none loses a wake-up. The threads of the object share them, and a
// lost update does no harm.
#ifndef JOIN_SRC_QUEUE_WAIT_HISTORY_HPP
#define JOIN_SRC_QUEUE_WAIT_HISTORY_HPP

#include <join/detail/abi.hpp>

#include <atomic>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// A value that threads read and write without order: no value of it makes a wait incorrect.
template <typename T>
class Hint
{
public:
    explicit Hint (T value) noexcept
    : _value (value)
    {
    }

    T get () const noexcept
    {
        return _value.load (std::memory_order_relaxed);  // [hint] it orders nothing
    }

    void set (T value) noexcept
    {
        _value.store (value, std::memory_order_relaxed);  // [hint] it orders nothing
    }

private:
    std::atomic<T> _value;
};

class WaitHistory
{
public:
    /// Nanoseconds to spin now, where the user gave no time. Every 32nd wait tries a longer spin, as long as sleeps are
    /// so short that it may win.
    int64_t spinTime () noexcept
    {
        const uint32_t probe = _probe.get ();
        _probe.set (probe + 1);
        const int64_t learned = _spin.get ();
        if (probe % probeEvery != 0)
        {
            return learned;
        }
        return _slept.get () < maxSpin ? maxSpin : learned < usualSpin ? usualSpin : learned;
    }

    /// The part of that time that comes before a yield.
    int64_t spinBeforeYield (int64_t spin) const noexcept
    {
        return spin < minSpin && yieldsPay () ? 0 : spin < shortSpin ? spin : shortSpin;
    }

    /// The spin succeeded after `took` nanoseconds: the next one may take twice as long.
    void spinWon (int64_t took) noexcept
    {
        const int64_t twice = 2 * took;
        if (took > shortSpin)
        {
            trialNears (1);  // another thread could have used the CPU
        }
        if (twice > _spin.get ())
        {
            _spin.set (static_cast<int32_t> (twice < maxSpin ? twice : maxSpin));
        }
    }

    /// The spin ended in vain.
    void spinLost () noexcept
    {
        const int32_t spin = _spin.get ();
        _spin.set (spin - spin / 4);
    }

    /// This thread lost its CPU while it spun: another thread wants it, so a yield is tried sooner.
    void preempted () noexcept
    {
        trialNears (preemptionWeight);
    }

    bool yieldsPay () const noexcept
    {
        return _yieldScore.get () != 0;
    }

    /// Whether to yield the CPU before sleeping: as long as yields pay, and otherwise seldom, as a trial.
    bool shouldYield () const noexcept
    {
        return yieldsPay () || _untilTrial.get () == 0;
    }

    /// Counts a yield, and decides whether to measure if another
    /// thread takes the CPU in it: in each trial, and in every 16th.
    bool chooseProof () noexcept
    {
        const uint32_t yields = _yields.get ();
        _yields.set (yields + 1);
        return !yieldsPay () || yields % proveEvery == 0;
    }

    /// Records a yield in which no other thread took the CPU. If elements moved all the same, the other side has a CPU
    /// of its own, and spinning notices them sooner.
    void yieldKept (uint64_t moved) noexcept
    {
        if (moved != 0)
        {
            setYieldsPay (false);
        }
        else
        {
            _untilTrial.set (_untilTrial.get () + firstTrial);
        }
    }

    /// Records a yield of `took` nanoseconds in which `moved` elements were pushed,
    /// or popped. It pays when elements moved, and it was short or cost less for each
    /// than a sleep and a wake-up. A short one in which nothing moved proves nothing.
    /// @return false: it proved nothing
    bool yielded (int64_t took, uint64_t moved) noexcept
    {
        const int64_t each = moved == 0 ? INT64_MAX : took / static_cast<int64_t> (moved);
        const bool pays = each <= costOfSleep || (moved != 0 && took <= quickYield);
        if (!pays && took <= quickYield)
        {
            _untilTrial.set (_untilTrial.get () + firstTrial);
            return false;
        }
        setYieldsPay (pays);
        return true;
    }

    /// Records that several yields of one wait gained nothing.
    void yieldedInVain () noexcept
    {
        _yieldScore.set (0);
        _untilTrial.set (firstTrial);
    }

    /// Whether the last sleep was so short that the other side is busy with the queue.
    bool sleepsShort () const noexcept
    {
        return _slept.get () < shortSleep;
    }

    /// Whether the last sleep was longer than a sleep without a barrier may be.
    bool sleepsLong () const noexcept
    {
        return _slept.get () >= unsureSleep;
    }

    /// Records the nanoseconds that a wait has slept.
    void slept (int64_t took) noexcept
    {
        _slept.set (took);
        if (took < shortSleep)
        {
            trialNears (1);
        }
    }

    /// Counts a sleep, and decides whether to execute a membarrier(2) before it: where the last one was cheap, and
    /// before every 32nd sleep, as a trial.
    bool chooseBarrier () noexcept
    {
        const uint32_t probe = _barrierProbe.get ();
        _barrierProbe.set (probe + 1);
        return _barrierCost.get () <= cheapBarrier || probe % probeEvery == 0;
    }

    void barrierTook (int64_t took) noexcept
    {
        _barrierCost.set (took);
    }

    static constexpr int32_t maxSpin = 32 * 1000;      // nanoseconds: about what a wake-up takes in a virtual machine
    static constexpr int64_t preemption = 100 * 1000;  // nanoseconds between two reads of the clock, otherwise 1 us
    static constexpr int64_t unsureSleep = 40 * 1000 * 1000;  // nanoseconds: a sleep without a barrier, at most

private:
    // After many yields that paid, one that does not is forgiven.
    void setYieldsPay (bool pays) noexcept
    {
        const uint32_t score = _yieldScore.get ();
        if (pays)
        {
            _yieldScore.set (score < maxScore ? score + 1 : score);
            _trialGap.set (firstTrial);
            return;
        }
        const uint32_t gap = _trialGap.get ();
        _yieldScore.set (score > maxScore / 2 ? score - maxScore / 2 : 0);
        if (_yieldScore.get () == 0)
        {
            _trialGap.set (gap < maxTrialGap ? gap * 8 : gap);
            _untilTrial.set (_trialGap.get ());
        }
    }

    void trialNears (uint32_t by) noexcept
    {
        const uint32_t left = _untilTrial.get ();
        _untilTrial.set (left < by ? 0 : left - by);
    }

    static constexpr int32_t usualSpin = 4000;  // nanoseconds
    static constexpr int32_t minSpin = 250;     // a few checks: a shorter spin is left out
    static constexpr int32_t shortSpin = 1000;
    static constexpr uint32_t probeEvery = 32;        // waits, after which a longer spin is tried again
    static constexpr int64_t costOfSleep = 1000;      // nanoseconds: of a sleep and a wake-up on one CPU
    static constexpr int64_t quickYield = 10 * 1000;  // nanoseconds
    static constexpr int64_t shortSleep = 100 * 1000;
    static constexpr int64_t cheapBarrier = 4000;  // nanoseconds
    static constexpr uint32_t maxScore = 8;
    static constexpr uint32_t proveEvery = 16;  // yields
    static constexpr uint32_t preemptionWeight = 64;
    static constexpr uint32_t firstTrial = 16;  // short sleeps
    static constexpr uint32_t maxTrialGap = firstTrial << 12;

    Hint<int32_t> _spin {usualSpin};
    Hint<uint32_t> _probe {1};
    Hint<uint32_t> _yieldScore {0};  // 0: yields do not pay
    Hint<uint32_t> _untilTrial {firstTrial};
    Hint<uint32_t> _trialGap {firstTrial};
    Hint<uint32_t> _yields {0};
    Hint<int64_t> _slept {shortSleep};
    Hint<uint32_t> _barrierProbe {1};
    Hint<int64_t> _barrierCost {0};
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
