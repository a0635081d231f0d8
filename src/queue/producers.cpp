// SPDX-License-Identifier: MIT
// The producers of a queue, as the states of their slots and the kernel's locks show them.
#include "base/sized_struct.hpp"
#include "queue/producers.hpp"

#include "os/barrier.hpp"
#include "queue/none.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Slot;
using detail::Ring;

namespace
{
constexpr uint32_t producerSide = 1;

enum class Life
{
    Absent,
    Alive,
    Dead,    // killed, and not recovered from yet
    Buried,  // killed and recovered from: its process ID stays in the slot until another producer takes it
};

// A slot whose state changes between the reads is read again. @param seen the state to which the answer belongs
Failure lifeIn (OwnedRing& ring, uint32_t number, Life* life, uint32_t* seen) noexcept
{
    constexpr int maxLooks = 16;
    const Slot* slot = ring.slots.slot (number);
    *life = Life::Alive;  // the answer for a slot that changes hands all the time
    for (int i = 0; i < maxLooks; ++i)
    {
        const uint32_t state = slot->state.load ();
        const bool left = slot->pid.load () == 0;
        bool held = true;
        if ((state & 1) != 0)
        {
            if (Failure failure = ring.slots.probe (number, &held))
            {
                return failure;
            }
        }
        if (slot->state.load () == state)
        {
            *life = (state & 1) == 0 ? (left ? Life::Absent : Life::Buried) : held ? Life::Alive : Life::Dead;
            *seen = state;
            return Failure ();
        }
    }
    return Failure ();
}

Producer producerIn (const OwnedRing& ring, uint32_t number, bool alive) noexcept
{
    Producer producer;
    const Slot* slot = ring.slots.slot (number);
    if (slot != nullptr)
    {
        const uint64_t claim = slot->claim.load ();
        producer.slot = number;
        producer.pid = slot->pid.load ();
        producer.alive = alive;
        producer.inPush =
            detail::traitsOf (ring.kind).claims
            && isUnpublished (claim, ring.tail ().load (), ring.head ().load (), ring.word (claim).load ());
    }
    return producer;
}

// The slots of a Spsc are those of its two roles.
uint32_t lastProducerSlot (const OwnedRing& ring) noexcept
{
    const uint32_t count = ring.slots.count ();
    return !detail::traitsOf (ring.kind).claims && count > producerSide ? producerSide : count;
}

// @param states the sum of the slots' states, which grows when a slot is taken or released
bool nobodyLives (OwnedRing& ring, uint64_t* states) noexcept
{
    const uint32_t last = lastProducerSlot (ring);
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
    // Twice: between the reads a process may take a slot that was read already, and leave one that was not.
    uint64_t before = 0;
    uint64_t after = 0;
    return nobodyLives (ring, &before) && nobodyLives (ring, &after) && before == after;
}

// A state is odd while its slot is taken, and grows by one when the slot is taken and when it is released.
uint64_t slotsTaken (const OwnedRing& ring) noexcept
{
    uint64_t taken = 0;
    for (uint32_t number = 1; number <= lastProducerSlot (ring); ++number)
    {
        taken += (uint64_t (ring.slots.slot (number)->state.load ()) + 1) / 2;
    }
    return taken;
}

int64_t Ring::producers (Producer* list, uint64_t n, uint32_t each) noexcept
{
    const os::NoCancel noCancel;
    if (isNone ())
    {
        return failNone ();
    }
    if (list == nullptr && n != 0)
    {
        return fail (EINVAL, "the list of producers is null: give one, or a count of 0 to learn how many there are");
    }
    OwnedRing& ring = own (*this);
    uint64_t found = 0;
    for (uint32_t number = 1; number <= ring.slots.count (); ++number)
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
            const Producer producer = producerIn (ring, number, life == Life::Alive);
            char* to = reinterpret_cast<char*> (list) + found * each;
            writeSized (to, each, producer);
        }
        ++found;
    }
    return static_cast<int64_t> (found);
}

void Ring::count (QueueStats& stats) const noexcept
{
    const unsigned shift = detail::traitsOf (kind).positionShift;
    QueueStats now;
    now.structSize = stats.structSize;
    now.popped = tail ().load () >> shift;  // before head, so that it is not larger
    now.pushed = head ().load () >> shift;
    now.shutDown = !isNone () && isShut ();
    now.deaths = control->counters.deaths.load ();
    now.skipped = control->counters.skipped.load ();
    writeSized (&stats, stats.structSize, now);
}

}  // namespace JOIN_ABI
}  // namespace join
