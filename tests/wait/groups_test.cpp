// SPDX-License-Identifier: MIT
// Sets with helpers: checks, naps and changes reach queues of every group, and helpers end in time.
#include "wait_support.hpp"

#include "helpers.hpp"

#include "../queue/victim.hpp"

#include <pthread.h>

using namespace std::chrono_literals;
using join::Ready;
using join::WaitEvent;
using join::WaitSet;

namespace
{
using Queue = join::LocalMem::Mpsc::Queue<uint64_t>;

/// A set whose first group is full of private queues that stay empty.
class FirstGroup
{
public:
    FirstGroup ()
    {
        for (uint64_t i = 0; i < 127; ++i)
        {
            _queues.emplace_back (2);
            REQUIRE (set.add (_queues.back (), Ready::Element, 1000 + i) == 0);
        }
    }

    WaitSet set;

private:
    std::vector<Queue> _queues;
};
}  // namespace

TEST_CASE ("room that grows slowly is reported in every group", "[groups]")
{
    FirstGroup first;
    Queue queue (8);
    for (uint64_t i = 0; i < 8; ++i)
    {
        REQUIRE (queue.tryPush (i) == 0);
    }
    REQUIRE (first.set.add (queue, Ready::Room, 1, 4) == 0);
    SetWaiter waiter (first.set);
    waiter.go ();
    waiter.untilSleeping ();
    uint64_t got = 0;
    REQUIRE (queue.tryPop (got) == 0);    // wakes the set, which then naps
    std::this_thread::sleep_for (500us);  // so that the set usually naps when the others come; it need not
    for (int i = 0; i < 4; ++i)
    {
        REQUIRE (queue.tryPop (got) == 0);
    }
    CHECK (waiter.events () == std::vector<uint64_t> {1});
}

TEST_CASE ("the death of producers is reported in every group", "[groups]")
{
    FirstGroup first;
    WaitEvent event;
    REQUIRE (errorOf ([&] { return first.set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    const OwnName name;
    join::QueueOptions options;
    options.ownerDead = true;
    join::ShmMem::Mpsc::Queue<uint64_t> queue (8, name.text, join::MemOptions (), options);
    REQUIRE (first.set.add (queue, Ready::Element, 1) == 0);
    SetWaiter waiter (first.set);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (dieIn (queue));
    CHECK (waiter.events () == std::vector<uint64_t> {1});
}

TEST_CASE ("queues that only skipped cells fill are ready for a pop", "[groups]")
{
    const OwnName name;
    join::ShmMem::Mpsc::Queue<uint64_t> queue (8, name.text);
    const uint64_t eight[8] = {};
    Victim victim (Victim::End::Killed, eight, 0, sizeof (eight), [&] (const void* from) {
        return static_cast<int> (queue.tryPush (static_cast<const uint64_t*> (from), 8));
    });
    REQUIRE (victim.isKilled ());
    WaitSet set;
    WaitEvent event;
    REQUIRE (set.add (queue, Ready::Element, 1, 3) == 0);
    REQUIRE (set.wait (&event, 1) == 1);
    uint64_t got = 0;
    CHECK (errorOf ([&] { return queue.tryPop (got); }) == EAGAIN);
    CHECK (queue.awaitRoom (8) == 0);
    CHECK (errorOf ([&] { return set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
}

TEST_CASE ("a thread that has pushed itself gets the event of its next wait", "[groups]")
{
    FirstGroup first;
    Queue queue (8);
    REQUIRE (first.set.add (queue, Ready::Element, 1) == 0);
    REQUIRE (first.set.fd () > 2);
    WaitEvent event;
    uint64_t got = 0;
    for (int i = 0; i < 200; ++i)
    {
        REQUIRE (errorOf ([&] { return first.set.wait (&event, 1, 0s); }) == ETIMEDOUT);
        REQUIRE (queue.tryPush (1) == 0);
        REQUIRE (first.set.wait (&event, 1, 0s) == 1);
        REQUIRE (queue.tryPop (got) == 0);
    }
}

TEST_CASE ("helpers of queues that come and go while a set waits end", "[groups]")
{
    FirstGroup first;
    SetWaiter waiter (first.set);
    waiter.go ();
    waiter.untilSleeping ();
    for (uint64_t i = 0; i < 100; ++i)
    {
        Queue queue (2);
        REQUIRE (first.set.add (queue, Ready::Element | Ready::Room, i) == 0);
        REQUIRE (first.set.modify (queue, Ready::Element, i) == 0);
    }
    REQUIRE (first.set.wake () == 0);
    waiter.result ();
    CHECK (comesTrue ([] { return helperThreads ().size () <= helpersFor (129, false); }));
    Queue queue (2);
    REQUIRE (first.set.add (queue, Ready::Element | Ready::Room, 1) == 0);
    CHECK (helpers () == helpersFor (129, false));
    REQUIRE (first.set.remove (queue) == 0);
    CHECK (helpers () == helpersFor (127, false) + (kernelHasRings () ? 0 : 1));  // helpers stay until the set is small
}

TEST_CASE ("a thread that is cancelled leaves a set whole", "[groups]")
{
    Queue queue (8);
    WaitSet set;
    REQUIRE (set.add (queue, Ready::Element, 1) == 0);
    REQUIRE (set.fd () > 2);
    std::atomic<bool> cancelled {false};
    std::function<void ()> work = [&] {
        while (!cancelled)
        {
        }
        WaitEvent event;
        uint64_t got = 0;
        set.wait (&event, 1, 0s);
        queue.tryPush (1);
        set.wait (&event, 1, 0s);
        queue.tryPop (got);
        set.wait (&event, 1, 0s);
        set.remove (queue);
        set.wake ();
    };
    // AddressSanitizer does not see that a cancelled thread leaves its frames: this one has no local variables.
    const auto run = [] (void* with) -> void* {
        (*static_cast<std::function<void ()>*> (with)) ();
        ::pthread_testcancel ();
        return nullptr;
    };
    pthread_t thread;
    REQUIRE (::pthread_create (&thread, nullptr, run, &work) == 0);
    REQUIRE (::pthread_cancel (thread) == 0);
    cancelled = true;
    void* result = nullptr;
    REQUIRE (::pthread_join (thread, &result) == 0);
    CHECK (result == PTHREAD_CANCELED);
    REQUIRE (set.add (queue, Ready::Room, 1) == 0);
    WaitEvent event;
    while (set.wait (&event, 1) == 0)  // wake () came before
    {
    }
    CHECK (event.ready == Ready::Room);
}
