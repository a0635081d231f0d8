// SPDX-License-Identifier: MIT
// The cost of a push does not grow with the number of producer slots, threads or queues: 1022 slots, 2000 threads, 200
// queues. The tests count instructions and system calls; they judge no time.
#include "bounds.hpp"
#include "victim.hpp"
#include "waiting.hpp"

#include "../hang.hpp"

#include <thread>

#include <sys/mman.h>

TEST_CASE ("two thousand threads push with few or many slots", "[queue][bounds]")
{
    for (const uint32_t slots : {64U, allSlots})
    {
        INFO (slots << " slots");
        constexpr uint32_t count = 2000;
        Made<ShmMpmc> made (3 * count, join::MemOptions (), withSlots (slots));
        {
            // Each thread pushes twice: its second push finds what the first has set up.
            const Threads threads (count, [&] { return made->tryPush (1) == 0 && made->tryPush (2) == 0; });
            CHECK (threads.right ());
            CHECK (made->producers (nullptr, 0) == slots);
        }
        CHECK (made->pending () == 2 * count);
        CHECK (made->producers (nullptr, 0) == 1);  // the shared slot stays
        const Threads again (count, [&] { return made->tryPush (3) == 0; });
        CHECK (again.right ());
    }
}

TEST_CASE ("child of two thousand threads pushes from as many", "[queue][bounds]")
{
    constexpr uint32_t count = 2000;
    Made<ShmMpmc> made (2 * count, join::MemOptions (), withSlots (64));
    int status = -1;
    {
        const Threads threads (count, [&] { return made->tryPush (1) == 0; });
        CHECK (threads.right ());
        const auto pushInChild = [&] { return made->tryPush (1) == -1 && join::lastError.value () == EUSERS ? 0 : 1; };
        CHECK (crash::inChild (pushInChild) == 0);  // its parent has all slots
    }
    status = crash::inChild ([&] {
        const Threads threads (count, [&] { return made->tryPush (2) == 0; });
        return threads.right () ? 0 : 1;
    });
    CHECK (status == 0);
    CHECK (made->pending () == 2 * count);
}

TEST_CASE ("repeated refused push makes no system call", "[queue][bounds][exact]")
{
    Made<ShmMpmc> made (2 * allSlots, join::MemOptions (), withSlots (allSlots));
    const Holder holder (made.queue, allSlots);
    const auto pushAgain = [&] {
        testClock = 1000000000;  // the clock stands still, so the finding that all owners are alive stays valid
        return made->tryPush (1) == -1 && join::lastError.value () == EUSERS;
    };
    uint64_t first = 0;
    const auto refused = [&] {
        if (!pushAgain ())
        {
            ::_exit (1);
        }
    };
    first = callsOf (
        10 * allSlots, [] {}, refused);
    CHECK (first >= allSlots);
    CHECK (first <= 3 * allSlots);
    CHECK (callsOf (1000, refused,
                    [&] {
                        for (int i = 0; i < 1000; ++i)
                        {
                            refused ();
                        }
                    })
           == 0);
    const Cost cost = costOf (200000, refused, refused);
    std::printf ("refused: %llu instructions\n", static_cast<unsigned long long> (cost.instructions));
    CHECK (cost.instructions < uint64_t (20) * allSlots + 1000);  // a few for each slot, and the call itself
}

TEST_CASE ("refused push finds a slot whose owner dies", "[queue][bounds]")
{
    Made<ShmMpmc> made (16, join::MemOptions (), withSlots (2));
    const Holder stays (made.queue, 1);
    Holder dies (made.queue, 1);
    CHECK (errorOf ([&] { return made->tryPush (1); }) == EUSERS);
    dies.kill ();
    REQUIRE (comesTrue ([&] { return made->tryPush (2) == 0; }));  // takes 50 ms, which this test does not judge
    CHECK (made->stats ().deaths == 1);
}

namespace
{
/// The instructions that a process needs to exit with `count` open queues, one of which it has pushed to.
uint64_t exitCost (std::size_t count)
{
    std::vector<std::unique_ptr<OwnName>> names;
    for (std::size_t i = 0; i < count; ++i)
    {
        names.push_back (std::make_unique<OwnName> ());
    }
    std::vector<ShmMpsc::Queue<uint64_t>*> queues;
    const auto open = [&] {
        for (const auto& name : names)
        {
            queues.push_back (new ShmMpsc::Queue<uint64_t> (16, name->text));
        }
        queues[0]->tryPush (1);
    };
    return costOf (2 * mostInstructions, open, [] { ::exit (0); }).instructions;
}
}  // namespace

TEST_CASE ("thread exit cost is independent of open queues", "[queue][bounds][traced][exact]")
{
    const uint64_t one = exitCost (1);
    const uint64_t many = exitCost (200);
    std::printf ("exit: %llu instructions with 1 queue, %llu with 200\n", static_cast<unsigned long long> (one),
                 static_cast<unsigned long long> (many));
    CHECK (one < 2 * mostInstructions);
    CHECK (many < one + 5000);
}

TEST_CASE ("exiting threads release slots in every queue", "[queue][bounds]")
{
    constexpr int count = 20;
    std::vector<std::unique_ptr<Made<ShmMpsc>>> made;
    for (int i = 0; i < count; ++i)
    {
        made.push_back (std::make_unique<Made<ShmMpsc>> (256));
    }
    const auto pushFrom = [&] (int first, int step) {
        int failed = 0;
        for (int i = first; i < count; i += step)
        {
            failed += (*made[static_cast<std::size_t> (i)])->tryPush (1) == 0 ? 0 : 1;
        }
        return failed == 0;
    };
    {
        const Threads some (3, [&] { return pushFrom (0, 2); });
        const Threads all (2, [&] { return pushFrom (0, 1); });
        CHECK ((some.right () && all.right ()));
        CHECK ((*made[0])->producers (nullptr, 0) == 5);
        CHECK ((*made[1])->producers (nullptr, 0) == 2);
        made[2].reset ();  // removes it from the middle of five threads' lists
        made[5].reset ();
        made[0].reset ();
    }
    for (const auto& queue : made)
    {
        CHECK ((queue == nullptr || (*queue)->producers (nullptr, 0) == 0));
    }
}

namespace
{
/// Threads that stand in the middle of a push until they are released: their element lies on a page that cannot be
/// read.
std::atomic<int> standing {0};
std::atomic<bool> letGo {false};
void* forbidden = nullptr;

void standStill (int)
{
    ++standing;
    while (!letGo)
    {
        // Only a pause between polls; a signal handler may call nanosleep, but not comesTrue ().
        struct timespec pause = {0, 1000000};
        ::nanosleep (&pause, nullptr);
    }
    ::mprotect (forbidden, Victim::page, PROT_READ);
}

class Standing
{
public:
    template <typename Queue>
    Standing (Queue& queue, int count)
    {
        standing = 0;
        letGo = false;
        forbidden = ::mmap (nullptr, Victim::page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        struct sigaction action = {};
        action.sa_handler = standStill;
        ::sigaction (SIGSEGV, &action, &_before);
        for (int i = 0; i < count; ++i)
        {
            _threads.emplace_back ([&queue] { queue.tryPush (*static_cast<const uint64_t*> (forbidden)); });
        }
        CHECK (comesTrue ([&] { return standing == count; }));
    }

    ~Standing ()
    {
        letGo = true;
        for (std::thread& thread : _threads)
        {
            thread.join ();
        }
        ::sigaction (SIGSEGV, &_before, nullptr);
        ::munmap (forbidden, Victim::page);
    }

private:
    std::vector<std::thread> _threads;
    struct sigaction _before = {};
};
}  // namespace

TEST_CASE ("push that waits for another sleeps", "[queue][bounds][sharing]")
{
    if (crash::sanitized ())
    {
        return;  // the sanitizer has a SIGSEGV handler of its own
    }
    Made<ShmMpmc> made (16, join::MemOptions (), withSlots (1));
    const Standing one (made.queue, 1);
    const Sleeps& own = sleeps;
    std::atomic<bool> done {false};
    std::thread other ([&] {
        comesTrue ([&] { return own.naps >= 3 || done; });
        letGo = true;
    });
    CHECK (made->tryPush (1) == 0);
    CHECK (own.naps >= 3);
    done = true;
    other.join ();
}

TEST_CASE ("stalled pushes delay a first push one second", "[queue][bounds][patience]")
{
    if (crash::sanitized ())
    {
        return;
    }
    Made<ShmMpmc> made (16, join::MemOptions (), withSlots (4));
    const Standing all (made.queue, 4);
    const uint64_t before = sleeps.naps;
    CHECK (errorOf ([&] { return made->tryPush (1); }) == EUSERS);
    CHECK (std::string (join::lastError.message ()).find ("in the middle of a push") != std::string::npos);
    CHECK (sleeps.naps - before <= 20000);  // naps of 50 us each, or longer on a slow machine
}
