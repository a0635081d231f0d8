// SPDX-License-Identifier: MIT
// What a set costs: system calls of the producers, wake-ups of an idle set, checks of a busy one; and what a process
// leaves that is killed at any instruction of a wait or a push.
#include "wait_support.hpp"

#include "helpers.hpp"

#include "../crash/tracer.hpp"
#include "../queue/raw.hpp"
#include "../queue/scale.hpp"
#include "../queue/waiting.hpp"

#include <csignal>
#include <ctime>

using namespace std::chrono_literals;
using crash::Stop;
using crash::Traced;
using join::Ready;
using join::WaitEvent;
using join::WaitSet;

namespace
{
using Shared = join::ShmMem::Mpmc::Queue<uint64_t>;

/// How many system calls the child makes between two marks.
uint64_t callsBetween (Traced& child, unsigned first, unsigned last)
{
    uint64_t calls = 0;
    REQUIRE (child.between (first, last, [&] (Stop stop) {
        calls += stop == Stop::Entry ? 1 : 0;
        return true;
    }));
    return calls;
}

/// How often the threads of this process have slept in the kernel so far.
uint64_t sleepsOf (const std::vector<std::string>& threads)
{
    uint64_t sum = 0;
    for (const std::string& thread : threads)
    {
        std::ifstream file ("/proc/self/task/" + thread + "/status");
        for (std::string line; std::getline (file, line);)
        {
            const std::string field = "voluntary_ctxt_switches:";
            sum += line.rfind (field, 0) == 0 ? std::stoull (line.substr (field.size ())) : 0;
        }
    }
    return sum;
}

/// The pages that the processes of one case share.
struct Done
{
    volatile bool returned;
    volatile int64_t result;
};

Done& freshDone ()
{
    static Done& done = *static_cast<Done*> (crash::sharedPages (sizeof (Done)));
    done.returned = false;
    done.result = 0;
    return done;
}

/// Kills the child after k instructions of the call between its marks. @return whether the call had returned by then
bool killedAfter (const std::function<int64_t ()>& prepare, const std::function<int64_t ()>& call, int k)
{
    Done& done = freshDone ();
    Traced child ([&] {
        prepare ();
        crash::mark (1);
        done.result = call ();
        done.returned = true;
        crash::mark (2);
        return 0;
    });
    REQUIRE (child.toMark (1));
    for (int i = 0; i < k && !done.returned; ++i)
    {
        child.step ();
    }
    const bool ended = done.returned;
    child.kill ();
    return ended;
}
}  // namespace

#if defined(__x86_64__)
TEST_CASE ("pushes make no system call while the set is awake", "[calls][traced][exact]")
{
    const bool byDescriptor = GENERATE (false, true);
    Traced child ([&] {
        join::LocalMem::Mpsc::Queue<uint64_t> queue (1024);
        join::LocalMem::Mpsc::Queue<uint64_t> other (1024);
        WaitSet set;
        WaitEvent event;
        set.add (queue, Ready::Element, 1);
        set.add (other, Ready::Element, 2);
        const bool works = (!byDescriptor || set.fd () > 2) && set.wait (&event, 1, 0s) == -1
                           && set.wait (&event, 1, 1ms) == -1 && queue.tryPush (1) == 0
                           && set.wait (&event, 1, 1s) == 1;
        crash::mark (1);
        for (uint64_t i = 0; i < 1000; ++i)
        {
            queue.tryPush (i);
        }
        crash::mark (2);
        for (uint64_t i = 0; i < 1000; ++i)
        {
            other.tryPush (i);
        }
        crash::mark (3);
        return works ? 0 : 1;
    });
    CHECK (callsBetween (child, 1, 2) == 0);
    CHECK (callsBetween (child, 2, 3) <= 2);  // one wakes the sleepers of the word; one may signal the descriptor
    CHECK (child.finish () == 0);
}
#endif

TEST_CASE ("4096 idle shared queues wake a set at most 20 times a second", "[idle][exact]")
{
    const bool byDescriptor = GENERATE (false, true);
    constexpr uint64_t count = 4096;
    const OwnName name;
    std::vector<Shared> queues;  // objects on one segment: each has its words watched
    WaitSet set;
    for (uint64_t i = 0; i < count; ++i)
    {
        queues.emplace_back (4, name.text);
        REQUIRE (set.add (queues.back (), Ready::Element, i) == 0);
    }
    REQUIRE ((!byDescriptor || set.fd () > 2));
    std::unique_ptr<SetWaiter> waiter;
    WaitEvent event;
    REQUIRE (errorOf ([&] { return set.wait (&event, 1, 0s); }) == ETIMEDOUT);
    if (!byDescriptor)
    {
        waiter = std::make_unique<SetWaiter> (set);
        waiter->go ();
        waiter->untilSleeping ();
    }
    CHECK (helpers () == helpersFor (count, byDescriptor));
    std::vector<std::string> threads;
    for (const std::string& thread : entriesOf ("/proc/self/task"))
    {
        if (thread != std::to_string (::getpid ()))
        {
            threads.push_back (thread);
            untilAsleep (std::atomic<pid_t> (std::stoi (thread)));
        }
    }
    const auto start = std::chrono::steady_clock::now ();
    const uint64_t before = sleepsOf (threads);
    std::this_thread::sleep_for (500ms);  // the time in which wake-ups are counted
    const uint64_t slept = sleepsOf (threads) - before;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now () - start;
    CHECK (static_cast<double> (slept) <= 20 * took.count () + 2);  // one more at the start and one at the end
    if (!byDescriptor)
    {
        REQUIRE (set.wake () == 0);
        CHECK (waiter->result () == 0);
    }
}

TEST_CASE ("an idle set of private queues does not wake", "[idle][exact]")
{
    std::vector<join::LocalMem::Spsc::Queue<uint64_t>> queues;
    WaitSet set;
    for (uint64_t i = 0; i < 300; ++i)
    {
        queues.emplace_back (4);
        REQUIRE (set.add (queues.back (), Ready::Element, i) == 0);
    }
    REQUIRE (set.fd () > 2);
    WaitEvent event;
    REQUIRE (errorOf ([&] { return set.wait (&event, 1, 0s); }) == ETIMEDOUT);
    REQUIRE (helpers () == helpersFor (300, true));
    for (const std::string& thread : helperThreads ())
    {
        untilAsleep (std::atomic<pid_t> (std::stoi (thread)));
    }
    const uint64_t before = sleepsOf (helperThreads ());
    std::this_thread::sleep_for (300ms);  // the time in which no helper may wake
    CHECK (sleepsOf (helperThreads ()) == before);
}

#if defined(__x86_64__)
namespace
{
/// The number of instructions of one wait that reports `ready` of the queues.
uint64_t instructionsOfWait (uint64_t all, uint64_t ready)
{
    Done& done = freshDone ();
    Traced child ([&] {
        std::vector<join::LocalMem::Mpsc::Queue<uint64_t>> queues;
        WaitSet set;
        for (uint64_t i = 0; i < all; ++i)
        {
            queues.emplace_back (2);
            set.add (queues.back (), Ready::Element, i);
        }
        WaitEvent events[16];
        for (uint64_t i = 0; i < ready; ++i)
        {
            queues[i * all / ready].tryPush (1);
        }
        for (int i = 0; i < 4; ++i)
        {
            set.wait (events, 16, 1s);
        }
        // Every 50 ms a wait checks all queues. A process that is stepped is slow, so the test stops its clock.
        testClock = std::chrono::nanoseconds (std::chrono::steady_clock::now ().time_since_epoch ()).count ();
        crash::mark (1);
        done.result = set.wait (events, 16, 1s);
        done.returned = true;
        crash::mark (2);
        return 0;
    });
    REQUIRE (child.toMark (1));
    uint64_t steps = 0;
    while (!done.returned)
    {
        child.step ();
        ++steps;
    }
    CHECK (done.result == static_cast<int64_t> (ready));
    child.kill ();
    return steps;
}
}  // namespace

TEST_CASE ("a wait that reports queues costs the same in a large set", "[looks][traced][exact]")
{
    for (const uint64_t ready : {uint64_t (1), uint64_t (8)})
    {
        const uint64_t small = instructionsOfWait (127, ready);
        const uint64_t large = instructionsOfWait (2000, ready);
        INFO (ready << " ready: " << small << " instructions with 127 queues, " << large << " with 2000");
        // A wait checks 127 words beside the candidates, and asks each group where there are helpers. A check of each
        // other word would cost 170 instructions, or 10 where it is armed.
        CHECK (large < small + 1873 * 5);
    }
}

TEST_CASE ("a waiter that is killed at any instruction leaves others unharmed", "[kill][traced][exact]")
{
    const int every = static_cast<int> (scaled (911, 421, 3));
    const bool byDescriptor = GENERATE (false, true);
    bool ended = false;
    int cases = 0;
    for (int k = byDescriptor ? 5 : 0; !ended; k += every, ++cases)
    {
        const OwnName name;
        Shared queue (4, name.text);
        join::WaitSet* dying = nullptr;
        Shared* theirs = nullptr;
        ended = killedAfter (
            [&] {
                theirs = new Shared (4, name.text);
                dying = new WaitSet;
                return 0;
            },
            [&] {
                WaitEvent event;
                dying->add (*theirs, Ready::Element | Ready::Room, 1, 3);
                if (byDescriptor)
                {
                    dying->fd ();
                }
                dying->wait (&event, 1, 0s);
                dying->modify (*theirs, Ready::Element, 2);
                dying->wait (&event, 1, std::chrono::microseconds (1));
                return dying->remove (*theirs);
            },
            k);
        WaitSet set;
        WaitEvent event;
        REQUIRE (set.add (queue, Ready::Element, 1) == 0);
        Call observer ([&] { return set.wait (&event, 1); });
        Call taker ([&] {
            uint64_t got = 0;
            return queue.pop (got);
        });
        INFO ("after " << k << " instructions");
        REQUIRE (queue.tryPush (1) == 0);
        REQUIRE (taker.result () == 0);
        REQUIRE (comesTrue ([&] { return observer.isDone () || (queue.tryPush (2) == 0 && false); }));
        REQUIRE (k < 200000);
    }
    std::printf ("%d cases\n", cases);
}

TEMPLATE_LIST_TEST_CASE ("a producer that is killed at any instruction of a push delays a set little",
                         "[kill][traced][exact]", SharedKinds)
{
    const int every = static_cast<int> (scaled (211, 61, 1));
    bool ended = false;
    int cases = 0;
    for (int k = 0; !ended; k += every, ++cases)
    {
        Made<TestType> made (4, join::MemOptions (), TestType::spsc ? inTurn () : join::QueueOptions ());
        WaitSet set;
        WaitEvent event;
        REQUIRE (set.add (made.queue, Ready::Element, 1) == 0);
        REQUIRE (errorOf ([&] { return set.wait (&event, 1, 1ms); }) == ETIMEDOUT);  // arms
        std::unique_ptr<typename TestType::template Queue<uint64_t>> theirs;
        ended = killedAfter (
            [&] {
                theirs = std::make_unique<typename TestType::template Queue<uint64_t>> (
                    openQueue<TestType> (4, made.name.text));
                return 0;
            },
            [&] { return theirs->tryPush (5); }, k);
        INFO ("after " << k << " instructions");
        uint64_t got = 0;
        Call observer ([&] { return set.wait (&event, 1); });
        observer.untilSleepingOrDone ();
        REQUIRE ((observer.isDone () || made->tryPush (6) == 0));
        REQUIRE (observer.result () == 1);
        CHECK (event.ready == Ready::Element);
        if (made->tryPop (got) != 0)
        {
            // The set found the claim of the killed producer, whose cell is skipped: the pop has freed it.
            REQUIRE (join::lastError.value () == EAGAIN);
            REQUIRE (made->pending () == 0);
            REQUIRE (made->tryPush (6) == 0);
            REQUIRE (set.wait (&event, 1, 5s) == 1);
            REQUIRE (made->tryPop (got) == 0);
        }
        REQUIRE ((got == 5 || (got == 6 && !ended)));
        REQUIRE (k < 5000);
    }
    std::printf ("%d cases\n", cases);
}
#endif
