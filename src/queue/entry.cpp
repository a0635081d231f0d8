// SPDX-License-Identifier: MIT
// How a thread comes by the lane that it pushes by.
#include "os/barrier.hpp"
#include "queue/recover.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Ring;

namespace
{
// What looked free was another's first, or is not given back to the end; or somebody died meanwhile.
bool mayTryAgain (OwnedRing& ring, const Failure& failure, int tries) noexcept
{
    constexpr int triesMost = 100;
    if (failure.error () != EUSERS || tries == triesMost)
    {
        return false;
    }
    if (!ring.lanes.hasFree ())
    {
        recoverLanes (ring);
    }
    return ring.lanes.hasFree ();
}
}  // namespace

detail::LaneEntry* Ring::enter () noexcept
{
    detail::LaneEntry* entry = nullptr;
    bool allowed = true;
    os::allowCancel (false, &allowed);  // it opens a file, and nothing may unwind through a push
    OwnedRing& ring = own (*this);
    if (!ring.lanes.hasFree ())
    {
        recoverLanes (ring);
    }
    Failure failure = ring.lanes.enter (fences, &entry);
    for (int tries = 0; mayTryAgain (ring, failure, tries); ++tries)
    {
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

detail::Lane* Ring::takeShared (const detail::LaneEntry& entry) noexcept
{
    return own (*this).lanes.takeShared (entry);
}

void Ring::giveShared () noexcept
{
    own (*this).lanes.giveShared ();
}

}  // namespace JOIN_ABI
}  // namespace join
