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

// Whoever comes or goes between the looks is looked at again. *seen: the state that the answer is about.
Failure lifeIn (OwnedRing& ring, uint32_t number, Life* life, uint32_t* seen) noexcept
{
    constexpr int looksMost = 16;
    const Lane* lane = ring.lanes.lane (number);
    *life = Life::Alive;  // somebody who comes and goes all the time
    for (int i = 0; i < looksMost; ++i)
    {
        const uint32_t state = lane->state.load ();
        const bool left = lane->pid.load () == 0;
        bool held = true;
        if ((state & 1) != 0)
        {
            if (Failure failure = ring.lanes.probe (number, &held))
            {
                return failure;
            }
        }
        if (lane->state.load () == state)
        {
            *life = (state & 1) == 0 ? (left ? Life::Absent : Life::Buried) : held ? Life::Alive : Life::Dead;
            *seen = state;
            return Failure ();
        }
    }
    return Failure ();
}

Participant participantIn (const OwnedRing& ring, uint32_t number, bool alive) noexcept
{
    Participant participant;
    const Lane* lane = ring.lanes.lane (number);
    if (lane != nullptr)
    {
        const uint64_t claim = lane->claim.load ();
        participant.place = number;
        participant.pid = lane->pid.load ();
        participant.alive = alive;
        participant.inside =
            ring.kind != Kind::Spsc
            && isUnpublished (claim, ring.tail ().load (), ring.head ().load (), ring.word (claim).load ());
    }
    return participant;
}

// *states: their sum, which grows whenever anybody comes or goes.
bool nobodyLives (OwnedRing& ring, uint64_t* states) noexcept
{
    const uint32_t count = ring.lanes.count ();
    const uint32_t last = ring.kind == Kind::Spsc && count > pusherSide ? pusherSide : count;
    bool anyDied = false;
    *states = 0;
    for (uint32_t number = 1; number <= last; ++number)
    {
        Life life = Life::Absent;
        uint32_t state = 0;
        if (lifeIn (ring, number, &life, &state) || life == Life::Alive)
        {
            return false;
        }
        *states += state;
        anyDied = anyDied || life != Life::Absent;
    }
    return anyDied;
}
}  // namespace

bool isAbandoned (OwnedRing& ring) noexcept
{
    // Twice: a process may take a lane that was looked at and leave one that was not.
    uint64_t before = 0;
    uint64_t after = 0;
    return nobodyLives (ring, &before) && nobodyLives (ring, &after) && before == after;
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
        uint32_t state = 0;
        if (Failure failure = lifeIn (ring, number, &life, &state))
        {
            return fail (failure);
        }
        if (life != Life::Alive && life != Life::Dead)
        {
            continue;
        }
        if (found < n)
        {
            const Participant participant = participantIn (ring, number, life == Life::Alive);
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
