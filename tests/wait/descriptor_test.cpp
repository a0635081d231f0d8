// SPDX-License-Identifier: MIT
// The descriptor of a wait set in an event loop, and sets that need helper threads.
#include "wait_support.hpp"

#include "helpers.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>

using namespace std::chrono_literals;
using join::Ready;
using join::WaitEvent;
using join::WaitSet;

namespace
{
using Queue = join::LocalMem::Mpsc::Queue<uint64_t>;

/// Waits in an event loop until the descriptor is readable. @return false: the time was up first
bool untilReadable (int fd, int milliseconds)
{
    const int loop = ::epoll_create1 (EPOLL_CLOEXEC);
    epoll_event event = {};
    event.events = EPOLLIN;
    ::epoll_ctl (loop, EPOLL_CTL_ADD, fd, &event);
    const int n = ::epoll_wait (loop, &event, 1, milliseconds);
    ::close (loop);
    return n == 1;
}

/// Brings the set to rest: no event, and a descriptor that is not readable.
void settle (WaitSet& set)
{
    WaitEvent events[16];
    REQUIRE (errorOf ([&] { return set.wait (events, 16, 0s); }) == ETIMEDOUT);
    REQUIRE (!untilReadable (set.fd (), 0));
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("the descriptor is readable while a queue is ready", "[descriptor]", AllKinds)
{
    Made<TestType> made (4);
    WaitSet set;
    REQUIRE (set.add (made.queue, Ready::Element, 1) == 0);
    const int fd = set.fd ();
    REQUIRE (fd > 2);
    CHECK (set.fd () == fd);
    CHECK ((::fcntl (fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK (untilReadable (fd, 0));  // the set has not checked its queues yet
    WaitEvent events[4];
    settle (set);
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (made->tryPush (2) == 0);
    CHECK (untilReadable (fd, 30000));
    uint64_t got = 0;
    REQUIRE (set.wait (events, 4, 0s) == 1);
    REQUIRE (made->tryPop (got) == 0);
    CHECK (untilReadable (fd, 0));  // one element was popped: the other one is not lost
    REQUIRE (set.wait (events, 4, 0s) == 1);
    REQUIRE (made->tryPop (got) == 0);
    settle (set);
    REQUIRE (made->tryPush (3) == 0);
    CHECK (untilReadable (fd, 30000));
}

TEST_CASE ("an event loop that pops one element a turn gets them all", "[descriptor]")
{
    constexpr uint64_t each = 2000;
    Queue first (16);
    Queue second (16);
    WaitSet set;
    REQUIRE (set.add (first, Ready::Element, 0) == 0);
    REQUIRE (set.add (second, Ready::Element, 1) == 0);
    const int fd = set.fd ();
    Call producer ([&] {
        for (uint64_t i = 0; i < each; ++i)
        {
            first.push (i);
            second.push (i);
        }
        return 0;
    });
    uint64_t expected[2] = {0, 0};
    while (expected[0] + expected[1] < 2 * each)
    {
        REQUIRE (untilReadable (fd, 30000));
        WaitEvent event;
        if (set.wait (&event, 1, 0s) == 1)
        {
            uint64_t got = 0;
            REQUIRE ((event.key == 0 ? first : second).tryPop (got) == 0);
            REQUIRE (got == expected[event.key]++);
        }
    }
    CHECK (producer.result () == 0);
    settle (set);
}

TEST_CASE ("wake () makes the descriptor readable until the set has looked", "[descriptor]")
{
    WaitSet set;
    const int fd = set.fd ();
    settle (set);
    REQUIRE (set.wake () == 0);
    CHECK (untilReadable (fd, 0));
    WaitEvent event;
    CHECK (set.wait (&event, 1, 0s) == 0);
    settle (set);
}

TEST_CASE ("a queue that is added makes the descriptor readable", "[descriptor]")
{
    Queue queue (4);
    WaitSet set;
    const int fd = set.fd ();
    settle (set);
    REQUIRE (queue.tryPush (1) == 0);
    REQUIRE (set.add (queue, Ready::Element, 1) == 0);
    CHECK (untilReadable (fd, 0));
    uint64_t got = 0;
    REQUIRE (queue.tryPop (got) == 0);
    settle (set);
    REQUIRE (set.modify (queue, Ready::Room, 1) == 0);
    CHECK (untilReadable (fd, 0));
}

TEST_CASE ("a set in an event loop can also be waited for", "[descriptor]")
{
    Queue queue (4);
    WaitSet set;
    REQUIRE (set.add (queue, Ready::Element, 1) == 0);
    const int fd = set.fd ();
    SetWaiter waiter (set);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (queue.tryPush (1) == 0);
    CHECK (waiter.result () == 1);
    CHECK (untilReadable (fd, 0));  // the queue is still ready
    uint64_t got = 0;
    REQUIRE (queue.tryPop (got) == 0);
    settle (set);
}

TEST_CASE ("a set has a ring, or a helper for each 127 words", "[descriptor][helpers]")
{
    const int64_t ring = kernelHasRings () ? 1 : 0;
    const int64_t descriptors = openDescriptors ();
    std::vector<Queue> queues;
    WaitSet set;
    WaitEvent event;
    const auto grow = [&] (uint64_t size, Ready ready) {
        while (queues.size () < size)
        {
            queues.emplace_back (2);
            REQUIRE (set.add (queues.back (), ready, queues.size () - 1) == 0);
        }
        REQUIRE (set.wait (&event, 1, 0s) == (ready == Ready::Element ? -1 : 1));
    };
    grow (8, Ready::Element);
    CHECK (openDescriptors () == descriptors);
    for (const uint64_t size : {9U, 127U, 128U, 508U})
    {
        grow (size, Ready::Element);
        CHECK (helpers () == helpersFor (size, false));
        CHECK (openDescriptors () == descriptors + ring);
    }
    REQUIRE (set.fd () > 2);
    CHECK (openDescriptors () == descriptors + ring + 1);
    for (Queue& queue : queues)
    {
        REQUIRE (set.modify (queue, Ready::Element | Ready::Room, 1) == 0);
    }
    CHECK (helpers () == helpersFor (1016, true));
    CHECK (signalsBlocked ());
    queues.erase (queues.begin () + 3, queues.end ());
    CHECK (set.size () == 3);
    REQUIRE (set.remove (queues[0]) == 0);
    CHECK (helpers () == 1);
    REQUIRE (set.add (queues[0], Ready::Element, 0) == 0);
    CHECK (helpers () == 1);
    {
        const WaitSet end (std::move (set));
    }
    CHECK (helpers () == 0);
    CHECK (openDescriptors () == descriptors);
}

TEST_CASE ("each of 4096 queues wakes the set", "[descriptor][many]")
{
    constexpr uint64_t count = 4096;
    std::vector<Queue> queues;
    WaitSet set;
    for (uint64_t i = 0; i < count; ++i)
    {
        queues.emplace_back (2);
        REQUIRE (set.add (queues.back (), Ready::Element, i) == 0);
    }
    SetWaiter waiter (set);
    uint64_t got = 0;
    for (uint64_t i = 0; i < 200; ++i)
    {
        const uint64_t which = (i * 2039) % count;
        waiter.go ();
        waiter.untilSleeping ();
        REQUIRE (queues[which].tryPush (i) == 0);
        REQUIRE (waiter.events () == std::vector<uint64_t> {which});
        REQUIRE (queues[which].tryPop (got) == 0);
    }
}

TEST_CASE ("queues that leave take no wake-up of others along", "[descriptor][many]")
{
    constexpr uint64_t count = 600;
    std::vector<std::unique_ptr<Queue>> queues;
    WaitSet set;
    for (uint64_t i = 0; i < count; ++i)
    {
        queues.push_back (std::make_unique<Queue> (2));
        REQUIRE (set.add (*queues.back (), Ready::Element, i) == 0);
    }
    SetWaiter waiter (set);
    uint64_t got = 0;
    for (uint64_t i = 0; i + 2 < count; i += 7)
    {
        waiter.go ();
        waiter.untilSleeping ();
        queues[i].reset ();  // the last word takes its place
        const uint64_t last = count - 1 - i / 7;
        REQUIRE (queues[last]->tryPush (i) == 0);
        REQUIRE (waiter.events () == std::vector<uint64_t> {last});
        REQUIRE (queues[last]->tryPop (got) == 0);
        if (last <= i + 7)
        {
            break;
        }
    }
}

TEST_CASE ("a set works in a process with descriptors above 1024", "[descriptor]")
{
    rlimit limit;
    ::getrlimit (RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 3000)
    {
        return;
    }
    const rlimit before = limit;
    limit.rlim_cur = 3000;
    REQUIRE (::setrlimit (RLIMIT_NOFILE, &limit) == 0);
    std::vector<int> files;
    while (files.empty () || files.back () < 1500)
    {
        files.push_back (::open ("/dev/null", O_RDONLY | O_CLOEXEC));
        REQUIRE (files.back () != -1);
    }
    {
        Queue queue (4);
        WaitSet set;
        REQUIRE (set.add (queue, Ready::Element, 1) == 0);
        REQUIRE (set.fd () > 1500);
        settle (set);
        REQUIRE (queue.tryPush (1) == 0);
        CHECK (untilReadable (set.fd (), 30000));
    }
    for (int file : files)
    {
        ::close (file);
    }
    ::setrlimit (RLIMIT_NOFILE, &before);
}

TEST_CASE ("a descriptor limit is reported, and the set goes on", "[descriptor]")
{
    Queue queue (4);
    WaitSet set;
    REQUIRE (set.add (queue, Ready::Element, 1) == 0);
    rlimit before;
    ::getrlimit (RLIMIT_NOFILE, &before);
    const int next = ::open ("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close (next);
    const rlimit none = {static_cast<rlim_t> (next), before.rlim_max};
    REQUIRE (::setrlimit (RLIMIT_NOFILE, &none) == 0);
    const int error = errorOf ([&] { return set.fd (); });
    ::setrlimit (RLIMIT_NOFILE, &before);
    CHECK (error == EMFILE);
    REQUIRE (queue.tryPush (1) == 0);
    WaitEvent event;
    CHECK (set.wait (&event, 1) == 1);
    CHECK (set.fd () > 2);
}
