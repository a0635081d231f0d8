// SPDX-License-Identifier: MIT
// Lanes and sides of the world: who has one, who is told that nobody has.
#include "owned_ring.hpp"

#include <join/queue_options.hpp>

#include "../../src/queue/participants.cpp"

#include "queue/registry.hpp"
#include "queue/table.hpp"

#include "world.hpp"

#include <algorithm>

namespace model
{
using join::LaneTable;
using join::OwnedRing;

namespace
{
LaneTable& tableOf (OwnedRing& ring) noexcept
{
    return *reinterpret_cast<LaneTable*> (ring.entries);
}

constexpr uint32_t pusherSide = 1;
constexpr uint32_t popperSide = 2;
}  // namespace

join::detail::Lane& World::laneAt (unsigned index) const noexcept
{
    return reinterpret_cast<join::detail::Lane*> (_rings[0]->control + 1)[index];
}

void World::listLanes ()
{
    for (unsigned i = 0; i < _setup.laneCount; ++i)
    {
        const std::string lane = std::to_string (i + 1);
        if (observed ())
        {
            add (&laneAt (i).claim, 8, "lane " + lane);
        }
        if (lanesMove ())
        {
            _states.push_back (add (&laneAt (i).state, 4, "lane state " + lane));
        }
        if (_setup.buries || _setup.mortal != 0)
        {
            _leases.push_back (add (leaseOf (i + 1), 8, "lease " + lane, Sort::Lease));
        }
        if (asked ())
        {
            _pids.push_back (add (&laneAt (i).pid, 4, "pid " + lane));
        }
    }
    if (_setup.exclusive)
    {
        listSides ();
    }
    else if (_setup.late != 0)
    {
        listEntries ();
    }
}

// The side that each thread's object may have: nobody else looks there.
void World::listSides ()
{
    for (unsigned thread = 0; thread < _setup.threads.size (); ++thread)
    {
        const uint32_t side = sideOf (thread);
        add (&_rings[thread]->entries[side - 1].lane, 4, "side of " + std::to_string (thread), Sort::Own);
    }
}

uint32_t World::sideOf (unsigned thread) const noexcept
{
    const auto& program = _setup.threads[thread];
    return std::any_of (program.begin (), program.end (), [] (const Step& step) { return pushes (step.call); })
               ? pusherSide
               : popperSide;
}

void World::listEntries ()
{
    if (_setup.oneObject)
    {
        LaneTable& table = tableOf (*_rings[0]);
        add (&table.mutex, 4, "mutex");
        add (&table.sharing, 4, "sharing");
        add (&table.shared, 4, "shared");
    }
    for (unsigned thread = 0; thread < _setup.threads.size (); ++thread)
    {
        join::detail::LaneEntry* const entry = entryOf (thread);
        if (entry != nullptr)
        {
            add (&entry->thread, 8, "thread of " + std::to_string (thread));
            add (&entry->lane, 4, "lane of " + std::to_string (thread));
            add (&entry->inside, 4, "inside of " + std::to_string (thread));
        }
    }
}

// As if each had every lease: which it has is told by the lane of its entry.
void World::renew () noexcept
{
    for (unsigned i = 0; i < _rings.size () && _setup.lanes; ++i)
    {
        LaneTable& table = tableOf (*_rings[i]);
        table.threads = 1;
        table.held = 1;
        for (uint32_t number = 1; number <= _setup.laneCount; ++number)
        {
            table.leases[number] = leaseOf (number);
        }
    }
}

void World::leaveBy (unsigned thread, uint32_t side) noexcept
{
    OwnedRing& ring = ringOf (thread);
    if (!_setup.exclusive)
    {
        ring.lanes.leave (threadError ());
        return;
    }
    const bool has = ring.entries[side - 1].lane.load () != 0;
    for (uint32_t number = 1; number <= _setup.laneCount; ++number)
    {
        tableOf (ring).leases[number] = has && number == side ? leaseOf (number) : nullptr;
    }
    ring.lanes.giveAll ();
}

int World::askedBy (unsigned thread, Call call) noexcept
{
    uint64_t states = 0;
    OwnedRing& ring = ringOf (thread);
    return call == Call::InquireOnce ? join::nobodyLives (ring, &states) : join::isAbandoned (ring);
}

// By what is true, and not by what anybody sees.
World::Owner World::ownerOf (const Memory& memory, unsigned lane) const noexcept
{
    const bool busy = (memory.newest (static_cast<unsigned> (_states[lane])) & 1) != 0;
    const bool held = memory.newest (static_cast<unsigned> (_leases[lane])) != 0;
    const bool told = memory.newest (static_cast<unsigned> (_pids[lane])) != 0;
    return busy ? (held ? Owner::Alive : Owner::Dead) : told ? Owner::Dead : Owner::None;
}

bool World::isDeserted (const Memory& memory) const noexcept
{
    for (unsigned lane = 0; lane < _pids.size (); ++lane)
    {
        if (ownerOf (memory, lane) == Owner::Alive)
        {
            return false;
        }
    }
    return !_pids.empty ();
}

const char* World::told (const Memory& memory, const Account& account, unsigned thread, Call call,
                         const Outcome& outcome) const noexcept
{
    if (outcome.error == EBUSY && call == Call::PushLast && memory.newest (static_cast<unsigned> (_leases[0])) == 0)
    {
        return "a side that nobody has is refused for ever";
    }
    if (outcome.error == EBUSY && threadsOf (sideOf (thread)) < 2)
    {
        return "a side is refused that nobody else wants";
    }
    if (!asks (call))
    {
        return nullptr;
    }
    bool dead = false;
    for (unsigned lane = 0; lane < _pids.size (); ++lane)
    {
        dead = dead || ownerOf (memory, lane) == Owner::Dead;
    }
    const bool abandoned = outcome.result != 0;
    if (call == Call::InquireLast)
    {
        return abandoned != (dead && isDeserted (memory)) ? "in the end it is not told what is true" : nullptr;
    }
    if (abandoned && !account.anyDied ())
    {
        return "it is told that somebody died, and nobody did";
    }
    return abandoned && !account.wasDeserted (thread) ? "it is told that nobody is left, and somebody always was"
                                                      : nullptr;
}

unsigned World::threadsOf (uint32_t side) const noexcept
{
    unsigned count = 0;
    for (unsigned thread = 0; thread < _setup.threads.size (); ++thread)
    {
        count += sideOf (thread) == side;
    }
    return count;
}

}  // namespace model
