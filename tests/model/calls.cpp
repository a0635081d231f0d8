// SPDX-License-Identifier: MIT
// The calls that a thread of the model makes, and how the state around them is observed.
#include "owned_ring.hpp"

#include "arena.hpp"
#include "running.hpp"
#include "world.hpp"

#include "../../src/queue/recover.hpp"
#include "../../src/queue/wait.hpp"
#include "os/barrier.hpp"
#include "os/files.hpp"

namespace model
{
using join::OwnedRing;
using join::detail::AnySize;
using join::detail::Deadline;
using join::detail::FixedSize;
using join::detail::One;
using join::detail::Some;

namespace
{
constexpr uint32_t elementSize = 16;
constexpr Deadline never = {Deadline::never};
template <bool Recoverable>
using MpscRing = join::detail::ClaimRing<false, Recoverable>;
template <bool Recoverable>
using MpmcRing = join::detail::ClaimRing<true, Recoverable>;

void mark (Mark place) noexcept
{
    if (running != nullptr)
    {
        running->mark (place);
    }
}

// The algorithm as blocking calls run it: each attempt is marked.
template <typename Algorithm>
struct Again
{
    template <typename... Arguments>
    static int64_t push (join::detail::Ring& ring, Arguments... arguments) noexcept
    {
        mark (Mark::Try);
        return told (Algorithm::push (ring, arguments...));
    }

    template <typename... Arguments>
    static int64_t pop (join::detail::Ring& ring, Arguments... arguments) noexcept
    {
        mark (Mark::Try);
        return told (Algorithm::pop (ring, arguments...));
    }

private:
    static int64_t told (int64_t result) noexcept
    {
        if (result == join::detail::wouldBlock)
        {
            mark (Mark::Tried);
        }
        return result;
    }
};

constexpr int64_t oneDone (int result) noexcept
{
    return result == 0 ? 1 : -1;
}

join::detail::Slot& slotOf (uint64_t number) noexcept
{
    return reinterpret_cast<join::detail::Slot*> (arena ().bytes () + sizeof (join::detail::Control))[number - 1];
}

// A planted mistake, if requested: asks which producers are dead before anything else.
void foresee () noexcept
{
    if (running == nullptr || running->mutant.mistake != Mistake::Early)
    {
        return;
    }
    for (uint32_t slot = 1; slot <= running->world.slotCount (); ++slot)
    {
        bool held = true;
        join::os::slotHeld (0, slot, &held);
        running->foresight.at (slot) = held;
    }
    running->foreseen = true;
}

// A planted mistake: stores tail, and copies the element afterwards.
int64_t popEarlyFrom (OwnedRing& ring, void* to) noexcept
{
    const uint64_t tail = ring.tail ().load (std::memory_order_relaxed);
    const uint64_t cell = (tail >> join::detail::ticketShift) & ring.mask;
    const char* const word = ring.words + cell * ring.wordStride;
    const uint64_t found =
        reach (word, 8, Access {Kind::Load, Order::Acquire, Order::Acquire, 0, 0, 0, nullptr}, nullptr, 0);
    if ((found & join::detail::ticketMask) != tail + join::detail::ticketUnit)
    {
        return 0;
    }
    ring.tail ().store (tail + join::detail::ticketUnit, std::memory_order_release);
    join::detail::PlainCopy::out (static_cast<char*> (to), ring.elements + cell * ring.stride,
                                  FixedSize<elementSize> (), 1);
    return 1;
}
}  // namespace

template <typename Algorithm, typename Size>
void World::callBy (unsigned thread, Size size, const Step& step, const void* from, Outcome* outcome) noexcept
{
    OwnedRing& ring = ringOf (thread);
    void* const to = outcome->elements;
    const Some some = {step.n};
    const bool one = step.n == 1;
    switch (step.call)
    {
        case Call::Push:
        case Call::PushLast:
            outcome->result =
                one ? Algorithm::push (ring, size, from, One ()) : Algorithm::push (ring, size, from, some);
            return;
        case Call::PushWait:
            outcome->result = one ? oneDone (join::detail::pushOne<Again<Algorithm>> (ring, size, from, never))
                                  : join::detail::pushAll<Again<Algorithm>> (ring, size, from, step.n, never);
            return;
        case Call::Pop:
            outcome->result = one ? Algorithm::pop (ring, size, to, One ()) : Algorithm::pop (ring, size, to, some);
            return;
        case Call::PopWait:
            outcome->result = one ? oneDone (join::detail::popOne<Again<Algorithm>> (ring, size, to, never))
                                  : join::detail::popAll<Again<Algorithm>> (ring, size, to, step.n, never);
            return;
        case Call::PopToEnd:
            outcome->result = oneDone (join::detail::popOne<Again<Algorithm>> (ring, size, to, never));
            return;
        default:
            return;
    }
}

template <typename Algorithm>
void World::callOf (unsigned thread, const Step& step, const void* from, Outcome* outcome) noexcept
{
    _setup.apart ? callBy<Algorithm> (thread, AnySize {elementSize}, step, from, outcome)
                 : callBy<Algorithm> (thread, FixedSize<elementSize> (), step, from, outcome);
}

void World::callByPolicy (unsigned thread, const Step& step, const void* from, Outcome* outcome) noexcept
{
    switch (_setup.policy)
    {
        case Policy::Spsc:
            return callOf<join::detail::SpscRing> (thread, step, from, outcome);
        case Policy::Mpsc:
            return _setup.slots ? callOf<MpscRing<true>> (thread, step, from, outcome)
                                : callOf<MpscRing<false>> (thread, step, from, outcome);
        default:
            return _setup.slots ? callOf<MpmcRing<true>> (thread, step, from, outcome)
                                : callOf<MpmcRing<false>> (thread, step, from, outcome);
    }
}

void World::run (unsigned thread, const Step& step, uint8_t nextElement, Outcome* outcome) noexcept
{
    uint64_t from[batchMost][2];
    for (uint8_t i = 0; i < batchMost; ++i)
    {
        from[i][0] = firstWord (static_cast<uint8_t> (nextElement + i));
        from[i][1] = secondWord (static_cast<uint8_t> (nextElement + i));
    }
    switch (step.call)
    {
        case Call::Shutdown:
            outcome->result = ringOf (thread).shutdown ();
            return;
        case Call::Leave:
            leaveBy (thread, step.n);
            return;
        case Call::Enter:
            outcome->result = ringOf (thread).enter () != nullptr ? 1 : -1;
            return;
        case Call::Another:
            outcome->result = _rings.back ()->enter () != nullptr ? 1 : -1;
            return;
        case Call::Inquire:
        case Call::InquireOnce:
        case Call::InquireLast:
            join::os::globalBarrier ();  // as a thread does that is about to sleep
            outcome->result = askedBy (thread, step.call);
            return;
        case Call::AwaitElement:
        {
            join::detail::Attempts attempts;
            outcome->result = oneDone (
                join::Wait (ringOf (thread), join::Side::Element, join::Role::Observer, never, attempts).run ());
            return;
        }
        case Call::Observe:
            observe (thread, outcome);
            return;
        case Call::MendLast:
            join::os::globalBarrier ();  // time passes, so the other threads' writes become visible
            join::recover (ringOf (thread));
            return;
        case Call::Mend:
            foresee ();
            join::recover (ringOf (thread));
            return;
        case Call::PushLast:
            join::os::globalBarrier ();
            break;
        case Call::PopEarly:
            outcome->result = popEarlyFrom (ringOf (thread), outcome->elements);
            return;
        default:
            break;
    }
    callByPolicy (thread, step, from, outcome);
}

void World::call (unsigned thread, const Step& step, uint8_t nextElement, Outcome* outcome) noexcept
{
    *outcome = Outcome ();
    become (thread);
    threadError ()->assign (0, nullptr);
    usesSet (step.call) ? callSet (thread, step, nextElement, outcome) : run (thread, step, nextElement, outcome);
    outcome->error = threadError ()->value ();
}

// As recovery does it: from head down to tail, each claim by its slot or, where the slot has moved on, by its first
// cell.
void World::observe (unsigned thread, Outcome* outcome) noexcept
{
    const OwnedRing& ring = ringOf (thread);
    const uint64_t head = ring.head ().load (std::memory_order_acquire);
    const int low = ticketOf (ring.tail ().load (std::memory_order_acquire));
    int end = ticketOf (head);
    uint64_t slot = head & join::detail::slotMask;
    if (end < low || end - low > _setup.capacity)
    {
        return;  // the queue has moved on
    }
    while (end > low)
    {
        if (slot == 0 || slot > _setup.slotCount)
        {
            outcome->fault = "the claim log leads to no slot";
            return;
        }
        const uint64_t claim = slotOf (slot).claim.load (std::memory_order_acquire);
        int begin = ticketOf (claim);
        uint64_t before = claim & join::detail::slotMask;
        if (begin >= end && !claimOfCells (ring, low, end, &begin, &before, outcome))
        {
            return;
        }
        outcome->claim[outcome->claims++] = Claim {static_cast<uint8_t> (begin), static_cast<uint8_t> (end),
                                                   static_cast<uint8_t> (slot), static_cast<uint8_t> (before)};
        end = begin;
        slot = before;
    }
}

// The slot has moved on, so its claim is published, and the cells show where it begins. Returns false if it has been
// popped.
bool World::claimOfCells (const OwnedRing& ring, int low, int end, int* begin, uint64_t* before,
                          Outcome* outcome) const noexcept
{
    for (int ticket = end - 1; ticket >= low; --ticket)
    {
        const uint64_t cell = (_base + static_cast<uint64_t> (ticket)) & ring.mask;
        const auto& cellWord =
            *reinterpret_cast<const join::std::atomic<uint64_t>*> (ring.words + cell * ring.wordStride);
        const uint64_t word = cellWord.load (std::memory_order_acquire);
        if (ticketOf (word) > ticket + 1)
        {
            return false;  // a word of a later lap
        }
        if (ticketOf (word) != ticket + 1)
        {
            outcome->fault = "a slot was overwritten before its claim was published";
            return false;
        }
        if ((word & join::detail::firstBit) != 0)
        {
            *begin = ticket;
            *before = word & join::detail::slotMask;
            return true;
        }
    }
    return false;
}

}  // namespace model
