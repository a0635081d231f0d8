// SPDX-License-Identifier: MIT
// The ring of a set: requests for its words that stay with the kernel until the words are woken.
//
// A request ends when its word is woken, whatever the word's value. So a word that was armed again before a publisher
// came to wake it may find its new request ended without cause: it is loose then, and gets another one before the next
// sleep. A request whose word has left the set stays with the kernel until it ends, or until the ring is closed.
#include "wait/state.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
constexpr unsigned ringsMost = 16;  // rings that a set loses before it uses helpers
constexpr std::size_t fewOrphans = groupSize;

// Whether a call of the ring may succeed later.
bool isTransient (int error) noexcept
{
    return error == EAGAIN || error == EBUSY || error == ENOMEM || error == EINTR || error == ETIMEDOUT;
}
}  // namespace

// Makes the ring ready for the calling thread, and takes the requests that have ended. A set without a ring has nothing
// to do. @return 0, or the errno of a helper that cannot be started in place of the ring
int WaitSetState::tendRing () noexcept
{
    while (_ring.isOpen ())
    {
        const std::size_t needed = _words.size () + 1;
        if (_ringLost || _ring.capacity () < needed || _orphans.size () > needed + fewOrphans)
        {
            if (const int error = reopenRing ())
            {
                return error;
            }
            continue;
        }
        const int error = setUpRing ();
        if (error != 0)
        {
            return leaveRing ();
        }
        const int ended = takeEnded ();
        if (ended == 0 || isTransient (ended))
        {
            return 0;
        }
        _ringLost = true;
    }
    return 0;
}

// @return 0, or an errno: such a ring is of no use
int WaitSetState::setUpRing () noexcept
{
    const int error = _ring.bind ();
    if (error != 0 || _ringNotifies || !_hasEvent.load ())
    {
        return error;
    }
    const int refused = _ring.notify (_event);
    _ringNotifies = refused == 0;
    return refused;
}

// A set whose waits are made by many threads in turn would pay for all requests each time: it uses helpers.
int WaitSetState::reopenRing () noexcept
{
    _ringsLost += _ringLost;
    closeRing ();
    return _ringsLost > ringsMost || _ring.open (2 * _words.size ()) != 0 ? leaveRing () : 0;
}

int WaitSetState::leaveRing () noexcept
{
    closeRing ();
    _ringRefused = true;
    return cover (_hasEvent.load ());
}

// All words are loose afterwards.
void WaitSetState::closeRing () noexcept
{
    _ring.close ();
    _ringLost = false;
    _ringNotifies = false;
    _bellRequest.pending = false;
    while (!_orphans.isEmpty ())
    {
        delete &_orphans.popFront ();
    }
    for (WatchedWord* word : _words)
    {
        word->request->pending = false;
        _loose.pushBack (*word);
    }
}

// Makes the words loose whose requests have ended. @return 0, or the errno of the ring
int WaitSetState::takeEnded () noexcept
{
    uint64_t tag = 0;
    int error = 0;
    int taken = 0;
    while ((taken = _ring.take (&tag, &error)) == 1)
    {
        Request& ended = *reinterpret_cast<Request*> (static_cast<std::uintptr_t> (tag));
        ended.pending = false;
        if (_ringNotifies)
        {
            _signalled.store (true);  // by the kernel, which may be about to do it
        }
        if (ended.word != nullptr)
        {
            touch (*ended.word);
            pollWord (*ended.word);
        }
        else if (&ended != &_bellRequest)
        {
            _orphans.remove (ended);
            delete &ended;
        }
    }
    return taken == 0 ? 0 : error;
}

// Adds a request for each armed word that has none. @return 0, or an errno
int WaitSetState::request () noexcept
{
    WatchedWord* next = nullptr;
    for (WatchedWord* word = _loose.first (); word != nullptr; word = next)
    {
        next = word->next;
        if (!word->wasArmed ())
        {
            continue;
        }
        Request& request = *word->request;
        if (!request.pending)
        {
            const os::FutexWait wait (word->word (), word->epoch (), word->isShared ());
            if (const int error = _ring.add (wait, reinterpret_cast<std::uintptr_t> (&request)))
            {
                return error;
            }
            request.pending = true;
        }
        _loose.remove (*word);
    }
    return 0;
}

// Gives the kernel a request for each armed word, without a sleep. @return 0, or an errno
int WaitSetState::submit () noexcept
{
    const int added = request ();
    const int error = added == 0 ? _ring.submit () : added;
    _ringLost = _ringLost || !(error == 0 || isTransient (error));
    return error;
}

// Where the kernel has no memory for requests, the set checks its queues every millisecond.
int WaitSetState::sleepOnRing (Lock& lock, uint32_t rings, int64_t until) noexcept
{
    int error = request ();
    if (error == 0 && !_bellRequest.pending)
    {
        error = _ring.add (os::FutexWait (_bell, rings, false), reinterpret_cast<std::uintptr_t> (&_bellRequest));
        _bellRequest.pending = error == 0;
    }
    lock.unlock ();
    if (error == 0 && _interruptible)
    {
        error = _ring.submit ();  // a sleep that submits may hide a signal
    }
    _sleeps.store (true);
    const bool rang = _bell.load () != rings;
    if (error == 0 && !rang)
    {
        error = _ring.sleep (until);
    }
    if (error == EAGAIN || error == EBUSY || error == ENOMEM)
    {
        const int64_t soon = os::monotonicNow () + napTime;
        error = os::sleepOn (_bell, rings, false, soon < until ? soon : until);
    }
    _sleeps.store (false);
    lock.lock ();
    _ringLost = _ringLost || !(error == 0 || isTransient (error));
    return rang ? EAGAIN : error;
}

}  // namespace JOIN_ABI
}  // namespace join
