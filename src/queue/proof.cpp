// SPDX-License-Identifier: MIT
// Whether the owner of a lane lives: asked of the kernel, by a file that holds no lane.
#include "names.hpp"
#include "os/barrier.hpp"
#include "queue/lanes.hpp"

#include <cerrno>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Lane;

// A description without any lease. The descriptor that was kept may be closed, or somebody else's by now: so it is looked at.
Failure Lanes::openFresh (File* fresh) noexcept
{
    if (isOurs (_file.handle))
    {
        const int error = os::openAgain (_file.handle, &fresh->handle);
        if (error != 0 && error != ENOENT)
        {
            return Failure (error, "a segment cannot be opened again for a new place");
        }
        if (error == 0 && isOurs (fresh->handle))
        {
            return Failure ();
        }
    }
    const Folders places = folders ();
    for (std::size_t i = 0; i < places.count; ++i)
    {
        File named;
        const SegmentPath path (places.list[i], _name);
        if (os::openFile (path.text, true, &named.handle) == 0 && isOurs (named.handle))
        {
            std::swap (fresh->handle, named.handle);
            return Failure ();
        }
    }
    return Failure (
        ENOENT,
        "segment %.64s has no name any more, and the descriptor that the library kept is closed, so that no "
        "further thread can take a place: let threads push once before closefrom (3)",
        _name);
}

bool Lanes::isOurs (int file) const noexcept
{
    os::FileFacts facts;
    return file != -1 && os::factsOf (file, &facts) == 0 && facts.device == _device && facts.inode == _inode;
}

// By a description that holds no lane: one's own are held, then, as are those of others.
Failure Lanes::probe (uint32_t number, bool* held) noexcept
{
    bool allowed = true;
    os::allowCancel (false, &allowed);  // it may open and close a file, and nothing may unwind through a pop
    Failure failure = probeBy (_file.handle, number, held);
    os::allowCancel (allowed, &allowed);
    return failure;
}

Failure Lanes::probeBy (int file, uint32_t number, bool* held) noexcept
{
    File fresh;
    if (!isOurs (file))
    {
        if (Failure failure = openFresh (&fresh))
        {
            return failure;
        }
        file = fresh.handle;
    }
    const int error = os::laneHeld (file, number, held);
    return error == 0 ? Failure () : Failure (error, "the lease of a place cannot be looked at (fcntl F_OFD_GETLK)");
}

bool Lanes::isDead (uint32_t number, Dead* dead) noexcept
{
    Lane* there = lane (number);
    if (there == nullptr)
    {
        return false;
    }
    dead->lane = there;
    dead->state = there->state.load ();
    bool held = true;
    return (dead->state & 1) != 0 && !probe (number, &held) && !held;
}

bool Lanes::bury (const Dead& dead) noexcept
{
    uint32_t state = dead.state;
    // Not if anybody was first: it is another's then.
    return dead.lane->state.compare_exchange_strong (state, state + 1);
}

}  // namespace JOIN_ABI
}  // namespace join
