// SPDX-License-Identifier: MIT
// The sleep, with asymmetric fences (Dice, Huang and Yang 2001). A sleeper sets its flag, executes a membarrier(2) and
// checks again. A publisher publishes, and then loads the flags. Either the barrier comes before that load, which then
// finds the flag; or it comes after the load, and the sleeper's check finds the publication. So publishers pay for a
// load and no fence.
//
// A barrier interrupts the CPUs of all other users. Where that is expensive, as in a virtual machine, a sleep that is
// expected to be short does without: it has a timeout, and after that comes a sleep with a barrier.
#include "queue/wait.hpp"

#include "os/barrier.hpp"
#include "queue/producers.hpp"
#include "queue/readiness.hpp"
#include "queue/recover.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Attempts;
using detail::Deadline;

namespace
{
constexpr int64_t millisecond = 1000 * 1000;
constexpr int64_t lateWake = millisecond;  // the timeout of a producer that may be woken late: it then checks for room
constexpr int64_t napTime = millisecond;   // the sleep between checks where a filter refuses futex(2)
}  // namespace

Wait::Wait (OwnedRing& ring, Side side, Role role, Deadline deadline, Attempts& attempts, uint64_t observed) noexcept
: _ring (ring)
, _side (side)
, _role (role)
, _deadline (deadline)
, _observed (observed)
, _attempts (attempts)
, _history (ring.history (side))
, _watch (ring.watchOf (side))
, _event (ring.gate (), side, ring.shared)
, _cancels (cancelsBefore (attempts, ring.cancels.load ()))
, _lateSleep (frontPatience)
{
}

Wait::~Wait ()
{
    if (_watches)
    {
        _watch.give ();
    }
    else if (_followed)
    {
        _watch.callFollower ();  // this thread may be the follower that was called
    }
}

int Wait::run () noexcept
{
    const int done = _deadline.at != 0 && spinOrYield () ? 0 : sleep ();
    _ring.completeShutdown ();  // so that the attempt that follows finds the end
    return done;
}

bool Wait::ready () const noexcept
{
    if (_observed != 0)
    {
        return readiness (_ring, _side, _observed) != Readiness::Wait;
    }
    return _side == Side::Element ? _ring.hasElement () : _ring.hasRoom ();
}

bool Wait::isCancelled () const noexcept
{
    const uint32_t cancels = _ring.cancels.load ();
    return cancels != _cancels || WaitState::isCancelled (cancels);
}

/// Whether the wait ends whatever the queue holds. A hostile peer can make the queue look ready for ever, and every
/// attempt fail: so this is checked in each round of a call, before ready ().
bool Wait::isOver (int64_t now) const noexcept
{
    return now >= _deadline.at || isCancelled ();
}

/// Elements, or free cells.
uint64_t Wait::amount () const noexcept
{
    const uint64_t pending = _ring.pending ();
    return _side == Side::Element ? pending : _ring.capacity - pending;
}

int Wait::sleep () noexcept
{
    _late = _side == Side::Room && _role == Role::Taker && _history.sleepsShort ();
    for (bool again = false;; again = true)
    {
        const uint32_t before = _event.epoch (_role).load ();
        bool over = false;
        const int done = result (&over);
        if (over)
        {
            return done;
        }
        Front front = Front::Fine;
        if (prepare (before, again, &front))
        {
            return 0;
        }
        if (front == Front::Abandoned)
        {
            return leave (EOWNERDEAD,
                          "no live producer is left, and at least one was killed: start a producer, or stop popping");
        }
        commit (before, front);
        if (ready ())
        {
            return 0;
        }
    }
}

/// Whether the wait is over, and what it returns then.
int Wait::result (bool* over) noexcept
{
    *over = true;
    if (isCancelled ())
    {
        return leave (ECANCELED, "the wait was cancelled: another thread called cancel (), or closed the queue");
    }
    if (_interrupted)
    {
        return leave (EINTR,
                      "a signal handler interrupted the wait, and the queue's option interruptible ends waits then: "
                      "call again to go on waiting");
    }
    if (os::monotonicNow () >= _deadline.at)
    {
        if (_attempts.last || !ready ())
        {
            return leave (ETIMEDOUT, nullptr);
        }
        _attempts.last = true;
        return 0;
    }
    *over = false;
    return 0;
}

/// Sets the flag and checks once more. @return true: an element, or
/// room; the flag stays set and costs one futile wake-up
bool Wait::prepare (uint32_t before, bool again, Front* front) noexcept
{
    if (_ring.shared && !_watches && _role == Role::Taker)
    {
        _watches = _watch.take ();
    }
    wakeOtherSide ();
    const uint32_t flags = _event.flag (_role) | (_side == Side::Room && !_late ? detail::roomUrgent : 0);
    const uint32_t state = _ring.gate ().state.fetch_or (flags);
    if (settle ((state & flags) == flags && before == _sureAt))
    {
        return true;
    }
    _sureAt = before;
    *front = checkFront (again);
    return (again || *front == Front::Abandoned) && ready ();  // elements of killed producers are popped first
}

// A consumer that is about to sleep wakes the producers whose wake-up it has delayed.
void Wait::wakeOtherSide () noexcept
{
    const uint32_t state = _ring.gate ().state.load ();
    if (_side == Side::Element && _role == Role::Taker && (state & detail::roomMask) != 0)
    {
        EventCount (_ring.gate (), Side::Room, _ring.shared).wake (state, _ring.capacity - _ring.pending ());
    }
}

bool Wait::settle (bool unchanged) noexcept
{
    if (_sure && _timedOut && unchanged)
    {
        // The flag has stayed set since this thread's barrier, or another sleeper set it, with a barrier of its own.
        return ready ();
    }
    if (!_ring.fences && (_mustBeSure || _history.sleepsLong () || _history.chooseBarrier ()))
    {
        const int64_t start = os::monotonicNow ();
        _sure = _ring.barrier ();
        _history.barrierTook (os::monotonicNow () - start);
        return ready ();
    }
    // Where all publishers execute a fence, the flag is enough. Otherwise the checks go on for longer than a store
    // takes to leave a store buffer, and so find a publication that was in one when the flag was set.
    _sure = _ring.fences && (!_ring.shared || _mustBeSure);
    for (int i = 0; i < _ring.settleLooks && (_ring.shared || !_ring.fences); ++i)
    {
        if (ready ())
        {
            return true;
        }
        detail::cpuPause ();
    }
    return ready ();
}

// A wait for room has nothing to recover: a consumer makes room. A follower makes the first check only; the watcher
// makes the later ones.
Wait::Front Wait::checkFront (bool again) noexcept
{
    if (_side == Side::Room || (again && mayFollow ()))
    {
        return Front::Fine;
    }
    if (isStuck (_ring) && (!again || recover (_ring) == 0))
    {
        return Front::Late;
    }
    if (!_ring.ownerDead || !isAbandoned (_ring))
    {
        return Front::Fine;
    }
    return isStuck (_ring) ? Front::Late : Front::Abandoned;  // meanwhile a producer may have come, claimed and died
}

/// Whether this thread may be a follower: the watcher of its process checks for what deaths leave undone.
bool Wait::mayFollow () const noexcept
{
    return _ring.shared && _sure && !_watches && !_late && _role == Role::Taker;
}

/// When the sleep ends at the latest. A thread that is sure to be
/// woken has no timeout: a follower, or on a private queue.
int64_t Wait::sleepEnd (int64_t now, Front front) noexcept
{
    int64_t longest = mayFollow () || (_sure && !_ring.shared) ? Deadline::never
                      : _sure                                  ? checkEvery
                                                               : WaitHistory::unsureSleep;
    // After a shutdown the last elements come at once, and the
    // consumer that pops the last one wakes no other consumers.
    if (front == Front::Late || _ring.isShut ())
    {
        longest = _lateSleep;
        _lateSleep = 2 * _lateSleep < checkEvery ? 2 * _lateSleep : checkEvery;
    }
    else if (_late)
    {
        longest = lateWake;
    }
    return longest < _deadline.at - now ? now + longest : _deadline.at;
}

void Wait::commit (uint32_t before, Front front) noexcept
{
    const int64_t now = os::monotonicNow ();
    const int64_t until = sleepEnd (now, front);
    int error = mayFollow () ? sleepAsFollower (before, until) : _event.sleep (_role, before, until, nullptr, 0);
    if (error != 0 && error != EAGAIN && error != EINTR && error != ETIMEDOUT)
    {
        const int64_t soon = os::monotonicNow () + napTime;
        error = os::sleepUntil (soon < until ? soon : until);  // 0, or EINTR
    }
    _asleepSince = _asleepSince == 0 ? now : _asleepSince;
    _history.slept (os::monotonicNow () - _asleepSince);
    _interrupted = error == EINTR && _ring.interruptible;
    _timedOut = error == ETIMEDOUT;
    _sure = _sure && !(_late && _timedOut);  // the next round sets roomUrgent, too
    _late = _late && !_timedOut;
    _mustBeSure = _mustBeSure || _timedOut;
    if (_timedOut && ready ())
    {
        _event.wake (_ring.gate ().state.load (), amount ());  // in the place of a waker that died
    }
}

// A follower sleeps by futex_waitv(2), and is called by futex(2): a filter may refuse either.
void Wait::probeFollowing (uint32_t calls) noexcept
{
    if (_ring.following.load () == Following::Unknown)
    {
        const int error = os::sleepOn (_watch.calls (), calls + 1, false, 0);  // returns at once
        _ring.following.store (os::isRefused (error) ? Following::Checks : Following::Sleeps);
    }
}

/// Sleeps until `until`; for 50 ms where futex_waitv(2) is not available, or signal handlers end waits.
int Wait::sleepAsFollower (uint32_t before, int64_t until) noexcept
{
    const uint32_t calls = _watch.calls ().load ();
    _followed = true;
    _watch.follow ();
    _watches = _watch.take ();  // the watcher may have left before it saw this follower
    const int64_t check = os::monotonicNow () + checkEvery;
    const int64_t soon = check < until ? check : until;
    bool follows = false;
    if (!_watches && !_ring.interruptible)
    {
        probeFollowing (calls);
        follows = _ring.following.load () == Following::Sleeps;
    }
    int error = follows ? _event.sleep (_role, before, until, &_watch.calls (), calls) : ENOSYS;
    if (os::isRefused (error))
    {
        if (follows)
        {
            _ring.following.store (Following::Checks);
        }
        error = _event.sleep (_role, before, soon, nullptr, 0);
    }
    _watch.unfollow ();
    return error;
}

// Fails the wait. A wake-up that this thread does not use is passed
// on to another, and its request for a late wake-up ends.
int Wait::leave (int error, const char* sentence) noexcept
{
    if (_late)
    {
        _ring.gate ().state.fetch_or (detail::roomUrgent);
    }
    if (_role == Role::Taker && ready ())
    {
        _event.wake (_ring.gate ().state.load (), 1);
    }
    const int64_t slept = _asleepSince != 0 ? os::monotonicNow () - _asleepSince : 0;
    return error == ETIMEDOUT ? _ring.timedOut (_side == Side::Room, slept) : setError (error, sentence);
}

bool OwnedRing::barrier () const noexcept
{
    return !fences && (shared ? os::globalBarrier () : os::barrierEverywhere ()) == 0;
}

}  // namespace JOIN_ABI
}  // namespace join
