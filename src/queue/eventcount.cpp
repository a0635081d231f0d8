// SPDX-License-Identifier: MIT
// The eventcount's sleeps and wake-ups, on futexes in the segment.
#include "queue/eventcount.hpp"

#include "os/futex.hpp"

namespace join
{
inline namespace JOIN_ABI
{
int EventCount::sleepOnWords (Role role, uint32_t before, int64_t until, const std::atomic<uint32_t>* call,
                              uint32_t callBefore) noexcept
{
    return call == nullptr ? os::sleepOn (epoch (role), before, _shared, until)
                           : os::sleepOnEither (epoch (role), before, _shared, *call, callBefore, until);
}

int EventCount::sleep (Role role, uint32_t before, int64_t until, const std::atomic<uint32_t>* call,
                       uint32_t callBefore) noexcept
{
    if (role == Role::Observer)
    {
        return sleepOnWords (role, before, until, call, callBefore);
    }
    asleep ().fetch_add (1);
    const int error = sleepOnWords (role, before, until, call, callBefore);
    if (error != 0)
    {
        fewerAsleep (1);  // otherwise the waker has subtracted this thread
    }
    return error;
}

// The number is a hint: a killed sleeper leaves it too high, until a wake-up finds fewer sleepers than it asked for.
void EventCount::fewerAsleep (uint32_t n) noexcept
{
    uint32_t count = asleep ().load ();
    while (count != 0 && !asleep ().compare_exchange_weak (count, count < n ? 0 : count - n))
    {
    }
}

uint32_t EventCount::flags (Role role) const noexcept
{
    const bool room = role == Role::Taker && _side == Side::Room;
    return room ? flag (role) | detail::roomUrgent : flag (role);
}

// Invariant 2 of eventcount.hpp. The flag is cleared before the epoch changes: a thread whose flag is lost has read the
// old epoch, so it finds the epoch changed when it is about to sleep, or is woken.
void EventCount::wakeAll (Role role) noexcept
{
    _gate.state.fetch_and (~flags (role));
    epoch (role).fetch_add (1);
    const uint32_t woken = os::wake (epoch (role), UINT32_MAX, _shared);
    if (role == Role::Taker)
    {
        fewerAsleep (woken);
    }
}

// While more takers sleep than can proceed, the flag stays set, and the next publication finds
// it. The epoch is incremented all the same, so that a taker that was woken earlier and is about
// to sleep again checks once more: the taker that is woken now may take the element that the
// earlier one was woken for, and leave its own. Where the number of sleepers proves too high, the
// flag must be cleared. Only sleepers can set it again safely, so all of them are woken then.
void EventCount::wakeTakers (uint64_t n, uint32_t takers) noexcept
{
    if (takers <= n)
    {
        wakeAll (Role::Taker);
        return;
    }
    epoch (Role::Taker).fetch_add (1);
    const uint32_t woken = os::wake (epoch (Role::Taker), static_cast<uint32_t> (n), _shared);
    if (woken == n)
    {
        fewerAsleep (woken);
        return;
    }
    asleep ().store (0);
    wakeAll (Role::Taker);
}

void EventCount::wake (uint32_t state, uint64_t n, uint32_t takers) noexcept
{
    if ((state & flag (Role::Observer)) != 0)
    {
        wakeAll (Role::Observer);
    }
    if ((state & flag (Role::Taker)) != 0 && n != 0)
    {
        wakeTakers (n, takers);
    }
}

void EventCount::wakeAll () noexcept
{
    wakeAll (Role::Taker);
    wakeAll (Role::Observer);
}

}  // namespace JOIN_ABI
}  // namespace join
