// SPDX-License-Identifier: MIT
// Members of one set run at the same time on several threads, while queues come and go.
#include "wait_support.hpp"

#include "../queue/scale.hpp"

#include <random>

using namespace std::chrono_literals;
using join::Ready;
using join::WaitEvent;
using join::WaitSet;

namespace
{
using Queue = join::LocalMem::Mpmc::Queue<uint64_t>;

/// Queues come, change and go while another thread waits. No wait that begins after a queue has gone reports it.
void changeWhileWaiting (bool byDescriptor, uint64_t rounds)
{
    WaitSet set;
    REQUIRE ((!byDescriptor || set.fd () > 2));
    std::atomic<bool> over {false};
    std::atomic<uint64_t> oldest {0};  // keys below it have gone
    std::atomic<uint64_t> wrong {0};
    std::thread waiter ([&] {
        WaitEvent events[8];
        while (!over)
        {
            const uint64_t gone = oldest;
            const int64_t n = set.wait (events, 8, 1ms);
            for (int64_t i = 0; i < n; ++i)
            {
                wrong += events[i].key < gone ? 1 : 0;
            }
        }
    });
    std::vector<std::unique_ptr<Queue>> queues;
    std::minstd_rand random (1);
    uint64_t key = 0;
    for (uint64_t i = 0; i < rounds; ++i)
    {
        for (int more = 0; more < 3; ++more)
        {
            queues.push_back (std::make_unique<Queue> (4));
            REQUIRE (set.add (*queues.back (), random () % 2 == 0 ? Ready::Element : Ready::Room, key++) == 0);
        }
        queues[random () % queues.size ()]->tryPush (i);
        set.wake ();
        set.modify (*queues[1], Ready::Element | Ready::Room, key - queues.size () + 1);
        set.size ();
        queues.erase (queues.begin ());
        REQUIRE (set.remove (*queues.front ()) == 0);
        queues.erase (queues.begin ());
        if (i % 64 == 63)
        {
            queues.clear ();
        }
        oldest = key - queues.size ();
    }
    queues.clear ();
    over = true;
    waiter.join ();
    CHECK (wrong == 0);
    CHECK (set.size () == 0);
}
}  // namespace

TEST_CASE ("queues come and go while a set waits", "[threads]")
{
    changeWhileWaiting (false, scaled (300, 3000, 30000));
}

TEST_CASE ("queues come and go while helpers sleep", "[threads]")
{
    changeWhileWaiting (true, scaled (300, 3000, 30000));
}

TEST_CASE ("sets end while their queues are pushed to", "[threads]")
{
    Queue queue (8);
    std::atomic<bool> over {false};
    std::thread producer ([&] {
        uint64_t got = 0;
        while (!over)
        {
            queue.tryPush (1);
            queue.tryPop (got);
        }
    });
    for (uint64_t i = 0; i < scaled (200, 2000, 20000); ++i)
    {
        auto set = std::make_unique<WaitSet> ();
        REQUIRE (set->add (queue, Ready::Element, 1, 5) == 0);  // each push wakes the set, and it never has five
        REQUIRE ((i % 2 == 0 || set->fd () > 2));
        std::atomic<bool> begins {false};
        std::thread waiter ([&, waits = set.get ()] {
            WaitEvent event;
            begins = true;
            while (waits->wait (&event, 1) == -1 && join::lastError.value () == EBUSY)
            {
                // the main thread asks at this moment whether this one waits
            }
        });
        REQUIRE (comesTrue ([&] { return begins.load (); }));
        WaitEvent event;
        REQUIRE (comesTrue ([&] { return set->wait (&event, 1, 0s) == -1 && join::lastError.value () == EBUSY; }));
        set.reset ();
        waiter.join ();
    }
    over = true;
    producer.join ();
}

TEST_CASE ("several sets watch one queue", "[threads]")
{
    constexpr uint64_t each = 500;
    Queue queue (8);
    std::vector<std::thread> threads;
    std::atomic<uint64_t> popped {0};
    for (int i = 0; i < 3; ++i)
    {
        threads.emplace_back ([&] {
            WaitSet set;
            set.add (queue, Ready::Element, 1);
            WaitEvent event;
            uint64_t got = 0;
            while (set.wait (&event, 1) == 1 && !event.has (Ready::End))
            {
                popped += queue.tryPop (got) == 0 ? 1 : 0;
            }
        });
    }
    for (uint64_t i = 0; i < each; ++i)
    {
        REQUIRE (queue.push (i) == 0);
    }
    REQUIRE (queue.shutdown () == 0);
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    CHECK (popped == each);
}
