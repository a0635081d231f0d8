// SPDX-License-Identifier: MIT
// How a thread comes by the lane that it pushes by.
#include "os/barrier.hpp"
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
    return say (
        EDEADLK,
        "a first push of this thread, or its end, is not over: a signal handler interrupted it, or a longjmp left "
        "it");
}
}  // namespace

detail::LaneEntry* Ring::enter () noexcept
{
    const AtLanes here;
    if (here.isNested ())
    {
        refuseNested ();
        return nullptr;
    }
    detail::LaneEntry* entry = nullptr;
    bool allowed = true;
    os::allowCancel (false, &allowed);  // it opens a file, and nothing may unwind through a push
    OwnedRing& ring = own (*this);
    if (!ring.lanes.hasFree ())
    {
        recoverLanes (ring);
    }
    Failure failure = ring.lanes.enter (fences, &entry);
    // What looked free may have been another's first, and others die meanwhile: none is left when all are alive, repeatedly.
    constexpr int triesMost = 100;
    constexpr int passes = 3;
    for (int tries = 0, full = 0; failure.error () == EUSERS && tries < triesMost && full < passes; ++tries)
    {
        full = recoverLanes (ring) ? 0 : full + 1;
        failure = ring.lanes.enter (fences, &entry);
    }
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
    const AtLanes here;
    if (here.isNested ())
    {
        return refuseNested ();
    }
    bool allowed = true;
    os::allowCancel (false, &allowed);  // as in enter ()
    OwnedRing& ring = own (*this);
    Lanes::Dead dead = {};
    if (ring.lanes.isDead (side, &dead) && Lanes::bury (dead))
    {
        control->counters.deaths.fetch_add (1);
    }
    Failure failure = ring.lanes.takeSide (side);
    os::allowCancel (allowed, &allowed);
    return failure ? fail (failure) : 0;
}

uint32_t Ring::takeShared (const detail::LaneEntry& entry) noexcept
{
    return own (*this).lanes.takeShared (entry);
}

void Ring::giveShared () noexcept
{
    own (*this).lanes.giveShared ();
}

}  // namespace JOIN_ABI
}  // namespace join
