// SPDX-License-Identifier: MIT
// The sleep of a set: of the thread that waits, and of the helpers; the bell that ends it; and the descriptor. The sleep
// on a ring is in ringing.cpp.
#include "wait/state.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
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

void WaitSetState::makeReadable () noexcept
{
    if (_hasEvent.load () && !_signalled.exchange (true))
    {
        os::signalEvent (_event);
    }
}

// The set returns ETIMEDOUT without having armed all words. An edge-triggered loop needs a new edge for that.
void WaitSetState::renewReadable () noexcept
{
    if (_hasEvent.load ())
    {
        _signalled.store (true);
        os::signalEvent (_event);
    }
}

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

void WaitSetState::callHelpers () noexcept
{
    bool calls = hasHelpers () && nextCheck () < _checkTold;  // the first one sleeps until a later time
    for (const WatchedWord* word = _loose.first (); word != nullptr && _ringIsHelpers && !calls; word = word->next)
    {
        calls = word->wasArmed ();
    }
    for (std::size_t i = 0; i < _groups.size () && _ringRefused; ++i)
    {
        if (!_groups[i]->asleep)
        {
            callHelper (*_groups[i]);
        }
    }
    if (calls)
    {
        _checkTold = nextCheck ();
        _groups[0]->call ();
    }
}

// The words that are armed are the helper's from now on.
void WaitSetState::callHelper (Group& group) noexcept
{
    const std::size_t begin = group.number * groupSize;
    for (std::size_t i = begin; i < begin + groupSize && i < _words.size (); ++i)
    {
        if (_words[i]->wasArmed ())
        {
            _loose.remove (*_words[i]);
        }
    }
    group.asleep = true;
    group.call ();
}

int WaitSetState::sleep (Lock& lock, uint32_t rings, int64_t until) noexcept
{
    const int64_t untilCheck = until < nextCheck () ? until : nextCheck ();
    if (_ring.isOpen () && !_ringIsHelpers)
    {
        return sleepOnRing (lock, rings, untilCheck);
    }
    if (!hasHelpers ())
    {
        return sleepOnWords (lock, rings, untilCheck);
    }
    return sleepOnBell (lock, rings, until);
}

int WaitSetState::sleepOnBell (Lock& lock, uint32_t rings, int64_t until) noexcept
{
    _sleeps.store (true);
    lock.unlock ();
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
    _sleeps.store (true);
    lock.unlock ();
    unsigned woken = 0;
    int error = os::sleepOnAny (waits, n, until, &woken);
    if (os::isRefused (error) || error == ENOMEM)
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

unsigned WaitSetState::list (Group& group, os::FutexWait* waits, int64_t* until) noexcept
{
    const Lock lock (_mutex);
    *until = group.number == 0 && group.asleep ? nextCheck () : detail::Deadline::never;
    _checkTold = group.number == 0 ? *until : _checkTold;
    group.listed = group.asleep;
    if (!group.asleep)
    {
        return 0;
    }
    const std::size_t begin = group.number * groupSize;
    const std::size_t end = begin + groupSize < _words.size () ? begin + groupSize : _words.size ();
    unsigned n = 0;
    for (std::size_t i = begin; i < end; ++i)
    {
        const WatchedWord& word = *_words[i];
        if (word.hasChanged ())
        {
            return changedWord;  // once the helper has rung, the set finds the change itself
        }
        if (word.wasArmed ())
        {
            waits[n++] = os::FutexWait (word.word (), word.epoch (), word.isShared ());
        }
    }
    return n;
}

void WaitSetState::checkForOwner () noexcept
{
    const Lock lock (_mutex);
    checkNow (os::monotonicNow ());
    if (hasWork ())
    {
        bell ();
    }
}

void WaitSetState::checkNow (int64_t now) noexcept
{
    if (now >= _checkAt)
    {
        check (now);
    }
    if (now >= _napsEnd)
    {
        endNaps (now);
    }
}

// Whether the thread that waits has something to do: to report a queue, or to arm a word.
bool WaitSetState::hasWork () const noexcept
{
    bool found = !_candidates.isEmpty ();
    for (const WatchedWord* word = _loose.first (); word != nullptr && !found; word = word->next)
    {
        found = !word->naps;
    }
    return found;
}

}  // namespace JOIN_ABI
}  // namespace join
