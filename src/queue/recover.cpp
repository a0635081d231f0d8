// SPDX-License-Identifier: MIT
// Recovery from dead producers: it finds their claims by the intent records and fills the unpublished cells.
#include "queue/recover.hpp"

namespace join
{
inline namespace JOIN_ABI
{
using detail::firstBit;
using detail::skippedBit;
using detail::slotMask;
using detail::ticketMask;
using detail::ticketUnit;

namespace
{
// Tickets are compared modulo 2^52, by the difference of their words: they are in the upper bits.
bool before (uint64_t a, uint64_t b) noexcept
{
    return static_cast<int64_t> (a - b) < 0;
}

// The claim of an unpublished cell, as the intent record of its producer describes it.
struct Claim
{
    uint64_t begin;     // its first ticket, shifted as in a word
    uint64_t end;       // the ticket after its last
    uint32_t slot;      // the slot of its producer
    uint32_t previous;  // the slot of the producer that claimed before
};

// Searches for claims of dead producers and fills their cells. No step walks over the backlog: from an unpublished
// cell, a bisection finds the next published one above it, which names the producer of the claim before its own.
//
// Invariant: the cells of one claim are published, and filled, in ascending order. So the lowest published cell above
// an unpublished one begins a claim, and a claim whose last cell is published is published as a whole.
class Recovery
{
public:
    // Tickets at or above the head that is read here belong to producers that live, or die later.
    explicit Recovery (OwnedRing& ring) noexcept
    : _ring (ring)
    , _head (ring.head ().load ())
    , _tail (ring.tail ().load () & ticketMask)
    , _possible (((_head & ticketMask) - _tail) >> detail::ticketShift <= ring.capacity)
    {
    }

    /// Recovers for a consumer, unless the front is a live producer's claim, which holds back everything after it.
    /// @return how many cells it filled
    uint64_t run () noexcept
    {
        if (!_possible)
        {
            return 0;
        }
        Claim claim = {};
        if (before (_tail, end ()) && !isPublished (_tail) && (!find (_tail, false, &claim) || !fillIfDead (claim)))
        {
            return 0;
        }
        find (_tail - ticketUnit, true, &claim);
        for (uint32_t number = 1; number <= _ring.slots.count (); ++number)
        {
            settle (number, false);
        }
        return _holes;
    }

    /// Fills the unpublished cells of the producer with that slot, if it is dead.
    /// @param isProven it was found dead before this object was made
    /// @return whether no unpublished cell of a dead producer is left there
    bool settle (uint32_t number, bool isProven) noexcept
    {
        const uint64_t begin =
            _ring.slots.slot (number)->claim.load () & ticketMask;  // [evidence] pairs with pushBy ()
        const bool isBelow = before (begin, _tail);
        if (!_possible || !before (begin, end ()) || (isBelow && !isProven))
        {
            return true;
        }
        uint64_t stop = isBelow ? _tail : begin;
        while (isUnfinished (number, begin, isProven, &stop))
        {
            Claim claim = {};
            if (find (stop, false, &claim))
            {
                return claim.slot != number || fillIfDead (claim);
            }
            if (!isPublished (stop))
            {
                return false;
            }
            // Another recovery is filling the claim, and may be killed before the last cell: so check the rest as well.
        }
        return true;
    }

    uint64_t skipped () const noexcept
    {
        return _holes;
    }

private:
    uint64_t end () const noexcept
    {
        return _head & ticketMask;
    }

    bool isPublished (uint64_t ticket) const noexcept
    {
        return !before (_ring.word (ticket).load () & ticketMask, ticket + ticketUnit);
    }

    // Searches upwards from *ticket in the claim that begins at `begin` for an unpublished cell. @param ticket that
    // cell's, if there is one. If the producer is not known to be dead, the kernel is asked after two cells.
    bool isUnfinished (uint32_t number, uint64_t begin, bool isProven, uint64_t* ticket) noexcept
    {
        Walk& walk = _walks[*ticket == _tail ? 0 : 1];
        if (isProven && walk.cells != 0 && walk.from == *ticket)
        {
            *ticket = walk.to;
            return walk.isUnfinished;
        }
        Walk now = {*ticket, *ticket, 0, false};
        for (; before (now.to, end ()); ++now.cells)
        {
            const uint64_t word = _ring.word (now.to).load ();
            now.isUnfinished = before (word & ticketMask, now.to + ticketUnit);
            const bool isOver = (word & ticketMask) != now.to + ticketUnit;  // popped, and its cell reused
            const bool isNext = (word & firstBit) != 0 && now.to != begin;
            Slots::Dead dead = {};
            if (now.isUnfinished || (!isOver && isNext)
                || (now.cells == 1 && !isProven && !_ring.slots.isDead (number, &dead)))
            {
                break;
            }
            const uint64_t tail = isOver ? _ring.tail ().load () & ticketMask : now.to + ticketUnit;
            if (!before (now.to, tail))
            {
                break;  // damaged
            }
            now.to = tail;
        }
        if (now.cells >= walk.cells)
        {
            walk = now;
        }
        *ticket = now.to;
        return now.isUnfinished;
    }

    // Finds the claim of the unpublished cell `target`, from head downwards.
    // @param all each claim on the way is filled, too, if its producer is dead
    // @return false: the cell is published by now, or the words contradict each other
    bool find (uint64_t target, bool all, Claim* claim) noexcept
    {
        uint64_t above = end ();
        uint32_t number = static_cast<uint32_t> (_head & slotMask);
        while (before (target, above))
        {
            if (isPublished (above - ticketUnit) || !read (above, number, claim))
            {
                // A slot that records a later claim proves that this one is published.
                if (!isPublished (above - ticketUnit) || !descend (target, &above, &number))
                {
                    return false;
                }
                continue;
            }
            if (all)
            {
                fillIfDead (*claim);
            }
            if (!before (target, claim->begin))
            {
                return true;
            }
            above = claim->begin;
            number = claim->previous;
        }
        return false;
    }

    // Bisects from *above, whose cell below is published, to the begin of a claim directly above an unpublished cell.
    // @param number the slot of the producer of the claim before
    bool descend (uint64_t target, uint64_t* above, uint32_t* number) const noexcept
    {
        constexpr int maxTries = 64;
        uint64_t high = *above - ticketUnit;
        for (int tries = 0; tries < maxTries && before (target, high); ++tries)
        {
            for (uint64_t low = target; high - low > ticketUnit;)
            {
                const uint64_t middle = low + ((high - low) >> (detail::ticketShift + 1) << detail::ticketShift);
                (isPublished (middle) ? high : low) = middle;
            }
            const uint64_t word = _ring.word (high).load ();
            if ((word & ticketMask) != high + ticketUnit)
            {
                return false;  // popped, as are all below it
            }
            if ((word & firstBit) != 0)
            {
                *above = high;
                *number = static_cast<uint32_t> (word & slotMask);
                return true;
            }
            high -= ticketUnit;  // the cell below is of the same claim, and was published during the bisection
        }
        return false;
    }

    // Reads the intent record of the claim that ends at `end`.
    // @return false: the slot records a later claim, so this one is published; or the record is impossible
    bool read (uint64_t end, uint32_t number, Claim* claim) const noexcept
    {
        const detail::Slot* slot = _ring.slots.slot (number);
        if (slot == nullptr)
        {
            return false;
        }
        const uint64_t evidence = slot->claim.load ();  // [evidence] pairs with pushBy ()
        *claim = Claim {evidence & ticketMask, end, number, static_cast<uint32_t> (evidence & slotMask)};
        return before (claim->begin, end) && (end - claim->begin) >> detail::ticketShift <= _ring.capacity;
    }

    // Fills the claim if its producer is dead. @return whether it is
    bool fillIfDead (const Claim& claim) noexcept
    {
        Slots::Dead dead = {};
        if (!_ring.slots.isDead (claim.slot, &dead) || !isStill (claim))
        {
            return false;
        }
        for (uint64_t ticket = before (claim.begin, _tail) ? _tail : claim.begin; before (ticket, claim.end);
             ticket += ticketUnit)
        {
            fill (claim, ticket);
        }
        // The dead producer has left nothing else: a thread has at most one claim that is not published.
        if (Slots::bury (dead))
        {
            _ring.control->counters.deaths.fetch_add (1);
        }
        return true;
    }

    // The intent record was read before its owner was known to be dead: the owner may have finished this claim, and
    // died in a later one.
    bool isStill (const Claim& claim) const noexcept
    {
        const uint64_t evidence = _ring.slots.slot (claim.slot)->claim.load ();
        return (evidence & ticketMask) == claim.begin && static_cast<uint32_t> (evidence & slotMask) == claim.previous;
    }

    // Every recovery stores the same word here; a late one finds a larger word.
    void fill (const Claim& claim, uint64_t ticket) noexcept
    {
        const uint64_t first = ticket == claim.begin ? firstBit | claim.previous : 0;
        uint64_t existing = _ring.word (ticket).load ();
        while (before (existing & ticketMask, ticket + ticketUnit))
        {
            if (_ring.word (ticket).compare_exchange_strong (existing, (ticket + ticketUnit) | skippedBit | first))
            {
                ++_holes;
                return;
            }
        }
    }

    // A walk over published cells. Several intent records, and tail, lead to the same cells: they are walked over once.
    struct Walk
    {
        uint64_t from;
        uint64_t to;
        uint64_t cells;
        bool isUnfinished;
    };

    OwnedRing& _ring;
    const uint64_t _head;
    const uint64_t _tail;
    const bool _possible;  // false: consumers popped between the two reads, or the segment is damaged
    uint64_t _holes = 0;
    Walk _walks[2] = {};  // the one that began at tail, and the longest other one
};

// A killed producer of a Spsc leaves nothing half done, and one of a private queue dies together with its consumers.
bool hasEvidence (const OwnedRing& ring) noexcept
{
    return ring.entries != nullptr && detail::traitsOf (ring.kind).claims;
}

// Wakes consumers that sleep for what follows the cells that were filled.
void publish (OwnedRing& ring, uint64_t skipped) noexcept
{
    if (skipped != 0)
    {
        ring.control->counters.skipped.fetch_add (skipped);
        ring.published (ring.gate ().state.load (), ring.tail ().load (), 0);
    }
}
}  // namespace

bool isStuck (const OwnedRing& ring) noexcept
{
    if (!hasEvidence (ring))
    {
        return false;
    }
    const uint64_t tail = ring.tail ().load () & ticketMask;
    return (ring.head ().load () & ticketMask) != tail && (ring.word (tail).load () & ticketMask) != tail + ticketUnit;
}

uint64_t recover (OwnedRing& ring) noexcept
{
    if (!hasEvidence (ring))
    {
        return 0;
    }
    const uint64_t skipped = Recovery (ring).run ();
    publish (ring, skipped);
    return skipped;
}

void recoverFrom (OwnedRing& ring, SlotSet* dead) noexcept
{
    Recovery recovery (ring);
    for (uint32_t number = 1; number <= ring.slots.count (); ++number)
    {
        if (dead->has (number) && !recovery.settle (number, true))
        {
            dead->remove (number);
        }
    }
    publish (ring, recovery.skipped ());
}

}  // namespace JOIN_ABI
}  // namespace join
