// SPDX-License-Identifier: MIT
// One wait of a set: it looks, arms the words, and sleeps.
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
constexpr int64_t fillTime = 1000 * 1000;  // nanoseconds until the next look at room that is being freed
constexpr std::size_t looksAtLeast = 16;   // words that a wait looks at beside the candidates
}  // namespace

bool WaitSetState::hasHelpers () const noexcept
{
    return !_groups.empty ();
}

// Signal-safe: atomics and two system calls.
void WaitSetState::bell () noexcept
{
    _bell.fetch_add (1);
    if (_sleeps.load ())
    {
        os::wake (_bell, 1, false);
    }
    if (_hasEvent.load () && !_signalled.exchange (true))
    {
        os::signalEvent (_event);
    }
}

int WaitSetState::wake () noexcept
{
    if (isForked ())
    {
        return setError (EBADF, "the wait set is the parent's: a forked child makes one of its own");
    }
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
    const Lock lock (_mutex);
    if (_hasEvent.load ())
    {
        return _event.readable;
    }
    if (const int error = os::openEvent (&_event))
    {
        return fail (error, "a descriptor for the wait set cannot be opened (eventfd)");
    }
    _hasEvent.store (true);
    if (const int error = cover ())
    {
        _hasEvent.store (false);
        os::closeEvent (&_event);
        return fail (error, "the helper thread of the wait set's descriptor cannot be started");
    }
    bell ();  // the set has not looked yet
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
    if (_waiting.exchange (1) != 0)
    {
        return setError (EBUSY, "another thread waits for the wait set: make a set for each thread");
    }
    int64_t result;
    {
        Lock lock (_mutex);
        reap (lock);
        result = waitHere (lock, events, n, deadline);
    }
    const bool ends = _interrupted.load ();
    _waiting.store (0);
    if (ends)
    {
        os::wake (_waiting, UINT32_MAX, false);  // the address alone: the set may be gone
    }
    return result;
}

// A hostile peer can make queues look ready again and again: each round reads the clock.
int64_t WaitSetState::waitHere (Lock& lock, WaitEvent* events, uint64_t n, detail::Deadline deadline) noexcept
{
    bool slept = false;
    for (bool last = false;;)
    {
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
        if (!slept)
        {
            poll (now - _polledAt < checkEvery ? looksAtLeast + _candidates.size () : _words.size ());
            _polledAt = now - _polledAt < checkEvery ? _polledAt : now;
        }
        uint64_t found = collect (events, n);
        if (found == 0)
        {
            poll (_words.size ());
            _polledAt = now;
            found = collect (events, n);
        }
        if (found != 0 || last || (now >= deadline.at && !hasHelpers ()))
        {
            makeReadable ();
            return found != 0 ? static_cast<int64_t> (found) : timedOut ();
        }
        last = now >= deadline.at;
        if (arm (now))
        {
            continue;
        }
        if (last)
        {
            rest (rings);
            return timedOut ();
        }
        if (sleep (lock, rings, deadline.at) == EINTR && _interruptible)
        {
            return setError (EINTR, "a signal handler interrupted the wait, and the set's option interruptible ends "
                                    "waits then: call again to go on waiting");
        }
        slept = true;
    }
}

int64_t WaitSetState::timedOut () noexcept
{
    return setError (ETIMEDOUT, "no queue of the wait set became ready: the time is up");
}

// What happened since the set last looked.
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

// Looks at up to `most` words of groups that are awake, beginning where the last call ended.
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

void WaitSetState::pollWord (WatchedWord& word) noexcept
{
    Entry& entry = word.entry ();
    if (!entry.queued && !entry.isOver () && !word.isArmed () && entry.look () != Ready::None)
    {
        _candidates.push (entry);
    }
}

// Reports the candidates that are still ready, the longest waiting one first. Each goes to the end of the list.
uint64_t WaitSetState::collect (WaitEvent* events, uint64_t n) noexcept
{
    uint64_t found = 0;
    for (uint64_t left = _candidates.size (); left != 0 && found < n; --left)
    {
        Entry& entry = _candidates.pop ();
        const Ready ready = entry.look ();
        if (ready != Ready::None)
        {
            events[found++] = WaitEvent {entry.key, ready, 0};
            entry.report (ready);
            _candidates.push (entry);
        }
    }
    return found;
}

// Arms the words that are not armed. @return whether a queue is ready
bool WaitSetState::arm (int64_t now) noexcept
{
    _armedNow.clear ();
    for (std::size_t i = 0; i < _words.size (); ++i)
    {
        if (hasHelpers () && _groups[i / groupSize]->asleep)
        {
            i = (i / groupSize + 1) * groupSize - 1;
            continue;
        }
        WatchedWord& word = *_words[i];
        if (word.entry ().isOver () || word.isArmed ())
        {
            continue;
        }
        if (word.naps || (word.side () == Side::Room && word.entry ().growsRoom ()))
        {
            word.naps = true;
            _napsEnd = _napsEnd < now + fillTime ? _napsEnd : now + fillTime;
            continue;
        }
        word.arm ();
        _armedNow.push_back (&word);
    }
    if (!_armedNow.empty () && settle (now))
    {
        return true;
    }
    _armedAt = now;
    callHelpers ();
    return false;
}

// Makes sure that no publication is missed that the words' flags came too late for. @return whether a queue is ready
bool WaitSetState::settle (int64_t now) noexcept
{
    constexpr std::size_t few = 8;
    bool shared = false;
    bool fences = true;
    int looks = 1;
    for (const WatchedWord* word : _armedNow)
    {
        shared = shared || word->entry ().ring.shared;
        fences = fences && word->entry ().ring.fences;
        looks = word->entry ().ring.settleLooks;
    }
    bool sure = fences && !shared;
    if (!fences && (_armedNow.size () > few || _history.sleepsLong () || _history.chooseBarrier ()))
    {
        sure = barrier (shared);
        looks = 1;
    }
    else if (sure)
    {
        looks = 1;
    }
    for (int i = 0; i < looks && _candidates.isEmpty (); ++i)
    {
        for (WatchedWord* word : _armedNow)
        {
            lookAgain (*word, sure);
        }
        detail::cpuPause ();
    }
    const int64_t soon = now + WaitHistory::unsureSleep;
    _checkAt = sure || _checkAt < soon ? _checkAt : soon;
    return !_candidates.isEmpty ();
}

void WaitSetState::lookAgain (WatchedWord& word, bool sure) noexcept
{
    if (sure)
    {
        word.makeSure ();
    }
    if (word.entry ().look () != Ready::None)
    {
        _candidates.push (word.entry ());
    }
}

bool WaitSetState::barrier (bool shared) noexcept
{
    const int64_t start = os::monotonicNow ();
    const bool done = (shared ? os::globalBarrier () : os::barrierEverywhere ()) == 0;
    _history.barrierTook (os::monotonicNow () - start);
    return done;
}

// Finds what publishers that died, or whose stores were late, have left: at most 20 times a second.
void WaitSetState::check (int64_t now) noexcept
{
    bool shared = false;
    bool unsure = false;
    for (const WatchedWord* word : _words)
    {
        shared = shared || word->isShared ();
        unsure = unsure || (word->wasArmed () && !word->isSure ());
    }
    const bool sure = unsure && barrier (shared);
    for (WatchedWord* word : _words)
    {
        Entry& entry = word->entry ();
        if (entry.isOver ())
        {
            continue;
        }
        if (word->side () == Side::Element)
        {
            entry.lookForDeaths ();
        }
        word->checkFlag ();
        if (!word->isArmed () && !word->naps)
        {
            touch (*word);
        }
        lookAgain (*word, sure);
    }
    _polledAt = now;
    _checkAt = shared || (unsure && !sure) ? now + checkEvery : detail::Deadline::never;
}

// Arms the words of room that has not grown for a millisecond.
void WaitSetState::endNaps (int64_t now) noexcept
{
    _napsEnd = detail::Deadline::never;
    _armedNow.clear ();
    for (WatchedWord* word : _words)
    {
        if (!word->naps)
        {
            continue;
        }
        if (word->entry ().look () != Ready::None)
        {
            word->naps = false;
            touch (*word);
            _candidates.push (word->entry ());
        }
        else if (word->entry ().growsRoom ())
        {
            _napsEnd = now + fillTime;
        }
        else
        {
            word->arm ();
            touch (*word);  // its helper does not sleep on it yet
            _armedNow.push_back (word);
        }
    }
    if (!_armedNow.empty ())
    {
        settle (now);
    }
}

int64_t WaitSetState::nextCheck () const noexcept
{
    return _checkAt < _napsEnd ? _checkAt : _napsEnd;
}

void WaitSetState::callHelpers () noexcept
{
    for (const std::unique_ptr<Group>& group : _groups)
    {
        if (!group->asleep)
        {
            group->asleep = true;
            group->call ();
        }
    }
}

// The set returns to the program without having armed all words.
void WaitSetState::makeReadable () noexcept
{
    if (_hasEvent.load () && !_signalled.exchange (true))
    {
        os::signalEvent (_event);
    }
}

// The set has found nothing, and returns to the program's event loop.
void WaitSetState::rest (uint32_t rings) noexcept
{
    if (!_hasEvent.load () || !_signalled.load ())
    {
        return;
    }
    if (os::drainEvent (_event))
    {
        _signalled.store (false);
    }
    if (_bell.load () != rings)
    {
        makeReadable ();
    }
}

// @return 0, or an errno: ETIMEDOUT, EINTR, ...
int WaitSetState::sleep (Lock& lock, uint32_t rings, int64_t until) noexcept
{
    if (!hasHelpers ())
    {
        return sleepOnWords (lock, rings, until < nextCheck () ? until : nextCheck ());
    }
    lock.unlock ();
    _sleeps.store (true);
    const int error = os::sleepOn (_bell, rings, false, until);
    _sleeps.store (false);
    lock.lock ();
    return error;
}

int WaitSetState::sleepOnWords (Lock& lock, uint32_t rings, int64_t until) noexcept
{
    os::FutexWait waits[os::maxFutexWaits];
    WatchedWord* words[os::maxFutexWaits];
    unsigned n = 1;
    for (WatchedWord* word : _words)
    {
        if (word->isArmed ())
        {
            words[n] = word;
            waits[n++] = os::FutexWait (word->word (), word->epoch (), word->isShared ());
        }
        else if (!word->entry ().isOver () && !word->naps)
        {
            return EAGAIN;
        }
    }
    waits[0] = os::FutexWait (_bell, rings, false);
    const uint64_t changes = _changes;
    lock.unlock ();
    _sleeps.store (true);
    unsigned woken = 0;
    int error = os::sleepOnAny (waits, n, until, &woken);
    if (os::isRefused (error))
    {
        const int64_t soon = os::monotonicNow () + napTime;
        error = os::sleepOn (_bell, rings, false, soon < until ? soon : until);
    }
    _sleeps.store (false);
    lock.lock ();
    if (error == 0 && woken != 0 && woken < n && _changes == changes)
    {
        pollWord (*words[woken]);
    }
    return error;
}

unsigned WaitSetState::list (const Group& group, os::FutexWait* waits, int64_t* until) noexcept
{
    const Lock lock (_mutex);
    *until = group.number == 0 && group.asleep ? nextCheck () : detail::Deadline::never;
    if (!group.asleep)
    {
        return 0;
    }
    const std::size_t begin = group.number * groupSize;
    const std::size_t end = begin + groupSize < _words.size () ? begin + groupSize : _words.size ();
    unsigned n = 0;
    for (std::size_t i = begin; i < end; ++i)
    {
        WatchedWord& word = *_words[i];
        const bool wasArmed = word.wasArmed ();
        if (word.isArmed ())
        {
            waits[n++] = os::FutexWait (word.word (), word.epoch (), word.isShared ());
        }
        else if (wasArmed)
        {
            return changedWord;
        }
    }
    return n;
}

void WaitSetState::checkForOwner () noexcept
{
    const Lock lock (_mutex);
    const int64_t now = os::monotonicNow ();
    if (now >= _checkAt)
    {
        check (now);
    }
    if (now >= _napsEnd)
    {
        endNaps (now);
    }
    bool found = !_candidates.isEmpty ();
    for (const std::unique_ptr<Group>& group : _groups)
    {
        found = found || !group->asleep;
    }
    if (found)
    {
        bell ();
    }
}

}  // namespace JOIN_ABI
}  // namespace join
