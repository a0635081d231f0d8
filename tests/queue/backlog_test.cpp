// SPDX-License-Identifier: MIT
// The cost of a call among dead and stopped producers does not grow with the backlog: 2^20 elements, 1022 slots. The
// tests count instructions and system calls; they judge no time.
#include "bounds.hpp"
#include "victim.hpp"
#include "waiting.hpp"

#include <array>

namespace
{
/// Pops all elements and returns their number; one pop takes 64 KiB.
template <typename Queue>
uint64_t popAll (Queue& queue, std::vector<uint64_t>& room)
{
    uint64_t sum = 0;
    int64_t got = 0;
    while ((got = queue.tryPop (room.data (), room.size ())) > 0)
    {
        sum += static_cast<uint64_t> (got);
    }
    return sum;
}

/// Leaves all slots of the queue to dead producers; the first one has filled all of the queue but a few cells.
template <typename Queue>
void dieWithAllSlots (Queue& queue, uint32_t slots, uint64_t backlog)
{
    crash::Gate filled;
    const pid_t pid = crash::start ([&] {
        std::atomic<bool> isFirst {true};
        const Threads threads (slots, [&] {
            const std::vector<uint64_t> many (16, 7);
            for (uint64_t left = isFirst.exchange (false) ? backlog - slots + 1 : 1; left != 0;)
            {
                const int64_t done = queue.tryPush (many.data (), left < many.size () ? left : many.size ());
                if (done == -1)
                {
                    return false;
                }
                left -= static_cast<uint64_t> (done);
            }
            return true;
        });
        if (threads.right ())
        {
            filled.open ();
        }
        ::pause ();
        return 0;
    });
    filled.wait ();
    ::kill (pid, SIGKILL);
    crash::await (pid);
}

/// The cost of a first push that finds every slot owned by a dead producer.
Cost firstPush (uint32_t slots, uint64_t backlog)
{
    Made<ShmMpmc> made (2 * backlog, join::MemOptions (), withSlots (slots));
    dieWithAllSlots (made.queue, slots, backlog);
    const Cost cost = costOf (
        mostInstructions, [] {}, [&] { made->tryPush (1); });
    CHECK (made->stats ().deaths == slots);
    return cost;
}

/// Stores what producers leave that die in a push of one element, one for each slot from the second on: claims without
/// a publication, each followed by `elements` elements of the first producer. Returns the number of claims.
uint64_t leaveClaims (Raw& raw, uint64_t elements)
{
    using namespace join::detail;
    Slot* const slots = reinterpret_cast<Slot*> (&raw.control () + 1);
    const uint64_t capacity = raw.control ().identity.capacity;
    const auto claim = [&] (uint32_t number) {
        const uint64_t head = raw.control ().head.value;
        slots[number - 1].claim = head;
        raw.control ().head.value = ((head & ticketMask) + ticketUnit) | number;
        return head;
    };
    for (uint32_t number = 2; number <= raw.control ().identity.slotCount; ++number)
    {
        claim (number);
        for (uint64_t i = 0; i < elements; ++i)
        {
            const uint64_t head = claim (1);
            const uint64_t cell = (head >> ticketShift) & (capacity - 1);
            raw.put<uint64_t> (raw.control ().identity.elementsOffset + cell * raw.control ().identity.stride,
                               ((head & ticketMask) + ticketUnit) | firstBit | (head & slotMask));
        }
    }
    return raw.control ().identity.slotCount - 1;
}
}  // namespace

TEST_CASE ("first push cost is independent of the backlog", "[queue][backlog][traced][exact]")
{
    const Cost small = firstPush (64, 1024);
    const Cost large = firstPush (64, million);
    std::printf ("first push, 64 dead slots: %llu instructions with a backlog of 2^10, %llu with 2^20\n",
                 static_cast<unsigned long long> (small.instructions),
                 static_cast<unsigned long long> (large.instructions));
    CHECK (large.instructions < mostInstructions);
    // Recovery finds the end of a dead producer's claim by bisection, which takes ten steps more in the large backlog, of
    // some 20 instructions each. How many of the 64 claims need it depends on how the threads' pushes interleave.
    CHECK (large.instructions < small.instructions + 64 * 10 * 30);
}

TEST_CASE ("one walk recovers 1022 dead slots", "[queue][backlog][exact]")
{
    for (const bool scattered : {false, true})
    {
        INFO ((scattered ? "scattered" : "adjacent"));
        Made<ShmMpmc> made (million, join::MemOptions (), withSlots (allSlots));
        dieWithAllSlots (made.queue, allSlots, 2 * allSlots);
        Raw raw (made.name.text);
        const uint64_t skipped = leaveClaims (raw, scattered ? 500 : 0);
        const uint64_t pending = made->pending ();
        const uint64_t calls = callsOf (
            20 * allSlots, [] {}, [&] { made->tryPush (9); });
        std::printf ("1022 dead slots: %llu system calls\n", static_cast<unsigned long long> (calls));
        // The library probes each lock twice, and checks the file's identity before and after.
        CHECK (calls <= 7 * allSlots);
        CHECK (made->stats ().deaths == allSlots);
        CHECK (made->stats ().skipped == skipped);
        std::vector<uint64_t> all (pending + 1);
        CHECK (popAll (made.queue, all) == pending + 1 - skipped);
    }
}

namespace
{
/// The cost of 4 polls, a millisecond apart, while a producer is stopped in a push of `claim` elements and others have
/// pushed `backlog` elements after it.
template <typename Kind>
Cost pollStopped (uint64_t claim, uint64_t backlog)
{
    using Page = std::array<uint64_t, 1>;
    Made<Kind> made (2 * million);
    const Page element = {5};
    Victim victim (Victim::End::Stopped, element.data (), 0, sizeof (element),
                   [&] (const void* from) { return made->tryPush (static_cast<const uint64_t*> (from), claim) == -1; });
    REQUIRE (victim.isStopped ());
    const std::vector<uint64_t> many (1024, 7);
    for (uint64_t i = 0; i < backlog; i += 2)
    {
        REQUIRE (made->tryPush (7) == 0);
        REQUIRE (made->tryPush (many.data (), 1) == 1);
    }
    uint64_t got = 0;
    testClock = 1000000000;
    return costOf (
        mostInstructions, [&] { made->tryPop (got); },
        [&] {
            for (int i = 0; i < 4; ++i)
            {
                testClock += 1000000;
                if (made->tryPop (got) != -1)
                {
                    ::_exit (1);
                }
            }
        });
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("poll cost after a stopped producer is constant", "[queue][backlog][traced][exact]",
                         SharedClaimKinds)
{
    const Cost small = pollStopped<TestType> (1, 1024);
    const Cost large = pollStopped<TestType> (1, million);
    const Cost batch = pollStopped<TestType> (million / 2, million);
    testClock = 0;
    std::printf ("4 polls: %llu instructions with a backlog of 2^10, %llu with 2^20, %llu after a claim of 2^19\n",
                 static_cast<unsigned long long> (small.instructions),
                 static_cast<unsigned long long> (large.instructions),
                 static_cast<unsigned long long> (batch.instructions));
    CHECK (small.instructions < 30000);
    CHECK (large.instructions < small.instructions + 4 * 500);
    CHECK (batch.instructions < small.instructions + 4 * 500);
}

TEST_CASE ("one recovery passes many dead producers", "[queue][backlog]")
{
    for (const uint64_t between : {0U, 500U})
    {
        Made<ShmMpmc> made (million, join::MemOptions (), withSlots (allSlots));
        dieWithAllSlots (made.queue, allSlots, 2 * allSlots);
        std::vector<uint64_t> all (million);
        REQUIRE (made->pop (all.data (), 2 * allSlots) == 0);
        Raw raw (made.name.text);
        const uint64_t skipped = leaveClaims (raw, between);
        testClock = 1000000000;
        int polls = 0;
        int64_t got = -1;
        for (; got == -1 && polls < 10; ++polls, testClock += 1000000)
        {
            got = made->tryPop (all.data (), all.size ());
        }
        testClock = 0;
        CHECK (made->stats ().skipped == skipped);
        CHECK ((got > 0 ? static_cast<uint64_t> (got) : 0) + popAll (made.queue, all) == skipped * between);
    }
}

TEST_CASE ("wrong number of sleepers makes no push walk the ring", "[queue][backlog][exact]")
{
    Made<ShmMpmc> made (million);
    REQUIRE (made->tryPush (1) == 0);
    Raw raw (made.name.text);
    const join::detail::Control& control = raw.control ();
    REQUIRE (control.identity.sequencesOffset == 0);  // a word stands before each element
    for (uint64_t ticket = 0; ticket < million; ++ticket)
    {
        // As if all cells were published.
        raw.put (control.identity.elementsOffset + ticket * control.identity.stride, (ticket + 1)
                                                                                         << join::detail::ticketShift);
    }
    raw.control ().gate.consumersAsleep = UINT32_MAX;
    raw.control ().gate.state.fetch_or (join::detail::elementMask);
    const Cost cost = costOf (
        mostInstructions, [&] { made->tryPush (2); },
        [&] {
            raw.control ().gate.state.fetch_or (join::detail::elementMask);
            made->tryPush (3);
        });
    std::printf ("push beside 2^32 sleepers that do not exist: %llu instructions\n",
                 static_cast<unsigned long long> (cost.instructions));
    CHECK (cost.instructions < mostInstructions / 4);
}
