// SPDX-License-Identifier: MIT
// The roles of a shared Spsc: one producer and one consumer by default, and how roles are handed over.
#include "kinds.hpp"

#include "../hang.hpp"

#include <join/placement.hpp>

#include <atomic>
#include <filesystem>
#include <thread>

#include <pthread.h>
#include <unistd.h>

namespace
{
using Queue = ShmSpsc::Queue<uint64_t>;
}  // namespace

TEST_CASE ("second producer or consumer is refused by default", "[queue][roles]")
{
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    Queue second (8, made.name.text);
    uint64_t got = 0;
    REQUIRE ((made->tryPush (1) == 0 && made->tryPop (got) == 0));
    CHECK (errorOf ([&] { return second.tryPush (2); }) == EBUSY);
    CHECK_THAT (join::lastError.message (), Catch::Contains ("a second producer of " + made.name.text));
    CHECK_THAT (join::lastError.message (), Catch::Contains ("process " + std::to_string (::getpid ())));
    CHECK (errorOf ([&] { return second.tryPop (got); }) == EBUSY);
    CHECK_THAT (join::lastError.message (), Catch::Contains ("a second consumer of " + made.name.text));
    CHECK (made->pending () == 0);
}

TEST_CASE ("two consumers get each element once", "[queue][roles]")
{
    constexpr uint64_t count = 20000;
    Made<ShmSpsc> made (64, join::MemOptions (), join::QueueOptions ());
    std::atomic<uint64_t> sum {0};
    std::atomic<uint64_t> popped {0};
    std::atomic<int> refused {0};
    std::vector<std::thread> consumers;
    for (int i = 0; i < 2; ++i)
    {
        consumers.emplace_back ([&] {
            Queue queue (64, made.name.text);
            uint64_t got = 0;
            while (popped < count)
            {
                if (queue.pop (got, std::chrono::milliseconds (1)) == 0)
                {
                    sum += got;
                    ++popped;
                }
                else if (join::lastError.value () == EBUSY)
                {
                    ++refused;
                    return;
                }
            }
        });
    }
    for (uint64_t i = 1; i <= count; ++i)
    {
        // Only then both have tried to pop. The consumer lives on until the last element.
        REQUIRE ((i != count / 2 || comesTrue ([&] { return refused == 1; })));
        made->push (i);
    }
    for (std::thread& consumer : consumers)
    {
        consumer.join ();
    }
    CHECK (refused == 1);
    CHECK (popped == count);
    CHECK (sum == count * (count + 1) / 2);
}

TEST_CASE ("released role is free for others, and again", "[queue][roles]")
{
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    Queue second (8, made.name.text);
    uint64_t got = 0;
    CHECK (made->releaseRole () == 0);  // the object has no role
    for (uint64_t round = 0; round < 3; ++round)
    {
        REQUIRE (made->tryPush (10 * round) == 0);
        REQUIRE (made->releaseRole () == 0);
        REQUIRE (second.tryPush (10 * round + 1) == 0);
        CHECK (errorOf ([&] { return made->tryPush (7); }) == EBUSY);
        REQUIRE ((second.tryPop (got) == 0 && got == 10 * round));
        CHECK (errorOf ([&] { return made->tryPop (got); }) == EBUSY);
        REQUIRE (second.releaseRole () == 0);
        REQUIRE ((made->tryPop (got) == 0 && got == 10 * round + 1));
        REQUIRE (made->releaseRole () == 0);
    }
    CHECK (made->stats ().deaths == 0);
}

TEST_CASE ("moved object takes its roles along", "[queue][roles]")
{
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    Queue second (8, made.name.text);
    REQUIRE (made->tryPush (1) == 0);
    Queue moved (std::move (made.queue));
    CHECK (moved.tryPush (2) == 0);
    CHECK (errorOf ([&] { return second.tryPush (3); }) == EBUSY);
    moved = Queue (8, made.name.text);
    CHECK (second.tryPush (3) == 0);
    CHECK (errorOf ([&] { return made->releaseRole (); }) == EBADF);
}

TEST_CASE ("forked child inherits no role", "[queue][roles]")
{
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    uint64_t got[2] = {};
    // This process knows that there is room for six elements and that two are left, so no call below has to read the
    // other role's index.
    REQUIRE ((made->tryPush (1) == 0 && made->tryPush (2) == 0 && made->tryPush (3) == 0));
    REQUIRE (made->tryPop (got, 1) == 1);
    const auto isRefused = [&] {
        const bool push = made->tryPush (9) == -1 && join::lastError.value () == EBUSY;
        const bool pop = made->tryPop (got[0]) == -1 && join::lastError.value () == EBUSY;
        return push && pop && made->reserve (1).empty () && made->peek (1).empty () ? 0 : 1;
    };
    CHECK (crash::inChild (isRefused) == 0);
    CHECK (made->tryPush (4) == 0);
    CHECK (made->pending () == 3);
    CHECK ((made->tryPop (got[0]) == 0 && got[0] == 2));
}

TEST_CASE ("free role goes to its first user", "[queue][roles]")
{
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    uint64_t got = 0;
    CHECK (crash::inChild ([&] { return made->tryPush (1) == 0 ? 0 : 1; }) == 0);
    REQUIRE ((made->tryPop (got) == 0 && got == 1));
    CHECK (made->tryPush (2) == 0);  // the child is gone, and so is its role
}

TEST_CASE ("reserved room and peeked elements go with the role", "[queue][roles]")
{
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    Queue second (8, made.name.text);
    uint64_t got = 0;
    REQUIRE ((made->tryPush (1) == 0 && made->tryPush (2) == 0));
    REQUIRE ((made->reserve (2).size () == 2 && made->peek (2).size () == 2));
    const auto isRefused = [&] { return made->commit (2) == -1 && made->release (2) == -1 ? 0 : 1; };
    CHECK (crash::inChild (isRefused) == 0);
    REQUIRE (made->releaseRole () == 0);
    CHECK (isRefused () == 0);
    REQUIRE ((second.reserve (1).size () == 1 && second.peek (1).size () == 1));
    CHECK (isRefused () == 0);
    CHECK (made->pending () == 2);
    CHECK ((second.release (1) == 0 && second.tryPop (got) == 0 && got == 2));
}

TEST_CASE ("fork touches no segment", "[queue][roles]")
{
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    REQUIRE (made->tryPush (1) == 0);
    REQUIRE (::truncate (("/dev/shm" + made.name.text).c_str (), 0) == 0);
    CHECK (crash::inChild ([] { return 0; }) == 0);
    REQUIRE (::truncate (("/dev/shm" + made.name.text).c_str (), static_cast<off_t> (made->placement ().size)) == 0);
}

TEST_CASE ("roles change hands without false refusals", "[queue][roles]")
{
    constexpr int rounds = 2000;
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    std::atomic<int> wrong {0};
    std::atomic<int> taken {0};
    const auto passOn = [&] {
        Queue queue (8, made.name.text);
        uint64_t got = 0;
        for (int i = 0; i < rounds; ++i)
        {
            const int error = errorOf ([&] { return queue.tryPop (got); });
            taken += error == EAGAIN ? 1 : 0;
            wrong += error != EAGAIN && error != EBUSY ? 1 : 0;
            wrong += error == EBUSY && join::lastError.message ().find ("process 0") != std::string::npos ? 1 : 0;
            wrong += queue.releaseRole () == 0 ? 0 : 1;
        }
    };
    std::thread other (passOn);
    passOn ();
    other.join ();
    CHECK (wrong == 0);
    CHECK (taken > 0);
}

TEST_CASE ("a pending cancellation does not stop a release of roles", "[queue][roles]")
{
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    Queue second (8, made.name.text);
    int released = -1;
    std::thread cancelled ([&] {
        made->tryPush (1);
        ::pthread_cancel (::pthread_self ());
        released = made->releaseRole ();
        ::pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, nullptr);
    });
    cancelled.join ();
    CHECK (released == 0);
    CHECK (second.tryPush (2) == 0);
}

TEST_CASE ("roles cost no descriptor once they are taken", "[queue][roles]")
{
    const auto open = [] {
        return std::distance (std::filesystem::directory_iterator ("/proc/self/fd"),
                              std::filesystem::directory_iterator ());
    };
    const auto before = open ();
    Made<ShmSpsc> made (8, join::MemOptions (), join::QueueOptions ());
    uint64_t got = 0;
    CHECK (open () - before == 3);
    REQUIRE (made->tryPush (1) == 0);
    CHECK (open () - before == 2);
    REQUIRE (made->tryPop (got) == 0);
    CHECK (open () - before == 1);
    REQUIRE (made->releaseRole () == 0);
    CHECK (open () - before == 3);
}

TEST_CASE ("roles are unchecked where options say so", "[queue][roles]")
{
    Made<ShmSpsc> made (8, join::MemOptions (), inTurn ());
    Queue second (8, made.name.text, join::MemOptions (), inTurn ());
    CHECK ((made->tryPush (1) == 0 && second.tryPush (2) == 0));
    CHECK (made->producers (nullptr, 0) == 0);
}
