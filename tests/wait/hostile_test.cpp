// SPDX-License-Identifier: MIT
// A set whose queues a hostile process writes to, or which are damaged.
#include "wait_support.hpp"

#include "../queue/raw.hpp"
#include "../queue/scale.hpp"

#include <random>

using namespace std::chrono_literals;
using join::Ready;
using join::WaitEvent;
using join::WaitSet;

TEST_CASE ("a wait returns in time while a hostile peer writes to the segment", "[hostile]")
{
    const OwnName name;
    join::ShmMem::Spsc::Queue<uint64_t> spsc (8, name.text, join::MemOptions (), inTurn ());
    const OwnName other;
    join::ShmMem::Mpmc::Queue<uint64_t> mpmc (8, other.text);
    Raw first (name.text);
    Raw second (other.text);
    std::atomic<bool> over {false};
    std::thread hostile ([&] {
        std::minstd_rand random (7);
        while (!over)
        {
            for (Raw* raw : {&first, &second})
            {
                auto& control = raw->control ();
                control.head.value.store (random () % 3 == 0 ? random () : control.tail.value.load ());
                control.gate.state.store (random () % 64);
                control.gate.elementSeen.fetch_add (random () % 2);
                control.gate.roomSeen.store (static_cast<uint32_t> (random ()));
            }
        }
    });
    for (const bool byDescriptor : {false, true})
    {
        WaitSet set;
        WaitEvent events[4];
        REQUIRE (set.add (spsc, Ready::Element | Ready::Room, 1) == 0);
        REQUIRE (set.add (mpmc, Ready::Element | Ready::Room, 2) == 0);
        REQUIRE ((!byDescriptor || set.fd () > 2));
        for (uint64_t i = 0; i < scaled (500, 5000, 50000); ++i)
        {
            const int64_t n = set.wait (events, 4, std::chrono::microseconds (i % 200));
            REQUIRE ((n > 0 || join::lastError.value () == ETIMEDOUT));
            if (i % 50 == 0)
            {
                REQUIRE (set.modify (spsc, Ready::Element | Ready::Room, 1) == 0);
                REQUIRE (set.modify (mpmc, Ready::Element, 1, 1 + i % 8) == 0);
            }
        }
    }
    over = true;
    hostile.join ();
}

TEST_CASE ("a damaged queue is reported once", "[hostile]")
{
    const OwnName name;
    join::ShmMem::Spsc::Queue<uint64_t> queue (8, name.text, join::MemOptions (), inTurn ());
    Raw (name.text).control ().head.value.store (100);
    WaitSet set;
    WaitEvent event;
    REQUIRE (set.add (queue, Ready::Element | Ready::Room, 1) == 0);
    REQUIRE (set.wait (&event, 1, 0s) == 1);
    CHECK (event.ready == Ready::Damaged);
    CHECK (errorOf ([&] { return set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    CHECK (errorOf ([&] { return queue.awaitElement (1s); }) == EBADMSG);
    CHECK (errorOf ([&] { return queue.awaitRoom (1s); }) == EBADMSG);
}
