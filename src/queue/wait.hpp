// SPDX-License-Identifier: MIT
// One wait of a push or a pop: it spins, yields its CPU and sleeps, each only as long
// as earlier waits have shown to help. The spin is competitive (Karlin, Li, Manasse
// and Owicki 1991), the sleep an eventcount's. docs/design/waiting.md.
#ifndef JOIN_SRC_QUEUE_WAIT_HPP
#define JOIN_SRC_QUEUE_WAIT_HPP

#include "queue/owned.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// How often the queue object had been cancelled or resumed when the call began. The call's first wait records `now`.
inline uint32_t cancelsBefore (detail::Attempts& attempts, uint32_t now) noexcept
{
    attempts.cancels = attempts.begun ? attempts.cancels : now;
    attempts.begun = true;
    return attempts.cancels;
}

class Wait
{
public:
    /// Nanoseconds between checks. Only these checks end the sleep where a publisher dies before it wakes the sleepers.
    static constexpr int64_t checkEvery = 50 * 1000 * 1000;

    /// @param attempts shared by all waits of the call
    /// @param observed the number of elements, or free cells, that an observer waits for; 0: a taker
    Wait (OwnedRing& ring, Side side, Role role, detail::Deadline deadline, detail::Attempts& attempts,
          uint64_t observed = 0) noexcept;
    Wait (const Wait&) = delete;
    Wait& operator= (const Wait&) = delete;
    ~Wait ();

    /// 0: try again; -1: ETIMEDOUT, ECANCELED, EINTR, EOWNERDEAD.
    int run () noexcept;

private:
    /// The state of the oldest element, as far as deaths of producers concern the wait.
    enum class Front
    {
        Fine,
        Late,       // claimed and not published: its producer is in a push, or dead
        Abandoned,  // no live producer is left
    };

    bool ready () const noexcept;
    bool isCancelled () const noexcept;
    bool isOver (int64_t now) const noexcept;
    uint64_t amount () const noexcept;
    uint64_t moved () const noexcept;
    bool spinOrYield () noexcept;
    bool spin (int64_t longest) noexcept;
    void gather () const noexcept;
    bool yield () noexcept;

    int sleep () noexcept;
    bool mayFollow () const noexcept;
    int result (bool* over) noexcept;
    bool prepare (uint32_t before, bool again, Front* front) noexcept;
    void wakeOtherSide () noexcept;
    bool settle (bool unchanged) noexcept;
    Front checkFront (bool again) noexcept;
    void commit (uint32_t before, Front front) noexcept;
    int64_t sleepEnd (int64_t now, Front front) noexcept;
    void probeFollowing (uint32_t calls) noexcept;
    int sleepAsFollower (uint32_t before, int64_t until) noexcept;
    int leave (int error, const char* sentence) noexcept;

    OwnedRing& _ring;
    const Side _side;
    const Role _role;
    const detail::Deadline _deadline;
    const uint64_t _observed;
    detail::Attempts& _attempts;
    WaitHistory& _history;
    Watch& _watch;
    EventCount _event;
    const uint32_t _cancels;   // how often the queue object had been cancelled or resumed when the call began
    int64_t _lateSleep;        // nanoseconds: the next sleep while the front is late
    int64_t _asleepSince = 0;  // the time of the first sleep; 0: none yet
    bool _late = false;        // this producer may be woken late
    bool _sure = false;        // every publication from now on finds the flag,
    uint32_t _sureAt = 0;      // as long as this is the epoch
    bool _timedOut = false;    // the last sleep lasted until its timeout
    bool _mustBeSure = false;  // a sleep of this wait lasted until its timeout
    bool _watches = false;     // this thread is the watcher of its process
    bool _followed = false;    // this thread has slept as a follower
    bool _interrupted = false;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
