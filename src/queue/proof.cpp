// SPDX-License-Identifier: MIT
// The proof that a slot's owner is dead: a liveness lock, an OFD lock that the kernel drops with the owner's address
// space. Process IDs and ages prove nothing.
#include "os/barrier.hpp"
#include "queue/slots.hpp"

namespace join
{
inline namespace JOIN_ABI
{
using detail::Slot;

// By a description that holds no slot lock, so that the slots of this process count as held, like those of others.
Failure Slots::probe (uint32_t number, bool* held) noexcept
{
    bool allowed = true;
    os::allowCancel (false, &allowed);  // opening a file is a cancellation point, and a pop must not be unwound
    Failure failure = _file.probe (number, held);
    if (!failure && !*held && _writers.exists ())
    {
        failure = _writers.locks ().probe (number, held);
    }
    os::allowCancel (allowed, &allowed);
    return failure;
}

bool Slots::isDead (uint32_t number, Dead* dead) noexcept
{
    Slot* existing = slot (number);
    if (existing == nullptr)
    {
        return false;
    }
    dead->slot = existing;
    dead->state = existing->state.load ();
    bool held = true;
    return (dead->state & 1) != 0 && !probe (number, &held) && !held;
}

bool Slots::bury (const Dead& dead) noexcept
{
    uint32_t state = dead.state;
    // Fails where another thread released the slot first: it may have a new owner.
    return dead.slot->state.compare_exchange_strong (state, state + 1);
}

}  // namespace JOIN_ABI
}  // namespace join
