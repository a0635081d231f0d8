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
using detail::Kind;
using detail::Ring;

namespace
{
constexpr int64_t drainTime = 1000 * 1000;  // nanoseconds: far longer than a store stays in a store buffer

// Where publishers fence, this read-modify-write is the fence between the publication and the read of the flags.
uint32_t known (const OwnedRing& ring, uint32_t state) noexcept
{
    return state == detail::fenceBit ? ring.gate ().state.fetch_add (0) : state;
}

// Spsc, shut: a publication that the consumer did not wait for was too late. The
// state settles which of the two came first: the consumer sets askedBit, checks
// again, and replaces it by endedBit; a producer that publishes in between clears it.
bool tooLate (Gate& gate) noexcept
{
    uint32_t state = gate.state.load ();
    while ((state & detail::endedBit) == 0)
    {
        if ((state & detail::askedBit) == 0 || gate.state.compare_exchange_weak (state, state & ~detail::askedBit))
        {
            return false;
        }
    }
    return true;
}

// Spsc, shut and empty: true when no element can come any more.
bool ended (OwnedRing& ring) noexcept
{
    Gate& gate = ring.gate ();
    if ((gate.state.load () & detail::endedBit) != 0)
    {
        return true;
    }
    gate.state.fetch_or (detail::askedBit);
    if (!ring.barrier () && (ring.shared || !ring.fences))
    {
        // The producer might not fence, and no barrier is available: sleep longer than a store stays in a store buffer.
        os::sleepUntil (os::monotonicNow () + drainTime);
    }
    if (ring.head ().load () != ring.tail ().load ())
    {
        return false;
    }
    uint32_t state = gate.state.load ();
    while ((state & detail::askedBit) != 0)
    {
        if (gate.state.compare_exchange_weak (state, (state & ~detail::askedBit) | detail::endedBit))
        {
            return true;
        }
    }
    return (state & detail::endedBit) != 0;
}

bool shut (const Gate& gate) noexcept
{
    return (gate.state.load () & detail::shutMask) != 0;
}

// Mpsc and Mpmc: producers read head alone; all other threads read the gate, which is shut first. The process that shut
// it may have died before it closed head, so every thread that finds the gate shut closes head.
bool closed (const OwnedRing& ring) noexcept
{
    if (!shut (ring.gate ()))
    {
        return false;
    }
    if ((ring.head ().load () & detail::closedBit) == 0)
    {
        ring.head ().fetch_or (detail::closedBit);  // from here on no claim succeeds
    }
    return true;
}

// No claim is in progress, and none will follow.
bool drained (const OwnedRing& ring) noexcept
{
    if (!closed (ring))
    {
        return false;
    }
    const uint64_t head = ring.head ().load ();
    return (head & detail::closedBit) != 0
           && (head & detail::ticketMask) == (ring.tail ().load () & detail::ticketMask);
}

// The number of published elements from that position on, without a gap, counted only up to the number of sleepers. n
// of them are this producer's own. Those that others published after its position while its own were missing could not
// be popped, and their wake-ups came to nothing.
// A hostile process can make the number of sleepers as large as it likes: after maxCounted cells all sleepers are woken.
uint64_t runFrom (const OwnedRing& ring, uint64_t position, uint64_t n, uint32_t takers) noexcept
{
    constexpr uint64_t maxCounted = 1024;
    uint64_t run = n;
    if (ring.kind != Kind::Spsc)
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
    const unsigned shift = kind == Kind::Spsc ? 0 : detail::ticketShift;
    const uint64_t low = (uint64_t (1) << shift) - 1;
    const uint64_t from = tail ().load () & ~low;  // exact while no call is in flight
    const uint64_t to = head ().load () & ~low;
    const int64_t there = static_cast<int64_t> (to - from) >> shift;
    return there < 0 ? 0 : static_cast<uint64_t> (there) > capacity ? capacity : static_cast<uint64_t> (there);
}

// Invariant: where this is true, a pop succeeds or fails for good.
// Otherwise a waiting thread would try again and never sleep.
bool OwnedRing::hasElement () const noexcept
{
    const uint64_t from = tail ().load ();
    if (kind == Kind::Spsc)
    {
        return head ().load () != from || shut (gate ());
    }
    const uint64_t ticket = from & detail::ticketMask;
    return (word (ticket).load () & detail::ticketMask) == ticket + detail::ticketUnit || drained (*this);
}

bool OwnedRing::hasRoom () const noexcept
{
    if (kind == Kind::Spsc)
    {
        return shut (gate ()) || head ().load () - tail ().load () != capacity;
    }
    if (closed (*this))
    {
        return true;
    }
    const uint64_t from = tail ().load ();
    const uint64_t to = head ().load ();
    return (((to & detail::ticketMask) - (from & detail::ticketMask)) >> detail::ticketShift) != capacity;
}

int Ring::published (uint32_t state, uint64_t position, uint64_t n) noexcept
{
    const KeptErrno kept;
    const OwnedRing& ring = own (*this);
    state = known (ring, state);
    if (kind == Kind::Spsc && (state & detail::shutMask) != 0 && tooLate (gate ())
        && tail ().load () != head ().load ())
    {
        return errorShutDown ();  // where the two are equal, the consumer took the element before it ended the queue
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
    state = known (ring, state);
    if ((state & detail::roomMask) == 0)
    {
        return;
    }
    if ((state & (detail::roomUrgent | detail::roomWatched)) == 0)
    {
        const uint64_t now = tail ().load () >> (kind == Kind::Spsc ? 0 : detail::ticketShift);
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
    if (kind != Kind::Spsc)
    {
        closed (own (*this));
    }
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
    pollsBeforeRecovery.store (now - ring.calledAt.load () < frontPatience ? busily : 0);
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
    const bool over = kind == Kind::Spsc ? ended (ring) : drained (ring);
    if (!over && kind != Kind::Spsc)
    {
        looked ();
    }
    return over ? setError (EPIPE, "the queue is shut down, and drained") : static_cast<int> (detail::wouldBlock);
}

bool Ring::isShut () const noexcept
{
    return shut (gate ());
}

}  // namespace JOIN_ABI
}  // namespace join
