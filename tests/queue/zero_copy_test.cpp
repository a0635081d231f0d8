// SPDX-License-Identifier: MIT
// reserve, commit, peek and release: elements are written and read in place.
#include "kinds.hpp"

using join::Span;

TEMPLATE_LIST_TEST_CASE ("committed reservation is popped", "[queue][zero]", SpscKinds)
{
    Made<TestType> made (8);
    uint64_t next = 0;
    uint64_t expected = 0;
    for (int round = 0; round < 500; ++round)
    {
        Span<uint64_t> room = made->reserve (3);
        REQUIRE (!room.empty ());
        REQUIRE (room.size () <= 3);
        for (uint64_t& element : room)
        {
            element = next++;
        }
        REQUIRE (made->pending () == 0);
        REQUIRE (made->commit (room.size ()) == 0);
        REQUIRE (made->pending () == room.size ());
        uint64_t got = 0;
        while (made->tryPop (got) == 0)
        {
            REQUIRE (got == expected++);
        }
    }
    CHECK (expected == next);
}

TEMPLATE_LIST_TEST_CASE ("span ends at the ring's end, next wraps", "[queue][zero]", SpscKinds)
{
    Made<TestType> made (8);
    REQUIRE (made->reserve (6).size () == 6);
    REQUIRE (made->commit (6) == 0);
    REQUIRE (made->peek (6).size () == 6);
    REQUIRE (made->release (6) == 0);
    const Span<uint64_t> first = made->reserve (5);
    CHECK (first.size () == 2);
    REQUIRE (made->commit (2) == 0);
    const Span<uint64_t> second = made->reserve (100);
    CHECK (second.size () == 6);
    CHECK (second.data () == first.data () - 6);
    REQUIRE (made->commit (6) == 0);
    CHECK (errorOf ([&] { return made->reserve (1).empty () ? -1 : 0; }) == EAGAIN);
    CHECK (made->peek (100).size () == 2);
    CHECK (made->release (2) == 0);
    CHECK (made->peek (100).size () == 6);
    CHECK (made->release (6) == 0);
    CHECK (errorOf ([&] { return made->peek (1).empty () ? -1 : 0; }) == EAGAIN);
}

TEMPLATE_LIST_TEST_CASE ("partial commit and release keep the rest", "[queue][zero]", SpscKinds)
{
    Made<TestType> made (8);
    Span<uint64_t> room = made->reserve (5);
    REQUIRE (room.size () == 5);
    for (uint64_t i = 0; i < 5; ++i)
    {
        room[i] = 10 + i;
    }
    CHECK (made->commit (2) == 0);
    CHECK (made->pending () == 2);
    CHECK (errorOf ([&] { return made->commit (1); }) == EINVAL);  // a reservation serves once
    const Span<const uint64_t> peeked = made->peek (5);
    REQUIRE (peeked.size () == 2);
    CHECK ((peeked[0] == 10 && peeked[1] == 11));
    CHECK (made->release (1) == 0);
    CHECK (errorOf ([&] { return made->release (1); }) == EINVAL);
    uint64_t got = 0;
    CHECK ((made->tryPop (got) == 0 && got == 11));
    CHECK (made->empty ());
}

TEMPLATE_LIST_TEST_CASE ("invalid commit and release are rejected", "[queue][zero]", SpscKinds)
{
    Made<TestType> made (4);
    CHECK (errorOf ([&] { return made->commit (1); }) == EINVAL);
    CHECK (errorOf ([&] { return made->release (1); }) == EINVAL);
    CHECK (errorOf ([&] { return made->reserve (0).empty () ? -1 : 0; }) == EINVAL);
    CHECK (errorOf ([&] { return made->peek (0).empty () ? -1 : 0; }) == EINVAL);
    REQUIRE (made->reserve (2).size () == 2);
    CHECK (errorOf ([&] { return made->commit (3); }) == EINVAL);
    CHECK (errorOf ([&] { return made->commit (0); }) == EINVAL);
    CHECK (errorOf ([&] { return made->commit (UINT64_MAX); }) == EINVAL);
    CHECK (made->pending () == 0);
    CHECK (made->commit (2) == 0);
    REQUIRE (made->peek (1).size () == 1);
    CHECK (errorOf ([&] { return made->release (2); }) == EINVAL);
    CHECK (errorOf ([&] { return made->release (0); }) == EINVAL);
    CHECK (made->release (1) == 0);
    CHECK (made->pending () == 1);
}

TEMPLATE_LIST_TEST_CASE ("push and pop invalidate spans and lose nothing", "[queue][zero]", SpscKinds)
{
    Made<TestType> made (4);
    REQUIRE (made->reserve (4).size () == 4);
    REQUIRE (made->tryPush (1) == 0);
    CHECK (errorOf ([&] { return made->commit (4); }) == EINVAL);
    CHECK (errorOf ([&] { return made->commit (1); }) == EINVAL);
    CHECK (made->pending () == 1);
    REQUIRE (made->tryPush (2) == 0);
    REQUIRE (made->peek (2).size () == 2);
    uint64_t got = 0;
    REQUIRE ((made->tryPop (got) == 0 && got == 1));
    CHECK (errorOf ([&] { return made->release (2); }) == EINVAL);
    CHECK (errorOf ([&] { return made->release (1); }) == EINVAL);
    REQUIRE ((made->tryPop (got) == 0 && got == 2));
    CHECK (made->empty ());
    CHECK (made->tryPush (3) == 0);
}

TEMPLATE_LIST_TEST_CASE ("after shutdown reserve fails, peek drains", "[queue][zero]", SpscKinds)
{
    Made<TestType> made (4);
    REQUIRE (made->reserve (1).size () == 1);
    REQUIRE (made->commit (1) == 0);
    made->shutdown ();
    CHECK (errorOf ([&] { return made->reserve (1).empty () ? -1 : 0; }) == EPIPE);
    CHECK (made->peek (4).size () == 1);
    CHECK (made->release (1) == 0);
    CHECK (errorOf ([&] { return made->peek (1).empty () ? -1 : 0; }) == EPIPE);
}

namespace
{
struct alignas (128) Wide
{
    uint64_t values[16];
};
}  // namespace

TEMPLATE_LIST_TEST_CASE ("elements in place are aligned", "[queue][zero]", SpscKinds)
{
    Made<TestType, Wide> made (8);
    for (int i = 0; i < 20; ++i)
    {
        const Span<Wide> room = made->reserve (1);
        REQUIRE (reinterpret_cast<std::uintptr_t> (room.data ()) % alignof (Wide) == 0);
        REQUIRE (made->commit (1) == 0);
        REQUIRE (reinterpret_cast<std::uintptr_t> (made->peek (1).data ()) % alignof (Wide) == 0);
        REQUIRE (made->release (1) == 0);
    }
}
