// SPDX-License-Identifier: MIT
// Release of the slots of dead producers, for a thread that finds no free slot.
#include "os/futex.hpp"
#include "queue/recover.hpp"
#include "queue/table.hpp"

#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// One pass over the slots. Invariant: a slot is released only after a recovery that began after its owner was found
// dead. So the pass first asks the kernel about all slots that need it, then recovers once from all that are dead, and
// then releases those.
class Reclaim
{
public:
    Reclaim (OwnedRing& ring, SlotTable& table) noexcept
    : _ring (ring)
    , _table (table)
    {
    }

    /// Whether a slot is free, or was during the pass. @param states the sum of all states, read when no slot was free
    bool run (uint64_t states) noexcept
    {
        const bool isFresh = os::monotonicNow () - _table.askedAt < aliveFor * _ring.slots.count ();
        if (isFresh && _table.aliveStates == states)
        {
            return false;  // nothing has changed since the last pass
        }
        probe (isFresh);
        _table.aliveStates = _free || !_dead.isEmpty () ? 0 : states;
        if (_dead.isEmpty ())
        {
            return _free;
        }
        recoverFrom (_ring, &_dead);
        for (uint32_t number = 1; number <= _ring.slots.count (); ++number)
        {
            if (_dead.has (number))
            {
                release (number);
            }
        }
        return true;
    }

private:
    // The kernel is asked again about a slot with a live owner when the owner has changed, or after a while. It is not
    // asked about this process's own slots.
    void probe (bool isFresh) noexcept
    {
        const SlotSet own = _ring.slots.own ();
        for (uint32_t number = 1; number <= _ring.slots.count (); ++number)
        {
            const uint32_t state = _ring.slots.slot (number)->state.load ();
            const bool isKnown = isFresh && _table.alive[number] == state;
            _free = _free || (state & 1) == 0;
            if (own.has (number) || isKnown || (state & 1) == 0)
            {
                continue;
            }
            Slots::Dead dead = {};
            if (_ring.slots.isDead (number, &dead))
            {
                _dead.add (number);
            }
            _free = _free || (dead.state & 1) == 0;
            _table.alive[number] = dead.state;
        }
        _table.askedAt = isFresh ? _table.askedAt : os::monotonicNow ();
    }

    void release (uint32_t number) noexcept
    {
        if (Slots::bury (Slots::Dead {_ring.slots.slot (number), _table.alive[number]}))
        {
            _ring.control->counters.deaths.fetch_add (1);
        }
        _table.alive[number] = 0;
    }

    OwnedRing& _ring;
    SlotTable& _table;
    SlotSet _dead = {};
    bool _free = false;
};
}  // namespace

bool recoverSlots (OwnedRing& ring, uint64_t states) noexcept
{
    SlotTable& table = ring.slots.table ();
    std::lock_guard<std::mutex> lock (table.asking);  // another thread's pass serves this one too
    return Reclaim (ring, table).run (states);
}

}  // namespace JOIN_ABI
}  // namespace join
