// SPDX-License-Identifier: MIT
#include "queue/participants.hpp"

#include <cerrno>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Kind;
using detail::Lane;
using detail::Ring;

namespace
{
constexpr uint32_t pusherSide = 1;

enum class Life
{
    Absent,
    Alive,
    Dead,    // found, and not recovered yet
    Buried,  // recovered; his number stays in the lane until another takes it
};

Failure lifeIn (OwnedRing& ring, uint32_t number, Life* life) noexcept
{
    const Lane* lane = ring.lanes.lane (number);
    const uint32_t state = lane->state.load ();
    if ((state & 1) == 0)
    {
        const bool left = lane->pid.load () == 0;
        if (lane->state.load () == state)  // else the number is that of the next one, who has just come
        {
            *life = left ? Life::Absent : Life::Buried;
            return Failure ();
        }
    }
    bool held = true;
    Failure failure = ring.lanes.probe (number, &held);
    *life = held ? Life::Alive : Life::Dead;
    return failure;
}
}  // namespace

bool isAbandoned (OwnedRing& ring) noexcept
{
    const uint32_t last = ring.kind == Kind::Spsc ? pusherSide : ring.lanes.count ();
    bool anyDied = false;
    for (uint32_t number = 1; number <= last; ++number)
    {
        Life life = Life::Absent;
        if (lifeIn (ring, number, &life) || life == Life::Alive)
        {
            return false;
        }
        anyDied = anyDied || life != Life::Absent;
    }
    return anyDied;
}

int64_t Ring::participants (Participant* list, uint64_t n, uint32_t each) noexcept
{
    if (list == nullptr && n != 0)
    {
        return fail (EINVAL,
                     "the list of participants is null: give one, or a count of 0 to be told how many there are");
    }
    OwnedRing& ring = own (*this);
    uint64_t found = 0;
    for (uint32_t number = 1; number <= ring.lanes.count (); ++number)
    {
        Life life = Life::Absent;
        if (Failure failure = lifeIn (ring, number, &life))
        {
            return fail (failure);
        }
        if (life != Life::Alive && life != Life::Dead)
        {
            continue;
        }
        if (found < n)
        {
            Participant participant;
            participant.place = number;
            participant.pid = ring.lanes.lane (number)->pid.load ();
            participant.alive = life == Life::Alive;
            char* to = reinterpret_cast<char*> (list) + found * each;
            std::memcpy (to, &participant, each < sizeof (participant) ? each : sizeof (participant));
        }
        ++found;
    }
    return static_cast<int64_t> (found);
}

void Ring::count (QueueStats& stats) const noexcept
{
    const unsigned shift = kind == Kind::Spsc ? 0 : detail::ticketShift;
    QueueStats now;
    now.structSize = stats.structSize;
    now.popped = tail ().load () >> shift;  // before head: so it is never more
    now.pushed = head ().load () >> shift;
    now.shutDown = isShut ();
    now.deaths = control->counters.deaths.load ();
    now.holes = control->counters.holes.load ();
    std::memcpy (static_cast<void*> (&stats), &now, stats.structSize < sizeof (now) ? stats.structSize : sizeof (now));
}

}  // namespace JOIN_ABI
}  // namespace join
