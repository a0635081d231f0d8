// SPDX-License-Identifier: MIT
// The helper thread of a group of words.
#include "wait/group.hpp"

#include "wait/state.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
int Group::start () noexcept
{
    const int error = os::startHelper (run, this, "joinmem-wait", &_thread);
    _started = error == 0;
    return error;
}

void Group::stop () noexcept
{
    if (_started)
    {
        _ends.store (true);
        call ();
        os::joinThread (_thread);
        _started = false;
    }
}

void Group::run (void* group) noexcept
{
    static_cast<Group*> (group)->serve ();
}

// Each round reads _calls first, so a later call () ends the sleep.
void Group::serve () noexcept
{
    os::FutexWait waits[os::maxFutexWaits];
    for (;;)
    {
        const uint32_t calls = _calls.load ();
        if (_ends.load ())
        {
            _set.endRing ();
            return;
        }
        if (_set.serveRing (_calls, calls))
        {
            continue;
        }
        int64_t until = 0;
        const unsigned n = _set.list (*this, waits + 1, &until);
        if (n == 0 && until == detail::Deadline::never)
        {
            os::sleepOn (_calls, calls, false, detail::Deadline::never);
            continue;
        }
        waits[0] = os::FutexWait (_calls, calls, false);
        unsigned woken = 0;
        const int error = n == WaitSetState::changedWord ? EAGAIN : os::sleepOnAny (waits, n + 1, until, &woken);
        if (os::isRefused (error) || error == ENOMEM)
        {
            nap (calls, until);
            continue;
        }
        if (_calls.load () != calls)
        {
            continue;
        }
        if (error == ETIMEDOUT)
        {
            _set.checkForOwner ();
        }
        else if (error == 0 || error == EAGAIN)
        {
            _rang.store (true);
            _set.bell ();
            os::sleepOn (_calls, calls, false, detail::Deadline::never);
        }
    }
}

// Where futex_waitv(2) is refused, or the kernel is older than 5.16, the helper checks the words every millisecond.
void Group::nap (uint32_t calls, int64_t until) noexcept
{
    const int64_t soon = os::monotonicNow () + napTime;
    os::sleepOn (_calls, calls, false, soon < until ? soon : until);
    if (os::monotonicNow () >= until)
    {
        _set.checkForOwner ();
    }
}

}  // namespace JOIN_ABI
}  // namespace join
