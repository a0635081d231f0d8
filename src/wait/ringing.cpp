// SPDX-License-Identifier: MIT
// The ring of a set: requests for its words that stay with the kernel until the words are woken.
//
// A request ends when its word is woken, whatever the word's value. So a word that was armed again before a publisher
// came to wake it may find its new request ended without cause: it is loose then, and gets another one before the next
// sleep. The request of a word that leaves the set is ended by a wake-up.
#include "wait/state.hpp"

#include <cerrno>
#include <new>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
constexpr unsigned ringsMost = 16;  // that a set loses before the helper gets the ring, and then before it has none

// Whether the ring is as good as before.
bool isHarmless (int error) noexcept
{
    return error == 0 || error == EINTR || error == ETIMEDOUT;
}
}  // namespace

// Makes the ring ready for the thread that waits. @return 0, or the errno of a helper that cannot be started
int WaitSetState::tendRing () noexcept
{
    if (_ringRefused)
    {
        return cover (_hasEvent.load ());
    }
    const bool forHelper = _hasEvent.load () || _ringsLost > ringsMost;
    if (_ringIsHelpers || (forHelper && giveRing ()) || (!_ring.isOpen () && !wantsRing ()))
    {
        return 0;
    }
    return keepRing ();
}

// From now on the ring belongs to the helper: for the descriptor, or because many threads wait in turn, and each change
// would cost as much as all requests. The helper opens it, and closes it.
bool WaitSetState::giveRing () noexcept
try
{
    if (startHelpers (1) != 0)  // fd () has started it
    {
        _ringsLost = 0;
        return false;
    }
    closeRing ();
    _ringIsHelpers = true;
    return true;
}
catch (const std::bad_alloc&)
{
    _ringsLost = 0;
    return false;
}

// Opens the ring of the calling thread if it is not open, and takes the requests that have ended. @return 0, or the errno
// of a helper that cannot be started
int WaitSetState::keepRing () noexcept
{
    for (;;)
    {
        if (_ringLost)
        {
            ++_ringsLost;
            closeRing ();
        }
        const bool open = _ring.isOpen () || _ring.open (2 * _words.size ()) == 0;
        if (!open || _ring.bind () != 0 || _ringsLost > 2 * ringsMost)
        {
            return leaveRing ();
        }
        if (isHarmless (takeEnded ()))
        {
            return 0;
        }
        _ringLost = true;
    }
}

int WaitSetState::leaveRing () noexcept
{
    closeRing ();
    _ringRefused = true;
    _ringIsHelpers = false;
    return cover (_hasEvent.load ());
}

// Nobody sleeps on the words any more: the helpers do from now on, or the thread that waits has to look.
void WaitSetState::goOnWithoutRing () noexcept
{
    bool armed = _candidates.isEmpty ();
    for (WatchedWord* word = _loose.first (); word != nullptr && armed; word = word->next)
    {
        armed = word->naps || word->isArmed ();
    }
    if (armed)
    {
        callHelpers ();
    }
    else
    {
        bell ();
    }
}

void WaitSetState::endRing () noexcept
{
    const Lock lock (_mutex);
    if (_ringIsHelpers)
    {
        closeRing ();
    }
}

// The kernel ends the requests of a closed ring a moment later, or once a forked child has closed its copy. So those on
// private memory, which may soon serve another purpose, are ended before. All words are loose afterwards.
void WaitSetState::closeRing () noexcept
{
    for (WatchedWord* word : _words)
    {
        if (word->request->pending && !word->isShared ())
        {
            os::wake (word->word (), UINT32_MAX, false);
        }
        word->request->pending = false;
        _loose.pushBack (*word);
    }
    if (_callRequest.pending)
    {
        os::wake (*_call, UINT32_MAX, false);
    }
    _callRequest.pending = false;
    _ring.close ();
    _ringLost = false;
    while (!_orphans.isEmpty ())
    {
        delete &_orphans.popFront ();
    }
}

// Makes the words loose whose requests have ended. @return 0, or the errno of the ring, or of a request that failed
int WaitSetState::takeEnded () noexcept
{
    uint64_t tag = 0;
    int error = 0;
    int failed = 0;
    int taken = 0;
    while ((taken = _ring.take (&tag, &error)) == 1)
    {
        Request& ended = *reinterpret_cast<Request*> (static_cast<std::uintptr_t> (tag));
        ended.pending = false;
        failed = error == 0 || error == EAGAIN || error == ECANCELED ? failed : error;
        if (ended.word != nullptr && !_interrupted.load ())
        {
            touch (*ended.word);
            pollWord (*ended.word);
        }
        else if (ended.word == nullptr && &ended != &_callRequest)
        {
            _orphans.remove (ended);
            delete &ended;
        }
    }
    return taken == 0 ? failed : error;
}

// Gives the kernel a request for each armed word that has none, and for the word that calls the ring's thread. It does so
// under the mutex: a word that leaves the set ends its request, which must not begin afterwards. @return 0, or an errno
int WaitSetState::request (const std::atomic<uint32_t>& call, uint32_t before) noexcept
{
    const auto add = [this] (Request& request, const os::FutexWait& wait) {
        const int error = request.pending ? 0 : _ring.add (wait, reinterpret_cast<std::uintptr_t> (&request));
        request.pending = error == 0;
        return error;
    };
    _call = &call;
    int error = add (_callRequest, os::FutexWait (call, before, false));
    WatchedWord* next = nullptr;
    for (WatchedWord* word = _loose.first (); word != nullptr && error == 0; word = next)
    {
        next = word->next;
        if (!word->isArmed ())  // a request for a changed word would end at once
        {
            continue;
        }
        error = add (*word->request, os::FutexWait (word->word (), word->epoch (), word->isShared ()));
        if (error == 0)
        {
            _loose.remove (*word);
        }
    }
    return error == 0 ? _ring.submit () : error;
}

int WaitSetState::sleepOnRing (Lock& lock, uint32_t rings, int64_t until) noexcept
{
    int error = request (_bell, rings);
    if (error == 0 && hasWork ())  // a word has changed since it was armed
    {
        return EAGAIN;
    }
    _sleeps.store (true);
    lock.unlock ();
    const bool rang = _bell.load () != rings;
    if (error == 0 && !rang)
    {
        error = _ring.sleep (until);
    }
    _sleeps.store (false);
    lock.lock ();
    _ringLost = _ringLost || !isHarmless (error);
    return rang || !isHarmless (error) ? EAGAIN : error;
}

bool WaitSetState::serveRing (const std::atomic<uint32_t>& calls, uint32_t before) noexcept
{
    Lock lock (_mutex);
    if (!_ringIsHelpers)
    {
        return false;
    }
    const int refused = keepRing ();
    if (_ringRefused)
    {
        refused == 0 ? goOnWithoutRing () : bell ();  // the bell: the next wait fails, or starts the helpers
        return refused == 0;
    }
    checkNow (os::monotonicNow ());
    int error = request (calls, before);
    if (hasWork ())
    {
        bell ();
    }
    const int64_t until = nextCheck ();
    _checkTold = until;
    lock.unlock ();
    error = error == 0 ? _ring.sleep (until) : error;
    lock.lock ();
    _ringLost = _ringLost || !isHarmless (error);
    return true;
}

}  // namespace JOIN_ABI
}  // namespace join
