// SPDX-License-Identifier: MIT
// Slots and roles of the world: which thread owns one, and what a call reports about live producers.
#include "owned_ring.hpp"

#include <join/queue_options.hpp>

#include "../../src/queue/producers.cpp"

#include "queue/registry.hpp"
#include "queue/table.hpp"

#include "world.hpp"

#include <algorithm>

namespace model
{
using join::SlotTable;
using join::OwnedRing;

namespace
{
SlotTable& tableOf (OwnedRing& ring) noexcept
{
    return *reinterpret_cast<SlotTable*> (ring.entries);
}

constexpr uint32_t producerSide = 1;
constexpr uint32_t consumerSide = 2;
}  // namespace

join::detail::Slot& World::slotAt (unsigned index) const noexcept
{
    return reinterpret_cast<join::detail::Slot*> (_rings[0]->control + 1)[index];
}

void World::listSlots ()
{
    for (unsigned i = 0; i < _setup.slotCount; ++i)
    {
        const std::string slot = std::to_string (i + 1);
        if (observed ())
        {
            add (&slotAt (i).claim, 8, "slot " + slot);
        }
        if (slotsMove ())
        {
            _states.push_back (add (&slotAt (i).state, 4, "slot state " + slot));
        }
        if (_setup.buries || _setup.mortal != 0)
        {
            _locks.push_back (add (lockOf (i + 1), 8, "lock " + slot, Sort::Lock));
        }
        if (asked ())
        {
            _pids.push_back (add (&slotAt (i).pid, 4, "pid " + slot));
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

// The role that each thread's object may own; only that thread accesses it.
void World::listSides ()
{
    for (unsigned thread = 0; thread < _setup.threads.size (); ++thread)
    {
        const uint32_t side = sideOf (thread);
        add (&_rings[thread]->entries[side - 1].slot, 4, "role of " + std::to_string (thread), Sort::Own);
    }
}

uint32_t World::sideOf (unsigned thread) const noexcept
{
    const auto& program = _setup.threads[thread];
    return std::any_of (program.begin (), program.end (), [] (const Step& step) { return pushes (step.call); })
               ? producerSide
               : consumerSide;
}

void World::listEntries ()
{
    if (_setup.oneObject)
    {
        SlotTable& table = tableOf (*_rings[0]);
        add (&table.mutex, 4, "mutex");
        add (&table.sharing, 4, "sharing");
        add (&table.shared, 4, "shared");
    }
    for (unsigned thread = 0; thread < _setup.threads.size (); ++thread)
    {
        join::detail::SlotEntry* const entry = entryOf (thread);
        if (entry != nullptr)
        {
            add (&entry->thread, 8, "thread of " + std::to_string (thread));
            add (&entry->slot, 4, "slot of " + std::to_string (thread));
            add (&entry->inside, 4, "inside of " + std::to_string (thread));
        }
    }
}

// As if each table had every lock; the slot of its entry is the one that it really has.
void World::renew () noexcept
{
    for (unsigned i = 0; i < _rings.size () && _setup.slots; ++i)
    {
        SlotTable& table = tableOf (*_rings[i]);
        table.threads = 1;
        table.held = 1;
        table.own = join::SlotSet ();  // so that the table asks about each lock
        table.askedAt = INT64_MIN / 2;
        for (uint32_t number = 1; number <= _setup.slotCount; ++number)
        {
            table.locks[number] = lockOf (number);
        }
    }
}

void World::leaveBy (unsigned thread, uint32_t side) noexcept
{
    OwnedRing& ring = ringOf (thread);
    if (!_setup.exclusive)
    {
        ring.slots.leave (threadError ());
        return;
    }
    const bool has = ring.entries[side - 1].slot.load () != 0;
    for (uint32_t number = 1; number <= _setup.slotCount; ++number)
    {
        tableOf (ring).locks[number] = has && number == side ? lockOf (number) : nullptr;
    }
    ring.slots.giveAll ();
}

int World::askedBy (unsigned thread, Call call) noexcept
{
    uint64_t states = 0;
    OwnedRing& ring = ringOf (thread);
    return call == Call::InquireOnce ? join::nobodyLives (ring, &states) : join::isAbandoned (ring);
}

// Decides by the newest values, not by those that a thread has seen.
World::Owner World::ownerOf (const Memory& memory, unsigned slot) const noexcept
{
    const bool busy = (memory.newest (static_cast<unsigned> (_states[slot])) & 1) != 0;
    const bool held = memory.newest (static_cast<unsigned> (_locks[slot])) != 0;
    const bool told = memory.newest (static_cast<unsigned> (_pids[slot])) != 0;
    return busy ? (held ? Owner::Alive : Owner::Dead) : told ? Owner::Dead : Owner::None;
}

bool World::isDeserted (const Memory& memory) const noexcept
{
    for (unsigned slot = 0; slot < _pids.size (); ++slot)
    {
        if (ownerOf (memory, slot) == Owner::Alive)
        {
            return false;
        }
    }
    return !_pids.empty ();
}

const char* World::told (const Memory& memory, const Account& account, unsigned thread, Call call,
                         const Outcome& outcome) const noexcept
{
    if (outcome.error == EBUSY && call == Call::PushLast && memory.newest (static_cast<unsigned> (_locks[0])) == 0)
    {
        return "a free role is refused forever";
    }
    if (outcome.error == EBUSY && threadsOf (sideOf (thread)) < 2)
    {
        return "a role is refused although no other thread wants it";
    }
    if (!asks (call))
    {
        return nullptr;
    }
    bool dead = false;
    for (unsigned slot = 0; slot < _pids.size (); ++slot)
    {
        dead = dead || ownerOf (memory, slot) == Owner::Dead;
    }
    const bool abandoned = outcome.result != 0;
    if (call == Call::InquireLast)
    {
        return abandoned != (dead && isDeserted (memory)) ? "the last report about live producers is wrong" : nullptr;
    }
    if (abandoned && !account.anyDied ())
    {
        return "a death is reported, but no producer died";
    }
    return abandoned && !account.wasDeserted (thread) ? "no live producer is reported, but there always was one"
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
