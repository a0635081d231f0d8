// SPDX-License-Identifier: MIT
// What <join/wait_set.hpp> states: events, levels, fairness, membership, ends and errors, for all kinds of queue.
#include "wait_support.hpp"

#include <join/any_queue.hpp>
#include <join/inspect.hpp>

using namespace std::chrono_literals;
using join::Ready;
using join::WaitEvent;
using join::WaitSet;

TEMPLATE_LIST_TEST_CASE ("an event stays as long as the queue is ready", "[wait]", AllKinds)
{
    Made<TestType> made (4);
    WaitSet set;
    REQUIRE (set.add (made.queue, Ready::Element, 7) == 0);
    CHECK (set.size () == 1);
    WaitEvent events[4];
    CHECK (errorOf ([&] { return set.wait (events, 4, 0s); }) == ETIMEDOUT);
    CHECK (errorOf ([&] { return set.wait (events, 4, 1ms); }) == ETIMEDOUT);
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (made->tryPush (2) == 0);
    uint64_t got = 0;
    for (int i = 0; i < 3; ++i)
    {
        REQUIRE (set.wait (events, 4) == 1);
        CHECK (events[0].key == 7);
        CHECK (events[0].ready == Ready::Element);
        CHECK (events[0].has (Ready::Element | Ready::Room));
        CHECK (!events[0].has (Ready::Room));
    }
    REQUIRE (made->tryPop (got) == 0);
    REQUIRE (set.wait (events, 4, 0s) == 1);
    REQUIRE (made->tryPop (got) == 0);
    CHECK (errorOf ([&] { return set.wait (events, 4, 0s); }) == ETIMEDOUT);
}

TEMPLATE_LIST_TEST_CASE ("a sleeping set wakes for an element, and for room", "[wait]", AllKinds)
{
    Made<TestType> full (2);
    Made<TestType> empty (2);
    WaitSet set;
    REQUIRE (full->tryPush (1) == 0);
    REQUIRE (full->tryPush (2) == 0);
    REQUIRE (set.add (full.queue, Ready::Room, 1) == 0);
    REQUIRE (set.add (empty.queue, Ready::Element, 2) == 0);
    SetWaiter waiter (set);
    waiter.go ();
    waiter.untilSleeping ();
    uint64_t got = 0;
    REQUIRE (full->tryPop (got) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {1});
    REQUIRE (full->tryPush (3) == 0);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (empty->tryPush (1) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {2});
}

TEMPLATE_LIST_TEST_CASE ("two bits of one queue come in one event", "[wait]", AllKinds)
{
    Made<TestType> made (4);
    WaitSet set;
    REQUIRE (set.add (made.queue, Ready::Element | Ready::Room, 1) == 0);
    WaitEvent events[4];
    REQUIRE (set.wait (events, 4, 1s) == 1);
    CHECK (events[0].ready == Ready::Room);
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (set.wait (events, 4, 1s) == 1);
    CHECK (events[0].ready == (Ready::Element | Ready::Room));
    for (int i = 0; i < 3; ++i)
    {
        REQUIRE (made->tryPush (1) == 0);
    }
    REQUIRE (set.wait (events, 4, 1s) == 1);
    CHECK (events[0].ready == Ready::Element);
}

TEMPLATE_LIST_TEST_CASE ("amounts are waited for whole", "[wait]", AllKinds)
{
    Made<TestType> made (8);
    WaitSet set;
    REQUIRE (set.add (made.queue, Ready::Element, 1, 3) == 0);
    WaitEvent events[4];
    for (int i = 0; i < 3; ++i)
    {
        CHECK (errorOf ([&] { return set.wait (events, 4, 1ms); }) == ETIMEDOUT);
        REQUIRE (made->tryPush (1) == 0);
    }
    REQUIRE (set.wait (events, 4, 1s) == 1);
    REQUIRE (set.modify (made.queue, Ready::Room, 2, 6) == 0);
    uint64_t got = 0;
    SetWaiter waiter (set);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (made->tryPop (got) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {2});
    CHECK (errorOf ([&] { return set.modify (made.queue, Ready::Room, 2, 9); }) == EINVAL);
    CHECK (errorOf ([&] { return set.modify (made.queue, Ready::Room, 2, 0); }) == EINVAL);
}

TEMPLATE_LIST_TEST_CASE ("the end of a queue is reported once", "[wait]", AllKinds)
{
    Made<TestType> made (4);
    WaitSet set;
    REQUIRE (set.add (made.queue, Ready::Element, 1) == 0);
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (made->shutdown () == 0);
    WaitEvent events[4];
    REQUIRE (set.wait (events, 4, 1s) == 1);
    CHECK (events[0].ready == Ready::Element);
    uint64_t got = 0;
    REQUIRE (made->tryPop (got) == 0);
    REQUIRE (set.wait (events, 4, 1s) == 1);
    CHECK (events[0].ready == Ready::End);
    CHECK (errorOf ([&] { return made->tryPop (got); }) == EPIPE);
    CHECK (errorOf ([&] { return set.wait (events, 4, 1ms); }) == ETIMEDOUT);
    REQUIRE (set.modify (made.queue, Ready::Room, 1) == 0);
    REQUIRE (set.wait (events, 4, 1s) == 1);
    CHECK (events[0].ready == Ready::End);
    CHECK (errorOf ([&] { return set.wait (events, 4, 1ms); }) == ETIMEDOUT);
}

TEMPLATE_LIST_TEST_CASE ("a shutdown wakes a sleeping set", "[wait]", AllKinds)
{
    Made<TestType> made (4);
    WaitSet set;
    REQUIRE (set.add (made.queue, Ready::Element, 1) == 0);
    SetWaiter waiter (set);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (made->shutdown () == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {1});
}

TEST_CASE ("every ready queue is reported in its turn", "[wait]")
{
    constexpr uint64_t all = 100;
    constexpr uint64_t ready = 30;
    constexpr uint64_t atOnce = 7;
    std::vector<join::LocalMem::Spsc::Queue<uint64_t>> queues;
    WaitSet set;
    for (uint64_t i = 0; i < all; ++i)
    {
        queues.emplace_back (4);
        REQUIRE (set.add (queues.back (), Ready::Element, i) == 0);
    }
    for (uint64_t i = 0; i < ready; ++i)
    {
        REQUIRE (queues[3 * i].tryPush (i) == 0);
    }
    WaitEvent events[atOnce];
    REQUIRE (set.wait (events, atOnce) > 0);  // the set knows the ready queues now, or finds them in later waits
    for (int turn = 0; turn < 20; ++turn)
    {
        std::set<uint64_t> reported;
        for (uint64_t calls = 0; calls < (ready + atOnce - 1) / atOnce; ++calls)
        {
            const int64_t n = set.wait (events, atOnce, 0s);
            REQUIRE (n > 0);
            for (int64_t i = 0; i < n; ++i)
            {
                reported.insert (events[i].key);
            }
        }
        CHECK (reported.size () == ready);
    }
}

TEST_CASE ("membership errors name what is wrong", "[wait]")
{
    join::LocalMem::Spsc::Queue<uint64_t> queue (4);
    join::LocalMem::Spsc::Queue<uint64_t> other (4);
    WaitSet set;
    CHECK (errorOf ([&] { return set.remove (queue); }) == ENOENT);
    CHECK (errorOf ([&] { return set.modify (queue, Ready::Element, 1); }) == ENOENT);
    CHECK (errorOf ([&] { return set.add (queue, Ready::End, 1); }) == EINVAL);
    CHECK (errorOf ([&] { return set.add (queue, Ready::Element, 1, 0); }) == EINVAL);
    CHECK (errorOf ([&] { return set.add (queue, Ready::Element, 1, 5); }) == EINVAL);
    REQUIRE (set.add (queue, Ready::Element, 1, 4) == 0);
    CHECK (errorOf ([&] { return set.add (queue, Ready::Element, 1); }) == EEXIST);
    REQUIRE (set.add (other, Ready::Element, 2) == 0);
    REQUIRE (set.remove (queue) == 0);
    CHECK (set.size () == 1);
    REQUIRE (set.add (queue, Ready::Element, 1) == 0);
    WaitEvent event;
    CHECK (errorOf ([&] { return set.wait (&event, 0); }) == EINVAL);
    CHECK (errorOf ([&] { return set.wait (nullptr, 1); }) == EINVAL);
    join::LocalMem::Spsc::Queue<uint64_t> gone (std::move (other));
    CHECK (errorOf ([&] { return set.add (other, Ready::Element, 1); }) == EBADF);
}

TEMPLATE_LIST_TEST_CASE ("a queue can be paused", "[wait]", AllKinds)
{
    Made<TestType> made (4);
    WaitSet set;
    WaitEvent event;
    REQUIRE (set.add (made.queue, Ready::Nothing, 1) == 0);
    REQUIRE (made->tryPush (1) == 0);
    CHECK (errorOf ([&] { return set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    REQUIRE (set.modify (made.queue, Ready::Element, 1) == 0);
    CHECK (set.wait (&event, 1, 1s) == 1);
    REQUIRE (set.modify (made.queue, Ready::Nothing, 1) == 0);
    CHECK (errorOf ([&] { return set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    REQUIRE (made->shutdown () == 0);
    CHECK (errorOf ([&] { return set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    REQUIRE (set.remove (made.queue) == 0);
    CHECK (set.size () == 0);
}

TEST_CASE ("an empty set object fails every call", "[wait]")
{
    join::LocalMem::Spsc::Queue<uint64_t> queue (4);
    WaitSet set;
    WaitSet moved (std::move (set));
    WaitEvent event;
    CHECK (!set);
    CHECK (moved);
    CHECK (errorOf ([&] { return set.add (queue, Ready::Element, 1); }) == EBADF);
    CHECK (errorOf ([&] { return set.modify (queue, Ready::Element, 1); }) == EBADF);
    CHECK (errorOf ([&] { return set.remove (queue); }) == EBADF);
    CHECK (errorOf ([&] { return set.wait (&event, 1); }) == EBADF);
    CHECK (errorOf ([&] { return set.fd (); }) == EBADF);
    CHECK (errorOf ([&] { return set.wake (); }) == EBADF);
    CHECK (set.size () == 0);
    set = std::move (moved);
    CHECK (set.add (queue, Ready::Element, 1) == 0);
}

TEST_CASE ("a queue leaves its sets when it is destroyed, and stays when it is moved", "[wait]")
{
    WaitSet set;
    WaitSet second;
    WaitEvent events[4];
    auto queue = std::make_unique<join::LocalMem::Mpsc::Queue<uint64_t>> (4);
    REQUIRE (set.add (*queue, Ready::Element, 1) == 0);
    REQUIRE (second.add (*queue, Ready::Element, 2) == 0);
    join::LocalMem::Mpsc::Queue<uint64_t> home (std::move (*queue));
    queue.reset ();
    REQUIRE (home.tryPush (1) == 0);
    CHECK (set.wait (events, 4, 0s) == 1);
    CHECK (second.wait (events, 4, 0s) == 1);
    {
        const join::LocalMem::Mpsc::Queue<uint64_t> last (std::move (home));
    }
    CHECK (set.size () == 0);
    CHECK (errorOf ([&] { return set.wait (events, 4, 0s); }) == ETIMEDOUT);
    CHECK (errorOf ([&] { return second.wait (events, 4, 0s); }) == ETIMEDOUT);
}

TEST_CASE ("wake () ends one wait, whether it has begun or not", "[wait]")
{
    WaitSet set;
    WaitEvent event;
    REQUIRE (set.wake () == 0);
    REQUIRE (set.wake () == 0);
    CHECK (set.wait (&event, 1) == 0);
    CHECK (errorOf ([&] { return set.wait (&event, 1, 0s); }) == ETIMEDOUT);
    SetWaiter waiter (set);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (set.wake () == 0);
    CHECK (waiter.result () == 0);
}

TEST_CASE ("a second wait at the same time is refused", "[wait]")
{
    WaitSet set;
    SetWaiter waiter (set);
    waiter.go ();
    waiter.untilSleeping ();
    WaitEvent event;
    CHECK (errorOf ([&] { return set.wait (&event, 1); }) == EBUSY);
    REQUIRE (set.wake () == 0);
    CHECK (waiter.result () == 0);
}

TEST_CASE ("the end of a set ends its wait", "[wait]")
{
    auto set = std::make_unique<WaitSet> ();
    join::LocalMem::Mpsc::Queue<uint64_t> queue (4);
    REQUIRE (set->add (queue, Ready::Element, 1) == 0);
    SetWaiter waiter (*set);
    waiter.go ();
    waiter.untilSleeping ();
    set.reset ();
    CHECK (waiter.result () == -1);
    CHECK (waiter.error () == ECANCELED);
    CHECK (queue.tryPush (1) == 0);
}

TEST_CASE ("a queue that is added or changed while the set sleeps is watched", "[wait]")
{
    join::LocalMem::Mpsc::Queue<uint64_t> first (4);
    join::LocalMem::Mpsc::Queue<uint64_t> second (4);
    WaitSet set;
    REQUIRE (set.add (first, Ready::Element, 1) == 0);
    SetWaiter waiter (set);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (second.tryPush (1) == 0);
    REQUIRE (set.add (second, Ready::Element, 2) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {2});
    REQUIRE (set.remove (second) == 0);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (set.modify (first, Ready::Room, 3) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {3});
}

TEST_CASE ("queues of a type that is known at run time are watched", "[wait]")
{
    const OwnName name;
    join::AnyQueue queue (join::QueueKind::Mpmc, 4, 8, name.text);
    WaitSet set;
    REQUIRE (set.add (queue, Ready::Element, 1) == 0);
    const uint64_t element = 5;
    REQUIRE (queue.tryPush (&element) == 0);
    WaitEvent event;
    CHECK (set.wait (&event, 1) == 1);
}

TEST_CASE ("options of a newer header are refused", "[wait]")
{
    join::WaitSetOptions options;
    options.structSize = 3;
    CHECK (thrownBy ([&] { WaitSet set (options); }) == EINVAL);
    CHECK (!WaitSet::make (options));
    CHECK (join::lastError.value () == EINVAL);
    CHECK (WaitSet::make ());
}

TEMPLATE_LIST_TEST_CASE ("a wait for one queue takes nothing", "[wait]", AllKinds)
{
    Made<TestType> made (4);
    CHECK (errorOf ([&] { return made->awaitElement (0s); }) == ETIMEDOUT);
    CHECK (errorOf ([&] { return made->awaitElement (1ms); }) == ETIMEDOUT);
    CHECK (made->awaitRoom () == 0);
    CHECK (made->awaitRoom (4) == 0);
    CHECK (errorOf ([&] { return made->awaitRoom (5); }) == EINVAL);
    CHECK (errorOf ([&] { return made->awaitElement (0); }) == EINVAL);
    Call waiter ([&] { return made->awaitElement (2); });
    waiter.untilSleeping ();
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (made->tryPush (2) == 0);
    CHECK (waiter.result () == 0);
    CHECK (made->pending () == 2);
    CHECK (made->awaitElement (1s, 2) == 0);
    CHECK (errorOf ([&] { return made->awaitRoom (0s, 3); }) == ETIMEDOUT);
    Call room ([&] { return made->awaitRoom (4); });
    room.untilSleeping ();
    uint64_t got = 0;
    REQUIRE (made->tryPop (got) == 0);
    REQUIRE (made->tryPop (got) == 0);
    CHECK (room.result () == 0);
    Call cancelled ([&] { return made->awaitElement (); });
    cancelled.untilSleeping ();
    made->cancel ();
    CHECK (cancelled.result () == -1);
    CHECK (cancelled.error () == ECANCELED);
    made->resume ();
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (made->shutdown () == 0);
    CHECK (made->awaitElement (3) == 0);
    CHECK (errorOf ([&] { return made->awaitRoom (); }) == EPIPE);
    REQUIRE (made->tryPop (got) == 0);
    CHECK (errorOf ([&] { return made->awaitElement (); }) == EPIPE);
}

TEMPLATE_LIST_TEST_CASE ("inspection shows that a set sleeps", "[wait]", SharedKinds)
{
    Made<TestType> made (4);
    CHECK (!join::inspect (made.name.text).elementWatched);
    WaitSet set;
    REQUIRE (set.add (made.queue, Ready::Element, 1) == 0);
    SetWaiter waiter (set);
    waiter.go ();
    waiter.untilSleeping ();
    CHECK (join::inspect (made.name.text).elementWatched);
    CHECK (!join::inspect (made.name.text).roomWatched);
    REQUIRE (made->tryPush (1) == 0);
    CHECK (waiter.result () == 1);
    CHECK (!join::inspect (made.name.text).elementWatched);
}
