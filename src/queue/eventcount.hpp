// SPDX-License-Identifier: MIT
// An eventcount (Vyukov; Folly's EventCount) for one side of a queue, with asymmetric fences
// (membarrier(2)). A sleeper reads the epoch, sets its flag, executes a barrier, checks the
// queue once more, and sleeps while the epoch is the one that it read. A waker changes the
// queue and loads the flags; where one is set it increments the epoch and wakes sleepers.
// 1. No wake-up is lost: the waker finds the flag, or the sleeper's check finds the change.
// 2. A flag is cleared only when all its sleepers are woken. A
//    partial wake-up leaves it set, and increments the epoch too.
// 3. As many takers are woken as can proceed.
// 4. The number of sleeping takers is a hint: where it proves too high, all are woken.
// docs/design/eventcount.md.
#ifndef JOIN_SRC_QUEUE_EVENTCOUNT_HPP
#define JOIN_SRC_QUEUE_EVENTCOUNT_HPP

#include <join/detail/segment.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// What a thread waits for.
enum class Side : uint32_t
{
    Element = 0,
    Room = 1,
};

/// Takers are threads in push or pop: a wake-up goes to as many of them as can
/// proceed. Observers take nothing: a wake-up goes to all of them. Observers have
/// their own flags and words, so that no observer uses up the wake-up of a taker.
enum class Role : uint32_t
{
    Taker = 0,
    Observer = 1,
};

/// A view of the eventcount's words, which lie in the segment. Thread safety: any thread of any process.
class EventCount
{
public:
    EventCount (detail::Gate& gate, Side side, bool shared) noexcept
    : _gate (gate)
    , _side (side)
    , _shared (shared)
    {
    }

    uint32_t flag (Role role) const noexcept
    {
        return role == Role::Observer   ? _side == Side::Element ? detail::elementWatched : detail::roomWatched
               : _side == Side::Element ? detail::consumersWait
                                        : detail::producersWait;
    }

    std::atomic<uint32_t>& epoch (Role role) const noexcept
    {
        return role == Role::Observer   ? _side == Side::Element ? _gate.elementSeen : _gate.roomSeen
               : _side == Side::Element ? _gate.pushed
                                        : _gate.popped;
    }

    /// Sleeps while the epoch is `before`, until the time `until` (nanoseconds of CLOCK_MONOTONIC).
    /// @param call null, or a private word: the sleep also ends once this word is no longer `callBefore`
    /// @return 0: woken by wake (); else an errno: ETIMEDOUT, EAGAIN, EINTR, or that of a refused system call
    int sleep (Role role, uint32_t before, int64_t until, const std::atomic<uint32_t>* call,
               uint32_t callBefore) noexcept;

    /// The number of sleeping takers. A hint: too high after the death of one, and at times too low for a moment.
    uint32_t takersAsleep () const noexcept
    {
        return asleep ().load ();
    }

    /// Wakes takers for n new elements or free cells, and all observers; either only where `state` has their flag.
    /// @param takers takersAsleep (), read before n was counted up to it: where n is not less, all takers are woken
    void wake (uint32_t state, uint64_t n, uint32_t takers) noexcept;

    void wake (uint32_t state, uint64_t n) noexcept
    {
        wake (state, n, takersAsleep ());
    }

    /// Wakes all takers and observers, whatever the flags.
    void wakeAll () noexcept;

private:
    std::atomic<uint32_t>& asleep () const noexcept
    {
        return _side == Side::Element ? _gate.consumersAsleep : _gate.producersAsleep;
    }

    int sleepOnWords (Role role, uint32_t before, int64_t until, const std::atomic<uint32_t>* call,
                      uint32_t callBefore) noexcept;
    uint32_t flags (Role role) const noexcept;
    void wakeAll (Role role) noexcept;
    void wakeTakers (uint64_t n, uint32_t takers) noexcept;
    void fewerAsleep (uint32_t n) noexcept;

    detail::Gate& _gate;
    Side _side;
    bool _shared;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
