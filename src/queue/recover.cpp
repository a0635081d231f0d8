// SPDX-License-Identifier: MIT
#include "queue/recover.hpp"

namespace join
{
inline namespace JOIN_ABI
{
using detail::firstBit;
using detail::holeBit;
using detail::laneMask;
using detail::ticketMask;
using detail::ticketUnit;

namespace
{
// Tickets are compared modulo 2^52: their difference is that of the words, as they are on top.
bool before (uint64_t a, uint64_t b) noexcept
{
    return static_cast<int64_t> (a - b) < 0;
}

struct Claim
{
    uint64_t begin;     // the first ticket, shifted as in a word
    uint64_t end;       // the one behind the last
    uint32_t lane;      // whose it is
    uint32_t previous;  // whose the claim before is
    bool told;          // by the lane, which has claimed nothing since; else by its slots: it is published
};

// One walk from head down to tail, claim by claim. It ends early where others were faster, or the words make no sense.
class Recovery
{
public:
    explicit Recovery (OwnedRing& ring) noexcept
    : _ring (ring)
    {
    }

    uint64_t run () noexcept
    {
        const uint64_t head = _ring.head ().load ();
        _tail = _ring.tail ().load () & ticketMask;
        uint64_t end = head & ticketMask;
        uint32_t lane = static_cast<uint32_t> (head & laneMask);
        if ((end - _tail) >> detail::ticketShift > _ring.capacity)
        {
            return 0;
        }
        Claim claim = {};
        while (before (_tail, end) && find (end, lane, &claim))
        {
            if (claim.told)
            {
                look (claim);
            }
            end = claim.begin;
            lane = claim.previous;
        }
        return _holes;
    }

private:
    bool published (uint64_t ticket) const noexcept
    {
        return !before (_ring.word (ticket).load () & ticketMask, ticket + ticketUnit);
    }

    uint64_t from (const Claim& claim) const noexcept
    {
        return before (claim.begin, _tail) ? _tail : claim.begin;
    }

    bool find (uint64_t end, uint32_t number, Claim* claim) const noexcept
    {
        const detail::Lane* lane = _ring.lanes.lane (number);
        if (lane == nullptr)
        {
            return false;
        }
        const uint64_t evidence = lane->claim.load ();  // [evidence] pairs with pushBy ()
        *claim = Claim {evidence & ticketMask, end, number, static_cast<uint32_t> (evidence & laneMask), true};
        if (before (claim->begin, end))
        {
            return (end - claim->begin) >> detail::ticketShift <= _ring.capacity;
        }
        return findPublished (claim);
    }

    // The lane has gone on: so the claim is published, and its first slot tells where it begins.
    bool findPublished (Claim* claim) const noexcept
    {
        claim->told = false;
        for (uint64_t ticket = claim->end - ticketUnit; !before (ticket, _tail); ticket -= ticketUnit)
        {
            const uint64_t there = _ring.word (ticket).load ();
            if ((there & ticketMask) != ticket + ticketUnit)
            {
                return false;
            }
            if ((there & firstBit) != 0)
            {
                claim->begin = ticket;
                claim->previous = static_cast<uint32_t> (there & laneMask);
                return true;
            }
        }
        return false;
    }

    void look (const Claim& claim) noexcept
    {
        bool whole = true;
        for (uint64_t ticket = from (claim); before (ticket, claim.end); ticket += ticketUnit)
        {
            whole = whole && published (ticket);
        }
        Lanes::Dead dead = {};
        if (whole || !_ring.lanes.isDead (claim.lane, &dead) || !isStill (claim))
        {
            return;
        }
        for (uint64_t ticket = from (claim); before (ticket, claim.end); ticket += ticketUnit)
        {
            fill (claim, ticket);
        }
        // Nothing else is left of the dead one: a thread has one claim that is not published, at most.
        if (Lanes::bury (dead))
        {
            _ring.control->counters.deaths.fetch_add (1);
        }
    }

    // The evidence was read before its owner was known to be dead: he may have gone on since, and died of another claim.
    bool isStill (const Claim& claim) const noexcept
    {
        const uint64_t evidence = _ring.lanes.lane (claim.lane)->claim.load ();
        return (evidence & ticketMask) == claim.begin && static_cast<uint32_t> (evidence & laneMask) == claim.previous;
    }

    // All who fill it store the same word; one who comes too late finds a larger one.
    void fill (const Claim& claim, uint64_t ticket) noexcept
    {
        const uint64_t first = ticket == claim.begin ? firstBit | claim.previous : 0;
        uint64_t there = _ring.word (ticket).load ();
        while (before (there & ticketMask, ticket + ticketUnit))
        {
            if (_ring.word (ticket).compare_exchange_strong (there, (ticket + ticketUnit) | holeBit | first))
            {
                ++_holes;
                return;
            }
        }
    }

    OwnedRing& _ring;
    uint64_t _tail = 0;
    uint64_t _holes = 0;
};

// Of a Spsc nothing is left half done, and who shares private memory dies with it.
bool hasEvidence (const OwnedRing& ring) noexcept
{
    return ring.entries != nullptr && ring.kind != detail::Kind::Spsc;
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
    const uint64_t holes = Recovery (ring).run ();
    if (holes != 0)
    {
        ring.control->counters.holes.fetch_add (holes);
        ring.published (ring.gate ().state.load ());  // whoever sleeps for what is behind them
    }
    return holes;
}

bool recoverLanes (OwnedRing& ring) noexcept
{
    bool any = false;
    for (uint32_t number = 1; number <= ring.lanes.count (); ++number)
    {
        Lanes::Dead dead = {};
        const bool isDead = ring.lanes.isDead (number, &dead);
        any = any || isDead || (dead.state & 1) == 0;
        if (!isDead)
        {
            continue;
        }
        recover (ring);  // behind the proof: what he claimed last is seen from here on
        if (Lanes::bury (dead))
        {
            ring.control->counters.deaths.fetch_add (1);
        }
    }
    return any;
}

}  // namespace JOIN_ABI
}  // namespace join
