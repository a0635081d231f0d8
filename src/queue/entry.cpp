// SPDX-License-Identifier: MIT
// How a thread comes by the lane that it pushes by.
#include "os/barrier.hpp"
#include "queue/recover.hpp"

namespace join
{
inline namespace JOIN_ABI
{
using detail::Ring;

detail::LaneEntry* Ring::enter () noexcept
{
    detail::LaneEntry* entry = nullptr;
    bool allowed = true;
    os::allowCancel (false, &allowed);  // it opens a file, and nothing may unwind through a push
    if (!own (*this).lanes.hasFree ())
    {
        recoverLanes (own (*this));
    }
    const Failure failure = own (*this).lanes.enter (fences, &entry);
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
