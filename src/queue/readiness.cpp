// SPDX-License-Identifier: MIT
// Decides from head and tail, read at one moment, and from the cells between them.
#include "queue/readiness.hpp"

namespace join
{
inline namespace JOIN_ABI
{
using detail::skippedBit;
using detail::ticketMask;
using detail::ticketUnit;
using detail::traitsOf;

namespace
{
struct Positions
{
    uint64_t tail;    // shifted as in the segment, without the bits below
    uint64_t used;    // positions from tail to head
    bool consistent;  // head and tail were read at one moment
};

// Reads tail before and after head. If tail was the same, both values held when head was read. A consumer that is
// faster than these loads moves tail each time; then head - tail proves nothing, and `consistent` is false.
Positions positionsOf (const OwnedRing& ring) noexcept
{
    constexpr int maxReads = 4;
    const uint64_t low = detail::lowBits (ring.kind);
    const unsigned shift = traitsOf (ring.kind).positionShift;
    Positions positions = {};
    uint64_t tail = ring.tail ().load ();
    for (int reads = 0; reads < maxReads && !positions.consistent; ++reads)
    {
        const uint64_t head = ring.head ().load ();
        const uint64_t again = ring.tail ().load ();
        positions.tail = tail & ~low;
        positions.used = ((head & ~low) - (tail & ~low)) >> shift;
        positions.consistent = again == tail;
        tail = again;
    }
    return positions;
}

// Whether `amount` elements are published from the tail on, without a gap. Skipped cells do not count, but a pop has to
// pass them so that producers get room: a skipped cell at the front makes the queue ready, as it does for a pop that
// waits, and so does a full ring without a gap.
bool arePublished (const OwnedRing& ring, const Positions& positions, uint64_t amount) noexcept
{
    if (!traitsOf (ring.kind).sequenced)
    {
        return positions.used >= amount;
    }
    uint64_t ticket = positions.tail;
    uint64_t found = 0;
    for (uint64_t cells = 0; found < amount; ++cells, ticket += ticketUnit)
    {
        const uint64_t word = cells < positions.used ? ring.word (ticket).load () : 0;
        if (cells == positions.used || (word & ticketMask) != ticket + ticketUnit)
        {
            return cells == ring.capacity;
        }
        const bool isSkipped = (word & skippedBit) != 0;
        if (cells == 0 && (isSkipped || positions.used < amount))
        {
            return isSkipped;
        }
        found += isSkipped ? 0 : 1;
    }
    return true;
}

// Of a queue that is shut down: whether no element is left, and none will come. Exception: an element that the producer
// of a Spsc published during the shutdown may still come; the consumer's pop decides.
bool isDrained (const OwnedRing& ring, const Positions& positions) noexcept
{
    const bool closed = !traitsOf (ring.kind).claims || (ring.head ().load () & detail::closedBit) != 0;
    return closed && positions.used == 0;
}
}  // namespace

Readiness readiness (const OwnedRing& ring, Side side, uint64_t amount) noexcept
{
    const Positions positions = positionsOf (ring);
    if (positions.used > ring.capacity)
    {
        return positions.consistent ? Readiness::Damaged : Readiness::Wait;
    }
    const bool shut = ring.isShut ();
    if (side == Side::Room)
    {
        return shut ? Readiness::Ended : ring.capacity - positions.used >= amount ? Readiness::Ready : Readiness::Wait;
    }
    if (arePublished (ring, positions, shut ? 1 : amount))
    {
        return Readiness::Ready;
    }
    return shut && isDrained (ring, positions) ? Readiness::Ended : Readiness::Wait;
}

}  // namespace JOIN_ABI
}  // namespace join
