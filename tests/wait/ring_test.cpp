// SPDX-License-Identifier: MIT
// Sets of many words, whose requests stay with the kernel (io_uring): threads that take turns, sets that grow and
// shrink, forks, and calls of the program that a wake-up must not interrupt. Where the kernel has no rings, the same
// holds with helpers.
#include "helpers.hpp"
#include "many.hpp"

#include "../crash/world.hpp"

#include <fcntl.h>
#include <sys/epoll.h>

using namespace std::chrono_literals;
using join::Ready;
using join::WaitEvent;
using join::WaitSet;
using join::WaitSetOptions;

using Queue = Many::Queue;

TEST_CASE ("a set has a ring wherever the kernel offers one", "[ring]")
{
    const int64_t before = openDescriptors ();
    const int64_t ring = kernelHasRings () ? 1 : 0;
    Many many (20);
    WaitEvent event;
    REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 1us); }) == ETIMEDOUT);
    CHECK (openDescriptors () - before == ring);
    REQUIRE (many.set.fd () > 2);
    REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 0s); }) == ETIMEDOUT);
    CHECK (comesTrue ([&] { return openDescriptors () - before == ring + 1; }));  // the helper opens one of its own
}

TEST_CASE ("threads that wait in turn, and end, get all events", "[ring]")
{
    const bool byDescriptor = GENERATE (false, true);
    constexpr uint64_t turns = 40;
    Many many (300);
    REQUIRE ((!byDescriptor || many.set.fd () > 2));
    for (uint64_t turn = 0; turn < turns; ++turn)
    {
        const uint64_t which = turn * 37 % many.queues.size ();
        WaitEvent event;
        Call call ([&] { return many.set.wait (&event, 1); });
        call.untilSleepingOrDone ();
        REQUIRE (many.queues[which].tryPush (turn) == 0);
        REQUIRE (many.passes (which, call.result (), event));
    }
}

TEST_CASE ("events that come after the end of the waiting thread make the descriptor readable", "[ring]")
{
    Many many (20);
    const int fd = many.set.fd ();
    REQUIRE (fd > 2);
    for (uint64_t round = 0; round < 5; ++round)
    {
        {
            WaitEvent event;
            Call call ([&] { return many.set.wait (&event, 1, 0s); });
            call.result ();
        }
        REQUIRE (many.queues[round].tryPush (round) == 0);
        REQUIRE (comesTrue ([&] { return isReadable (fd); }));
        WaitEvent event;
        REQUIRE (many.passes (round, many.set.wait (&event, 1, 0s), event));
        REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 0s); }) == ETIMEDOUT);
    }
}

TEST_CASE ("a set that grows and shrinks while it is armed reports all queues", "[ring]")
{
    Many many (9);
    WaitEvent event;
    for (const uint64_t size : {9U, 200U, 700U, 3000U})
    {
        many.grow (size);
        REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
        for (const uint64_t which : {uint64_t (0), size / 2, size - 1})
        {
            REQUIRE (many.queues[which].tryPush (which) == 0);
            REQUIRE (many.passes (which, many.set.wait (&event, 1, 5s), event));
        }
    }
    while (many.queues.size () > 10)
    {
        many.queues.pop_back ();
        if (many.queues.size () % 500 == 0)
        {
            REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
        }
    }
    REQUIRE (many.queues[5].tryPush (5) == 0);
    REQUIRE (many.passes (5, many.set.wait (&event, 1, 5s), event));
}

TEST_CASE ("queues that come, are armed and leave again and again cost no descriptor", "[ring]")
{
    Many many (20);
    WaitEvent event;
    REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 1us); }) == ETIMEDOUT);
    const int64_t before = openDescriptors ();
    for (int round = 0; round < 1000; ++round)
    {
        Queue queue (4);
        REQUIRE (many.set.add (queue, Ready::Element, 1000) == 0);
        REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 1us); }) == ETIMEDOUT);
    }
    CHECK (openDescriptors () == before);
    REQUIRE (many.queues[7].tryPush (7) == 0);
    CHECK (many.passes (7, many.set.wait (&event, 1, 5s), event));
}

TEST_CASE ("a set goes on after a fork, and the child has one of its own", "[ring]")
{
    Many many (20);
    WaitEvent event;
    REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    const int status = crash::inChild ([&] {
        WaitEvent theirs;
        const bool refused = many.set.wait (&theirs, 1, 0s) == -1 && join::lastError.value () == EBADF;
        {
            const WaitSet end (std::move (many.set));
        }
        Many own (20);
        const bool armed = own.set.wait (&theirs, 1, 1ms) == -1;
        const bool works = own.queues[3].tryPush (3) == 0 && own.set.wait (&theirs, 1, 5s) == 1 && theirs.key == 3;
        return refused && armed && works ? 0 : 1;
    });
    CHECK (status == 0);
    SetWaiter waiter (many.set);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (many.queues[11].tryPush (11) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {11});
}

TEST_CASE ("sets with a descriptor interrupt no epoll_wait of their thread", "[ring]")
{
    int works = 0;
    int interrupted = 0;
    std::thread thread ([&] {  // of its own: the rings of other tests may interrupt their threads later
        const int loop = ::epoll_create1 (EPOLL_CLOEXEC);
        const auto sleep = [&] {
            epoll_event event;
            interrupted += ::epoll_wait (loop, &event, 1, 10) == -1 ? 1 : 0;
        };
        for (int round = 0; round < 10; ++round)
        {
            {
                Queue queue (4);
                WaitSetOptions options;
                options.interruptible = true;
                WaitSet set (options);
                WaitEvent event;
                works += set.add (queue, Ready::Element, 1) == 0 && set.fd () > 2 && set.wait (&event, 1, 0s) == -1;
                sleep ();
            }
            sleep ();
        }
        ::close (loop);
    });
    thread.join ();
    CHECK (works == 10);
    CHECK (interrupted == 0);
}

TEST_CASE ("a push interrupts no other system call of the thread that waits", "[ring]")
{
    Many many (20);
    REQUIRE (many.set.fd () > 2);
    int ends[2];
    REQUIRE (::pipe2 (ends, O_CLOEXEC) == 0);
    std::atomic<pid_t> id {0};
    std::atomic<bool> armed {false};
    int64_t bytes = 0;
    int error = 0;
    std::thread thread ([&] {
        id = static_cast<pid_t> (::syscall (SYS_gettid));
        WaitEvent event;
        many.set.wait (&event, 1, 0s);
        armed = true;
        char byte = 0;
        bytes = ::read (ends[0], &byte, 1);
        error = errno;
    });
    REQUIRE (comesTrue ([&] { return armed.load (); }));
    untilInCall (id, [] (long number, unsigned long long) { return number == SYS_read; });
    for (Queue& queue : many.queues)
    {
        REQUIRE (queue.tryPush (1) == 0);
    }
    REQUIRE (::write (ends[1], "x", 1) == 1);
    thread.join ();
    CHECK (bytes == 1);
    INFO ("errno " << error);
    ::close (ends[0]);
    ::close (ends[1]);
}
