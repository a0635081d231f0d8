// SPDX-License-Identifier: MIT
// Publications of elements, room and the end of a queue, with the wake-ups that
// follow them; and the conditions that waits check for them. A publisher loads the
// flags of the eventcounts after each publication, without a fence (eventcount.hpp).
#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "queue/eventcount.hpp"
#include "queue/none.hpp"
#include "queue/recover.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Gate;
using detail::Ring;
using detail::traitsOf;

namespace
{
// Where publishers fence, this read-modify-write is the fence between the publication and the read of the flags.
uint32_t readAfterFence (const OwnedRing& ring, uint32_t state) noexcept
{
    return state == detail::fenceBit ? ring.gate ().state.fetch_add (0) : state;
}

bool isGateShut (const Gate& gate) noexcept
{
    return (gate.state.load () & detail::shutMask) != 0;
}

// Spsc: the consumer has found the queue shut and empty for good.
bool isEnded (const Gate& gate) noexcept
{
    return (gate.state.load () & detail::endedBit) != 0;
}

// Spsc, shut: a publication that the consumer did not wait for is too late. The
// state settles which of the two came first: the consumer sets askedBit, checks
// again, and replaces it by endedBit; a producer that publishes in between clears it.
void objectToEnd (Gate& gate) noexcept
{
    uint32_t state = gate.state.load ();
    while ((state & detail::askedBit) != 0 && !gate.state.compare_exchange_weak (state, state & ~detail::askedBit))
    {
    }
}

// Spsc, shut and empty: ends the queue, unless an element was pushed in the meantime or a producer objects.
void settleEnd (OwnedRing& ring) noexcept
{
    Gate& gate = ring.gate ();
    if (isEnded (gate))
    {
        return;
    }
    gate.state.fetch_or (detail::askedBit);
    if (!ring.barrier () && (ring.shared || !ring.fences))
    {
        os::drainStoreBuffers (os::shortDrain);  // the producer might not fence, and no barrier is available
    }
    if (ring.head ().load () != ring.tail ().load ())
    {
        return;
    }
    uint32_t state = gate.state.load ();
    while ((state & detail::askedBit) != 0
           && !gate.state.compare_exchange_weak (state, (state & ~detail::askedBit) | detail::endedBit))
    {
    }
}

// Mpsc, Mpmc: whether each position that was claimed has been popped.
bool isEmpty (const OwnedRing& ring) noexcept
{
    return (ring.head ().load () & detail::ticketMask) == (ring.tail ().load () & detail::ticketMask);
}

// Mpsc, Mpmc: no claim is in progress, and none will follow.
bool isDrained (const OwnedRing& ring) noexcept
{
    return (ring.head ().load () & detail::closedBit) != 0 && isEmpty (ring);
}

// The number of published elements from that position on, without a gap, counted only up to the number of sleepers. n
// of them are this producer's own. Those that others published after its position while its own were missing could not
// be popped, and their wake-ups came to nothing.
// A hostile process can make the number of sleepers arbitrarily large: after maxCounted cells all sleepers are woken.
uint64_t runFrom (const OwnedRing& ring, uint64_t position, uint64_t n, uint32_t takers) noexcept
{
    constexpr uint64_t maxCounted = 1024;
    uint64_t run = n;
    if (traitsOf (ring.kind).sequenced)
    {
        for (uint64_t at = (position & detail::ticketMask) + n * detail::ticketUnit;
             (run < takers || run == 0) && run < ring.capacity && run < n + maxCounted
             && (ring.word (at).load () & detail::ticketMask) == at + detail::ticketUnit;
             at += detail::ticketUnit)
        {
            ++run;
        }
    }
    return run == n + maxCounted && run < takers ? takers : run;
}
}  // namespace

uint64_t Ring::pending () const noexcept
{
    const unsigned shift = traitsOf (kind).positionShift;
    const uint64_t low = detail::lowBits (kind);
    const uint64_t from = tail ().load () & ~low;  // exact while no call is in flight
    const uint64_t to = head ().load () & ~low;
    const int64_t available = static_cast<int64_t> (to - from) >> shift;
    return available < 0                                  ? 0
           : static_cast<uint64_t> (available) > capacity ? capacity
                                                          : static_cast<uint64_t> (available);
}

// Invariant: where this is true, a pop after completeShutdown () succeeds or fails for good.
// Otherwise a waiting thread would try again and never sleep.
bool OwnedRing::hasElement () const noexcept
{
    const uint64_t from = tail ().load ();
    if (!traitsOf (kind).sequenced)
    {
        return head ().load () != from || isGateShut (gate ());
    }
    const uint64_t ticket = from & detail::ticketMask;
    return (word (ticket).load () & detail::ticketMask) == ticket + detail::ticketUnit
           || (isGateShut (gate ()) && isEmpty (*this));
}

bool OwnedRing::hasRoom () const noexcept
{
    if (isGateShut (gate ()))
    {
        return true;
    }
    const uint64_t low = detail::lowBits (kind);
    const uint64_t from = tail ().load () & ~low;
    const uint64_t to = head ().load () & ~low;
    return (to - from) >> traitsOf (kind).positionShift != capacity;
}

void OwnedRing::completeShutdown () noexcept
{
    if (traitsOf (kind).claims && isGateShut (gate ()) && (head ().load () & detail::closedBit) == 0)
    {
        head ().fetch_or (detail::closedBit);  // from here on no claim succeeds
    }
}

int Ring::published (uint32_t state, uint64_t position, uint64_t n) noexcept
{
    const KeptErrno kept;
    const OwnedRing& ring = own (*this);
    state = readAfterFence (ring, state);
    if (!traitsOf (kind).claims && (state & detail::shutMask) != 0)
    {
        objectToEnd (gate ());
        if (isEnded (gate ()) && tail ().load () != head ().load ())
        {
            return errorShutDown ();  // if the two are equal, the consumer took the element before it ended the queue
        }
    }
    if ((state & detail::elementMask) != 0)
    {
        EventCount event (gate (), Side::Element, ring.shared);
        const uint32_t takers = event.takersAsleep ();
        event.wake (state, runFrom (ring, position, n, takers), takers);
    }
    return 0;
}

// A producer whose sleeps are short is woken late, when it has half of the ring
// to fill: a wake-up at the first free cell would let it push one element and
// sleep again. A further wake-up follows only when that producer has not kept up.
void Ring::popped (uint32_t state, uint64_t n) noexcept
{
    const KeptErrno kept;
    OwnedRing& ring = own (*this);
    state = readAfterFence (ring, state);
    if ((state & detail::roomMask) == 0)
    {
        return;
    }
    if ((state & (detail::roomUrgent | detail::roomWatched)) == 0)
    {
        const uint64_t now = tail ().load () >> traitsOf (kind).positionShift;
        const bool again = now - ring.wokenAt.get () < capacity / 8;
        if (again || pending () > capacity / 2)
        {
            return;
        }
        ring.wokenAt.set (now);
        n = 1;
    }
    EventCount (gate (), Side::Room, ring.shared).wake (state, n);
}

int Ring::shutdown () noexcept
{
    if (isNone ())
    {
        return failNone ();
    }
    gate ().state.fetch_or (detail::shutBit);
    own (*this).completeShutdown ();
    const bool shared = own (*this).shared;
    EventCount (gate (), Side::Element, shared).wakeAll ();
    EventCount (gate (), Side::Room, shared).wakeAll ();
    return 0;
}

// For consumers that poll and never wait. It checks for dead producers at most once
// a millisecond, so a death may be noticed that much later. A consumer that polls
// busily reads the clock at every eighth poll; one that polls seldom, at each poll.
void Ring::looked () noexcept
{
    constexpr uint64_t busily = 7;
    OwnedRing& ring = own (*this);
    const int64_t now = os::monotonicNow ();
    claimConsumers.pollsBeforeRecovery.store (now - ring.calledAt.load () < frontPatience ? busily : 0);
    ring.calledAt.store (now);
    if (now - ring.lookedAt.load () >= frontPatience)
    {
        const KeptErrno kept;
        ring.lookedAt.store (now);
        if (isStuck (ring))
        {
            recover (ring);
        }
    }
}

int Ring::dry () noexcept
{
    const KeptErrno kept;
    if (isNone ())
    {
        return failNone ();
    }
    OwnedRing& ring = own (*this);
    if (!traitsOf (kind).claims)
    {
        settleEnd (ring);
        return isEnded (gate ()) ? failDrained () : static_cast<int> (detail::wouldBlock);
    }
    ring.completeShutdown ();
    if (isDrained (ring))
    {
        return failDrained ();
    }
    looked ();
    return static_cast<int> (detail::wouldBlock);
}

bool Ring::isShut () const noexcept
{
    return isGateShut (gate ());
}

}  // namespace JOIN_ABI
}  // namespace join
