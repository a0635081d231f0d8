// SPDX-License-Identifier: MIT
// Sleeping, waking, and the end. Publishers pay nothing for those who sleep but a load: whoever wants to sleep says so,
// executes a membarrier (2), and looks again. Either his barrier comes before the publisher's load, and that sees him; or
// behind it, and he sees the publication, which came before the load.
#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "os/threads.hpp"
#include "queue/participants.hpp"
#include "queue/recover.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Deadline;
using detail::Gate;
using detail::Kind;
using detail::Ring;

namespace
{
constexpr int64_t spinTime = 4000;               // nanoseconds, before a sleep that costs more than that
constexpr int64_t sleepMost = 50 * 1000 * 1000;  // a publisher that dies before it wakes is made up for by this alone
constexpr int64_t sleepShort = 1000 * 1000;      // where no barrier is to be had
constexpr int64_t patience = 1000 * 1000;        // with an element that is claimed and not there: is its owner dead?

void wake (Gate& gate, std::atomic<uint32_t>& event, uint32_t bit, bool shared) noexcept
{
    gate.state.fetch_and (~bit);  // whoever dies asleep costs one wake-up, and no more
    event.fetch_add (1);
    os::wakeAll (event, shared);
}

// A read-modify-write is the fence, between the publication and the look.
uint32_t known (const OwnedRing& ring, uint32_t state) noexcept
{
    return state == detail::fenceBit ? ring.gate ().state.fetch_add (0) : state;
}

bool singleCpu () noexcept
{
    static const bool single = os::usableCpus () == 1;
    return single;
}

template <typename Ready>
bool spin (const Ready& ready, int64_t until) noexcept
{
    if (singleCpu ())
    {
        os::yieldCpu ();
        return ready ();
    }
    const int64_t start = os::now ();
    int64_t now = start;
    while (now - start < spinTime && now < until)
    {
        for (int i = 0; i < 16; ++i)
        {
            if (ready ())
            {
                return true;
            }
            detail::relax ();
        }
        now = os::now ();
    }
    return ready ();
}

// Where a filter forbids futexes nobody can be woken: whoever waits looks again by himself.
void sleep (const std::atomic<uint32_t>& event, uint32_t before, bool shared, int64_t until) noexcept
{
    const int error = os::sleepOn (event, before, shared, until);
    if (error != 0 && error != EAGAIN && error != EINTR && error != ETIMEDOUT)
    {
        const int64_t soon = os::now () + sleepShort;
        os::sleepUntil (soon < until ? soon : until);
    }
}

// What the deaths of others have to do with a wait.
enum class Front
{
    Fine,
    Late,       // claimed and not there: its owner is at work, or dead
    Abandoned,  // nobody is left to push
};

// What waits for room has nothing to mend: a popper makes it.
Front nobodyIsDead (OwnedRing&, bool) noexcept
{
    return Front::Fine;
}

// What is late is mended, unless this was the first look.
Front lookAtFront (OwnedRing& ring, bool again) noexcept
{
    if (isStuck (ring) && (!again || recover (ring) == 0))
    {
        return Front::Late;
    }
    if (!ring.ownerDead || !isAbandoned (ring))
    {
        return Front::Fine;
    }
    return isStuck (ring) ? Front::Late : Front::Abandoned;  // who is dead may have come, and claimed, meanwhile
}

// 0: look again; -1: the time is up, nobody is left, or the call was cancelled.
template <typename Ready, typename Look>
int await (OwnedRing& ring, std::atomic<uint32_t>& event, uint32_t bit, Deadline deadline, const Ready& ready,
           const Look& look) noexcept
{
    if (deadline.at != 0 && spin (ready, deadline.at))
    {
        return 0;
    }
    for (bool again = false;; again = true)
    {
        const uint32_t before = event.load ();
        if (ring.cancelled.load ())
        {
            return say (ECANCELED, "the queue was closed while the call waited");
        }
        const int64_t now = os::now ();
        if (now >= deadline.at)
        {
            return ready () ? 0 : say (ETIMEDOUT, "the time is up");
        }
        ring.gate ().state.fetch_or (bit);
        const bool sure = ring.barrier ();
        if (ready ())
        {
            return 0;  // the bit stays: it costs somebody one look
        }
        const Front front = look (ring, again);
        if ((again || front == Front::Abandoned) && ready ())
        {
            return 0;  // what the dead had pushed comes first
        }
        if (front == Front::Abandoned)
        {
            return say (EOWNERDEAD, "nobody is left who pushes, and the last of them did not leave, but died");
        }
        const int64_t most = now + (front == Front::Late ? patience : sure ? sleepMost : sleepShort);
        sleep (event, before, ring.shared, most < deadline.at ? most : deadline.at);
        if (ready ())
        {
            return 0;
        }
    }
}

// Spsc, shut: a publication that the popper did not wait for was too late. Which of the two came first is settled by
// the state: the popper says that he makes sure, looks again, and ends it; whoever publishes in between takes that back.
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

// Spsc, shut and empty: true when nothing comes any more.
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
        // Its pusher may not fence, and no barrier is to be had here: longer than a store stays in a store buffer.
        os::sleepUntil (os::now () + sleepShort);
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

// Many pushers: they look at head alone, all others at the gate, which is shut first. Whoever shut it may have died before
// he closed head: so each who comes by does.
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

// No claim is under way, and none will be.
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
}  // namespace

bool OwnedRing::barrier () const noexcept
{
    return !fences && (shared ? os::globalBarrier () : os::barrierEverywhere ()) == 0;
}

// What is true here is done by a pop, or refused by it: or whoever waits would never sleep.
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

int Ring::published (uint32_t state) noexcept
{
    const OwnedRing& ring = own (*this);
    state = known (ring, state);
    if (kind == Kind::Spsc && (state & detail::shutMask) != 0 && tooLate (gate ())
        && tail ().load () != head ().load ())
    {
        return refusePush ();  // where the two are equal, the popper had taken it, and ended the queue behind it
    }
    if ((state & detail::poppersWait) != 0)
    {
        wake (gate (), gate ().pushed, detail::poppersWait, ring.shared);
    }
    return 0;
}

void Ring::popped (uint32_t state) noexcept
{
    if ((known (own (*this), state) & detail::pushersWait) != 0)
    {
        wake (gate (), gate ().popped, detail::pushersWait, own (*this).shared);
    }
}

int Ring::awaitElement (Deadline deadline) noexcept
{
    OwnedRing& ring = own (*this);
    return await (
        ring, gate ().pushed, detail::poppersWait, deadline, [&] { return ring.hasElement (); }, lookAtFront);
}

int Ring::awaitRoom (Deadline deadline) noexcept
{
    OwnedRing& ring = own (*this);
    return await (
        ring, gate ().popped, detail::pushersWait, deadline, [&] { return ring.hasRoom (); }, nobodyIsDead);
}

Deadline Ring::deadlineIn (int64_t nanoseconds) noexcept
{
    if (nanoseconds <= 0)
    {
        return Deadline {0};
    }
    const int64_t now = os::now ();
    return Deadline {nanoseconds > Deadline::never - now ? Deadline::never : now + nanoseconds};
}

void Ring::yield () noexcept
{
    os::yieldCpu ();
}

int Ring::shutdown () noexcept
{
    gate ().state.fetch_or (detail::shutBit);
    if (kind != Kind::Spsc)
    {
        closed (own (*this));
    }
    const bool shared = own (*this).shared;
    wake (gate (), gate ().pushed, detail::poppersWait, shared);
    wake (gate (), gate ().popped, detail::pushersWait, shared);
    return 0;
}

void Ring::cancel () noexcept
{
    OwnedRing& ring = own (*this);
    ring.cancelled.store (true);
    wake (gate (), gate ().pushed, 0, ring.shared);
    wake (gate (), gate ().popped, 0, ring.shared);
}

// Poppers that poll and never wait: at most once a millisecond, so that one who looks away in between is late by that much.
// Whoever polls busily asks for the time at every eighth poll only; whoever polls seldom, at each.
void Ring::looked () noexcept
{
    constexpr uint64_t busily = 7;
    OwnedRing& ring = own (*this);
    const int64_t now = os::now ();
    looksLeft.store (now - ring.calledAt.load () < patience ? busily : 0);
    ring.calledAt.store (now);
    if (now - ring.lookedAt.load () >= patience)
    {
        ring.lookedAt.store (now);
        if (isStuck (ring))
        {
            recover (ring);
        }
    }
}

int Ring::dry () noexcept
{
    OwnedRing& ring = own (*this);
    const bool over = kind == Kind::Spsc ? ended (ring) : drained (ring);
    if (!over && kind != Kind::Spsc)
    {
        looked ();
    }
    return over ? say (EPIPE, "the queue is shut down, and drained") : static_cast<int> (detail::wouldBlock);
}

bool Ring::isShut () const noexcept
{
    return shut (gate ());
}

}  // namespace JOIN_ABI
}  // namespace join
