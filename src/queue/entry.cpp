// SPDX-License-Identifier: MIT
// A thread's first push: it gets an entry and a producer slot, a free
// one, a dead producer's, or one that threads share.
#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "queue/none.hpp"
#include "queue/recover.hpp"
#include "queue/registry.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Ring;

namespace
{
int refuseNested () noexcept
{
    return setError (
        EDEADLK,
        "a first push of this thread, or its end, is not complete: a signal handler interrupted it, or a longjmp "
        "left it; push after it has returned");
}

// A slot that looks free may be taken by another thread first, or its last owner may not have dropped the slot lock
// yet; or this process gave back the slot that the thread was going to share: then this is tried again. The kernel is
// asked again only about slots whose owner has changed.
Failure enterOrRecover (OwnedRing& ring, detail::SlotEntry** entry) noexcept
{
    constexpr int maxTries = 100;
    constexpr int maxQuickTries = 3;
    constexpr int64_t pause = 100 * 1000;
    constexpr int64_t patience = 1000 * 1000 * 1000;
    const int64_t until = os::monotonicNow () + patience;
    for (int tries = 1;; ++tries)
    {
        uint64_t states = 0;
        const uint32_t releases = ring.slots.releases ();
        const bool isFull = !ring.slots.hasFree (&states) && !recoverSlots (ring, states);
        Failure failure = ring.slots.enter (isFull, ring.fences, until, entry);
        const int64_t now = os::monotonicNow ();
        const bool isRefused = isFull && ring.slots.releases () == releases;
        if (failure.error () != EUSERS || isRefused || tries == maxTries || now > until)
        {
            return failure;
        }
        if (tries > maxQuickTries)
        {
            os::sleepUntil (now + pause);
        }
    }
}
}  // namespace

detail::SlotEntry* Ring::enter () noexcept
{
    const KeptErrno kept;
    if (isNone ())
    {
        failNone ();
        return nullptr;
    }
    OwnedRing& ring = own (*this);
    if (detail::SlotEntry* entry = ring.slots.furtherEntry ())
    {
        return entry;
    }
    const AtSlots here;
    if (here.isNested ())
    {
        refuseNested ();
        return nullptr;
    }
    detail::SlotEntry* entry = nullptr;
    bool allowed = true;
    os::allowCancel (false, &allowed);  // opening a file is a cancellation point, and a push must not be unwound
    const Failure failure = enterOrRecover (ring, &entry);
    os::allowCancel (allowed, &allowed);
    if (failure)
    {
        fail (failure);
        return nullptr;
    }
    return entry;
}

int Ring::enterSide (uint32_t side) noexcept
{
    const KeptErrno kept;
    if (isNone ())
    {
        return failNone ();
    }
    const AtSlots here;
    if (here.isNested ())
    {
        return refuseNested ();
    }
    bool allowed = true;
    os::allowCancel (false, &allowed);  // as in enter ()
    OwnedRing& ring = own (*this);
    Slots::Dead dead = {};
    if (ring.slots.isDead (side, &dead) && Slots::bury (dead))
    {
        control->counters.deaths.fetch_add (1);
    }
    const Failure failure = ring.slots.takeRole (side);
    os::allowCancel (allowed, &allowed);
    return failure ? fail (failure) : 0;
}

int Ring::releaseRole () noexcept
{
    const KeptErrno kept;
    if (isNone ())
    {
        return failNone ();
    }
    if (detail::traitsOf (kind).claims || entries == nullptr)
    {
        return 0;
    }
    const AtSlots here;
    if (here.isNested ())
    {
        return refuseNested ();
    }
    bool allowed = true;
    os::allowCancel (false, &allowed);  // as in enter ()
    own (*this).slots.giveRoles ();
    os::allowCancel (allowed, &allowed);
    return 0;
}

uint32_t Ring::takeShared (const detail::SlotEntry& entry) noexcept
{
    const KeptErrno kept;
    return own (*this).slots.takeShared (entry);
}

void Ring::giveShared () noexcept
{
    const KeptErrno kept;
    own (*this).slots.giveShared ();
}

}  // namespace JOIN_ABI
}  // namespace join
