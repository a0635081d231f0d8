// SPDX-License-Identifier: MIT
// One wait of a set: checks the queues, and reports the ready ones in turn.
#include "wait/state.hpp"

#include "base/failure.hpp"
#include "os/barrier.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
constexpr std::size_t looksAtLeast = groupSize;   // words that a wait checks beside the candidates
constexpr std::size_t manyWords = 8 * groupSize;  // too many to check all of them before each ETIMEDOUT
constexpr int quickRounds = 2;                    // of a wait that does not sleep, before it lets others have the mutex
}  // namespace

bool WaitSetState::hasHelpers () const noexcept
{
    return !_groups.empty ();
}

// Whether a wait that returns ETIMEDOUT has armed all words: their wake-ups make the descriptor readable.
bool WaitSetState::returnsArmed () const noexcept
{
    return _hasEvent.load () || hasHelpers ();
}

int WaitSetState::wake () noexcept
{
    if (isForked ())
    {
        return setError (EBADF, "the wait set is the parent's: a forked child makes one of its own");
    }
    const KeptErrno kept;
    _woken.store (true);
    bell ();
    return 0;
}

void WaitSetState::interrupt () noexcept
{
    _interrupted.store (true);
    bell ();
}

int WaitSetState::fd () noexcept
{
    const KeptErrno kept;
    if (isForked ())
    {
        return setError (EBADF, "the wait set is the parent's: a forked child makes one of its own");
    }
    std::lock_guard<std::mutex> watchers (watchersMutex ());  // for fork(2), which finds whole lists
    const Lock lock (_mutex);
    if (_hasEvent.load ())
    {
        return _event.readable;
    }
    if (const int error = os::openEvent (&_event))
    {
        return fail (error, "a descriptor for the wait set cannot be opened (eventfd)");
    }
    if (const int error = cover (true))
    {
        os::closeEvent (&_event);
        return fail (error, "the helper thread of the wait set's descriptor cannot be started");
    }
    _hasEvent.store (true);
    bell ();  // the set has not checked its queues yet
    return _event.readable;
}

int64_t WaitSetState::wait (WaitEvent* events, uint64_t n, detail::Deadline deadline) noexcept
{
    const KeptErrno kept;
    if (isForked ())
    {
        return setError (EBADF, "the wait set is the parent's: a forked child makes one of its own");
    }
    if (events == nullptr || n == 0)
    {
        return setError (EINVAL, "the events' address is null, or their number 0: give an address, and 1 or more");
    }
    uint32_t idle = 0;
    if (!_waiting.compare_exchange_strong (idle, 1))
    {
        return setError (EBUSY, "another thread waits for the wait set: make a set for each thread");
    }
    int64_t result;
    {
        Lock lock (_mutex);
        reap (lock);
        result = waitHere (lock, events, n, deadline);
    }
    if (_waiting.exchange (0) == 2)
    {
        os::wake (_waiting, UINT32_MAX, false);  // uses the address alone: the set may be gone
    }
    return result;
}

int64_t WaitSetState::waitHere (Lock& lock, WaitEvent* events, uint64_t n, detail::Deadline deadline) noexcept
{
    bool slept = false;
    bool last = false;
    for (int rounds = 0;; ++rounds)
    {
        if (rounds > quickRounds)
        {
            lock.unlock ();
            os::yieldCpu ();
            lock.lock ();
        }
        if (const int error = tendRing ())
        {
            return fail (error, "helper threads of the wait set, in place of a ring (io_uring), cannot be started");
        }
        const uint32_t rings = _bell.load ();
        const int64_t now = os::monotonicNow ();
        if (_interrupted.load ())
        {
            return setError (ECANCELED, "the wait set is being destroyed");
        }
        if (_woken.load () && _woken.exchange (false))
        {
            return 0;
        }
        awake (now);
        if (const uint64_t found = report (events, n, now, slept))
        {
            makeReadable ();
            return static_cast<int64_t> (found);
        }
        const Next next = endOrArm (now, deadline.at, rings, &last);
        if (next == Next::End)
        {
            return setError (ETIMEDOUT, "no queue of the wait set became ready: the time is up");
        }
        if (next == Next::Check)
        {
            continue;
        }
        const int error = sleep (lock, rings, deadline.at);
        if (error == EINTR && _interruptible)
        {
            return setError (EINTR, "a signal handler interrupted the wait, and the set's option interruptible ends "
                                    "waits then: call again to go on waiting");
        }
        slept = true;
        rounds = error == EAGAIN ? rounds : -1;  // only a round that does not sleep counts
        reap (lock);
    }
}

// What a wait does that has found nothing ready. When its time is up it checks once more, and then ends.
// @param last whether that check has been made
WaitSetState::Next WaitSetState::endOrArm (int64_t now, int64_t until, uint32_t rings, bool* last) noexcept
{
    const bool ends = now >= until;
    if (*last || (ends && !returnsArmed () && !takeChanges ()))
    {
        renewReadable ();
        return Next::End;
    }
    *last = ends;
    if ((ends && !returnsArmed ()) || arm (now) || (ends && takeChanges ()))
    {
        return Next::Check;
    }
    if (!ends)
    {
        return Next::Sleep;
    }
    rest (rings);
    return Next::End;
}

// Reports ready queues: the candidates and those that a quick look finds; where there are none, all that are ready.
// @param slept the set has slept since the last look, which made the queue that woke it a candidate
uint64_t WaitSetState::report (WaitEvent* events, uint64_t n, int64_t now, bool slept) noexcept
{
    if (!slept)
    {
        const bool all = now - _polledAt >= checkEvery;
        poll (all ? _loose.size () : looksAtLeast + _candidates.size ());
        _polledAt = all ? now : _polledAt;
    }
    const uint64_t found = collect (events, n);
    if (found != 0)
    {
        return found;
    }
    poll (_loose.size ());
    _polledAt = now;
    return collect (events, n);
}

void WaitSetState::awake (int64_t now) noexcept
{
    if (_armedAt != 0)
    {
        _history.slept (now - _armedAt);
        _armedAt = 0;
    }
    for (const std::unique_ptr<Group>& group : _groups)
    {
        if (group->takeRing () && group->asleep)
        {
            touchGroup (*group);
        }
    }
    checkNow (now);
}

void WaitSetState::poll (std::size_t most) noexcept
{
    for (std::size_t left = most < _loose.size () ? most : _loose.size (); left != 0; --left)
    {
        WatchedWord& word = _loose.popFront ();
        _loose.pushBack (word);
        pollWord (word);
    }
}

// Finds words that changed although their helper has not run yet, or their publisher has not woken the ring yet. So a
// wait without a timeout gets an event of each push that ended before it began.
bool WaitSetState::takeChanges () noexcept
{
    bool found = false;
    const bool asleep = hasHelpers () || _ring.isOpen ();
    for (std::size_t i = 0; i < _words.size () && _words.size () <= manyWords && asleep; ++i)
    {
        if (_words[i]->hasChanged ())
        {
            touch (*_words[i]);
            found = true;
        }
    }
    return found;
}

void WaitSetState::pollWord (WatchedWord& word) noexcept
{
    Entry& entry = word.entry ();
    if (!entry.isLinked && !entry.isOver () && !word.isArmed () && entry.look () != Ready::Nothing)
    {
        _candidates.pushBack (entry);
    }
}

uint64_t WaitSetState::collect (WaitEvent* events, uint64_t n) noexcept
{
    uint64_t found = 0;
    for (uint64_t left = _candidates.size (); left != 0 && found < n; --left)
    {
        Entry& entry = _candidates.popFront ();
        const Ready ready = entry.look ();
        if (ready != Ready::Nothing)
        {
            events[found++] = WaitEvent {entry.key, ready, 0};
            entry.report (ready);
            _candidates.pushBack (entry);
        }
    }
    return found;
}

}  // namespace JOIN_ABI
}  // namespace join
