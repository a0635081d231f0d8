// SPDX-License-Identifier: MIT
// A segment damaged by a peer harms no process: no access goes outside the segment, and every call returns.
#include "raw.hpp"
#include "scale.hpp"

#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using join::detail::closedBit;
using join::detail::firstBit;
using join::detail::skippedBit;
using join::detail::ticketUnit;

namespace
{
template <std::size_t Bytes>
struct Element
{
    unsigned char bytes[Bytes];
};

std::vector<uint64_t> boundaries ()
{
    std::vector<uint64_t> values = {0, 1, 2, 3, 7, 8, 9, 0xff, 0x100, 0x200, 0x400, 0x700, UINT32_MAX, UINT64_MAX};
    for (const uint64_t ticket : {uint64_t (0), uint64_t (2), uint64_t (3), uint64_t (4), uint64_t (8), uint64_t (11),
                                  uint64_t (12), uint64_t (1) << 51, (uint64_t (1) << 52) - 1})
    {
        for (const uint64_t low : {uint64_t (0), uint64_t (1), firstBit, skippedBit, closedBit | 1, uint64_t (1023)})
        {
            values.push_back (ticket * ticketUnit + low);
        }
    }
    values.push_back (uint64_t (1) << 63);
    values.push_back (INT64_MAX);
    return values;
}

// Two slots, so that few words are damaged.
join::QueueOptions few ()
{
    join::QueueOptions options;
    options.maxProducers = 2;
    return options;
}

// Runs every call on a queue of eight cells with three elements, one word of which is wrong.
template <typename Kind, typename T>
std::string damagedAt (uint64_t offset, uint64_t value)
{
    const OwnName name;
    auto queue = openQueue<Kind, T> (8, name.text, join::MemOptions (), few ());
    Raw raw (name.text);
    T element = {};
    for (int i = 0; i < 5; ++i)
    {
        queue.tryPush (element);
    }
    queue.tryPop (element);
    queue.tryPop (element);
    fenceIn (name.path ());
    raw.put (offset, value);
    std::string complaint = everyCall<Kind, T> (queue, 20us);
    if (complaint.empty ())
    {
        raw.put (offset, value);
        auto late = openQueue<Kind, T> (8, name.text);
        complaint = everyCall<Kind, T> (late, 20us);
        late.shutdown ();
        complaint = complaint.empty () ? everyCall<Kind, T> (late, 20us) : complaint;
    }
    if (complaint.empty () && !untouchedBeyond (raw, raw.control ().identity.segmentSize))
    {
        complaint = "bytes beyond the segment were written";
    }
    return complaint;
}

// Tries all values at that offset, in a process of its own with a watchdog.
template <typename Kind, typename T>
std::string damagedAt (uint64_t offset)
{
    static uint64_t* const now = static_cast<uint64_t*> (crash::sharedPages (sizeof (uint64_t)));
    const std::string complaint = crash::judge ([&] (crash::Verdict& verdict) {
        const std::vector<uint64_t> values = boundaries ();
        const uint64_t every = scaled (5, 1, 1);
        for (std::size_t i = offset / 4 % every; i < values.size (); i += every)
        {
            const uint64_t value = values[i];
            *now = value;
            const std::string wrong = damagedAt<Kind, T> (offset, value);
            if (!wrong.empty ())
            {
                verdict.say (wrong);
                return;
            }
        }
    });
    return complaint.empty ()
               ? ""
               : "byte " + std::to_string (offset) + ", value " + std::to_string (*now) + ": " + complaint;
}

template <typename Kind, typename T>
void everywhere ()
{
    uint64_t end = 0;
    {
        const OwnName name;
        auto queue = openQueue<Kind, T> (8, name.text, join::MemOptions (), few ());
        end = Raw (name.text).control ().identity.segmentSize;
    }
    for (uint64_t offset = 128; offset < end; offset += offset < 768 ? 4 : 8)
    {
        const bool control = (offset >= 384 && offset < 400) || (offset >= 512 && offset < 528)
                             || (offset >= 640 && offset < 656) || (offset >= 768 && (offset - 768) % 128 < 16);
        if (control || offset >= 768 + 2 * 128)
        {
            REQUIRE (damagedAt<Kind, T> (offset) == "");
        }
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("no damaged word causes a hang or overrun", "[queue][damage]", SharedKinds)
{
    everywhere<TestType, Element<8>> ();
    everywhere<TestType, Element<64>> ();
}

TEMPLATE_LIST_TEST_CASE ("death in the middle of shutdown shuts down", "[queue][damage]", SharedKinds)
{
    Made<TestType> made (2);
    const uint64_t in[2] = {1, 2};
    REQUIRE (made->tryPush (in, 2) == 2);
    Raw raw (made.name.text);
    raw.control ().gate.state.fetch_or (join::detail::shutBit);  // the first step of shutdown () only
    uint64_t got = 0;
    CHECK (errorOf ([&] { return made->push (3, 10s); }) == EPIPE);
    CHECK ((made->pop (got) == 0 && got == 1));
    CHECK ((made->tryPop (got) == 0 && got == 2));
    CHECK (errorOf ([&] { return made->tryPop (got); }) == EPIPE);
    CHECK (errorOf ([&] { return made->pop (got); }) == EPIPE);
    CHECK (errorOf ([&] { return made->tryPush (3); }) == EPIPE);
}

TEMPLATE_LIST_TEST_CASE ("closed head without shutdown refuses pushes, pops wait", "[queue][damage]", SharedClaimKinds)
{
    Made<TestType> made (2);
    Raw raw (made.name.text);
    raw.control ().head.value.fetch_or (closedBit);
    uint64_t got = 0;
    CHECK (errorOf ([&] { return made->tryPush (3); }) == EPIPE);
    CHECK (errorOf ([&] { return made->tryPop (got); }) == EAGAIN);
    CHECK (errorOf ([&] { return made->pop (got, 1ms); }) == ETIMEDOUT);
}

TEST_CASE ("stray bits below the tail ticket harm nothing", "[queue][damage]")
{
    Made<ShmMpmc> made (4);
    REQUIRE (made->tryPush (3) == 0);
    REQUIRE (made->tryPush (4) == 0);
    Raw raw (made.name.text);
    auto& tail = raw.control ().tail.value;
    tail.fetch_or (1);
    uint64_t got = 0;
    CHECK ((made->tryPop (got) == 0 && got == 3));
    CHECK (tail.load () % ticketUnit == 0);
    tail.fetch_or (1);
    CHECK ((made->pop (got, 1h) == 0 && got == 4));
    tail.fetch_or (1);
    CHECK (errorOf ([&] { return made->tryPop (got); }) == EAGAIN);
    CHECK (errorOf ([&] { return made->pop (got, 1ms); }) == ETIMEDOUT);
}

TEMPLATE_LIST_TEST_CASE ("pop after shutdown ignores a push being undone", "[queue][damage]", SpscKinds)
{
    Made<TestType> made (4);
    made->shutdown ();
    uint64_t got = 0;
    REQUIRE (errorOf ([&] { return made->pop (got); }) == EPIPE);
    if constexpr (TestType::shared)
    {
        Raw raw (made.name.text);
        raw.control ().head.value = 1;  // as between publication and withdrawal of a push
        CHECK (errorOf ([&] { return made->tryPop (got); }) == EPIPE);
        auto other = openQueue<TestType> (4, made.name.text);
        CHECK (errorOf ([&] { return other.tryPop (got); }) == EPIPE);
        CHECK (other.peek (1).empty ());
        raw.control ().head.value = 0;
        CHECK (errorOf ([&] { return made->tryPop (got); }) == EPIPE);
    }
}
