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
    int rounds = 0;
    for (bool last = false;; ++rounds)
    {
        if (rounds > quickRounds)
        {
            lock.unlock ();
            os::yieldCpu ();
            lock.lock ();
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
        if (last || (now >= deadline.at && !hasHelpers ()))
        {
            renewReadable ();
            return timedOut ();
        }
        last = now >= deadline.at;
        if (arm (now) || (last && takeChanges ()))
        {
            continue;
        }
        if (last)
        {
            rest (rings);
            return timedOut ();
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

// Reports ready queues: the candidates and those that a quick look finds; where there are none, all that are ready.
// @param slept the set has slept since the last look, which made the queue that woke it a candidate
uint64_t WaitSetState::report (WaitEvent* events, uint64_t n, int64_t now, bool slept) noexcept
{
    if (!slept)
    {
        const bool all = now - _polledAt >= checkEvery;
        poll (all ? _words.size () : looksAtLeast + _candidates.size ());
        _polledAt = all ? now : _polledAt;
    }
    const uint64_t found = collect (events, n);
    if (found != 0)
    {
        return found;
    }
    poll (_words.size ());
    _polledAt = now;
    return collect (events, n);
}

int64_t WaitSetState::timedOut () noexcept
{
    return setError (ETIMEDOUT, "no queue of the wait set became ready: the time is up");
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
        if (group->takeRing ())
        {
            group->asleep = false;
        }
    }
    if (now >= _checkAt)
    {
        check (now);
    }
    if (now >= _napsEnd)
    {
        endNaps (now);
    }
}

void WaitSetState::poll (std::size_t most) noexcept
{
    const std::size_t size = _words.size ();
    std::size_t passed = 0;
    for (std::size_t looked = 0; looked < most && passed < size; ++passed)
    {
        _cursor = _cursor < size ? _cursor : 0;
        if (hasHelpers () && _groups[_cursor / groupSize]->asleep)
        {
            const std::size_t end = (_cursor / groupSize + 1) * groupSize;
            passed += (end < size ? end : size) - _cursor - 1;
            _cursor = end;
            continue;
        }
        pollWord (*_words[_cursor++]);
        ++looked;
    }
}

// Finds words that changed although their helper has not run yet: so a thread that has pushed itself, and then waits
// without a timeout, gets its event.
bool WaitSetState::takeChanges () noexcept
{
    bool found = false;
    for (std::size_t i = 0; i < _words.size () && _words.size () <= manyWords && hasHelpers (); ++i)
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
    if (!entry.queued && !entry.isOver () && !word.isArmed () && entry.look () != Ready::Nothing)
    {
        _candidates.push (entry);
    }
}

uint64_t WaitSetState::collect (WaitEvent* events, uint64_t n) noexcept
{
    uint64_t found = 0;
    for (uint64_t left = _candidates.size (); left != 0 && found < n; --left)
    {
        Entry& entry = _candidates.pop ();
        const Ready ready = entry.look ();
        if (ready != Ready::Nothing)
        {
            events[found++] = WaitEvent {entry.key, ready, 0};
            entry.report (ready);
            _candidates.push (entry);
        }
    }
    return found;
}

}  // namespace JOIN_ABI
}  // namespace join
