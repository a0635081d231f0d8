// SPDX-License-Identifier: MIT
// The number of wake-ups that a wait costs: one for an element, none for an idle sleeper of a private queue, and 20 a
// second together for all sleepers of a shared queue in one process. The kernel counts them, in /proc. And no wake-up
// is lost if it reaches a waiter that times out or is cancelled at the same moment.
#include "scale.hpp"
#include "wake_count.hpp"

#include <joinmem.h>

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

namespace
{
/// The wake-ups in `time` if one thread of the process checks for dead producers every 50 ms, plus one, because a
/// window may begin at any moment.
double looksIn (nanoseconds time)
{
    return 20 * std::chrono::duration<double> (time).count () + 1;
}

/// How often the threads ran in `time`, counted once they ran at most `most` times in a shorter window: the first sleep
/// may differ from later ones. A caller with a `time` expects none, so that load can only make the check stricter.
uint64_t runsOnceSettled (const Crowd& crowd, nanoseconds time, uint64_t most)
{
    const auto runsIn = [&] (nanoseconds window) {
        const uint64_t before = crowd.runs ();
        std::this_thread::sleep_for (window);
        return crowd.runs () - before;
    };
    for (int i = 0; i < 10 && runsIn (200ms) > most; ++i)
    {
    }
    return runsIn (time);
}

template <typename Kind>
void countWakesOfElements ()
{
    constexpr uint64_t elements = 200;
    Made<Kind> made (1024);
    std::atomic<uint64_t> popped {0};
    Crowd crowd (
        500,
        [&] {
            uint64_t got = 0;
            while (made->pop (got) == 0)
            {
                ++popped;
            }
        },
        [&] { made->shutdown (); });
    REQUIRE (comesTrue ([&] { return crowd.isAsleep (); }));
    runsOnceSettled (crowd, 0ns, 10);
    const auto start = steady_clock::now ();
    const uint64_t before = crowd.switches ();
    for (uint64_t i = 1; i <= elements; ++i)
    {
        REQUIRE (made->push (i) == 0);
        REQUIRE (comesTrue ([&] { return popped == i && crowd.isAsleep (); }));
    }
    const double switches = static_cast<double> (crowd.switches () - before);
    const double looks = Kind::shared ? looksIn (steady_clock::now () - start) : 0;
    std::printf ("%.2f wake-ups an element, and %.1f for checks for dead producers\n", (switches - looks) / elements,
                 looks);
    CHECK (switches <= 1.1 * elements + looks);
}
}  // namespace

TEST_CASE ("element wakes one of 500 consumers", "[queue][wakes][exact]")
{
    countWakesOfElements<LocalMpmc> ();
}

TEST_CASE ("shared element wakes one of 500 consumers", "[queue][wakes][exact]")
{
    countWakesOfElements<ShmMpmc> ();
}

namespace
{
using LocalKinds = std::tuple<LocalSpsc, LocalMpsc, LocalMpmc>;

/// `count` threads wait for an element, or for room.
template <typename Kind>
std::unique_ptr<Crowd> waiting (Made<Kind>& made, bool pushes, unsigned count)
{
    if (pushes)
    {
        made->tryPush (1);
    }
    auto crowd = std::make_unique<Crowd> (
        count,
        [&made, pushes] {
            uint64_t got = 0;
            pushes ? made->push (2) : made->pop (got);
        },
        [&made] { made->shutdown (); });
    REQUIRE (comesTrue ([&] { return crowd->isAsleep (); }));
    return crowd;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("private sleeper makes no call and no wake-up", "[queue][wakes][exact]", LocalKinds)
{
    for (const bool pushes : {false, true})
    {
        Made<TestType> made (1);
        const auto crowd = waiting (made, pushes, 1);
        // A thread that did not run made no call and executed no instruction.
        INFO ((pushes ? "a producer" : "a consumer"));
        CHECK (runsOnceSettled (*crowd, 500ms, 0) == 0);
    }
}

TEST_CASE ("batch wakes as many as it serves", "[queue][wakes][exact]")
{
    for (const bool pushes : {false, true})
    {
        Made<LocalMpmc> made (8);  // private, so no sleeper checks by itself
        uint64_t batch[8] = {};
        REQUIRE ((!pushes || made->tryPush (batch, 8) == 8));
        std::atomic<uint64_t> served {0};
        Crowd crowd (
            7,
            [&] {
                uint64_t got = 0;
                served += (pushes ? made->push (1) : made->pop (got)) == 0;
            },
            [&] { made->shutdown (); });
        REQUIRE (comesTrue ([&] { return crowd.isAsleep (); }));
        for (const uint64_t expected : {3U, 5U, 6U})
        {
            const uint64_t n = expected - served;
            REQUIRE ((pushes ? made->tryPop (batch, n) : made->tryPush (batch, n)) == static_cast<int64_t> (n));
            CHECK (comesTrue ([&] { return served == expected; }));
        }
        CHECK (made->pending () == (pushes ? 8 : 0));
    }
}

TEST_CASE ("sleepers of a process wake 20 times together", "[queue][wakes][exact]")
{
    for (const bool pushes : {false, true})
    {
        Made<ShmMpmc> made (1, join::MemOptions (), withSlots (128));
        const auto crowd = waiting (made, pushes, 100);
        runsOnceSettled (*crowd, 0ns, 5);
        const auto start = steady_clock::now ();
        const uint64_t before = crowd->switches ();
        std::this_thread::sleep_for (2s);
        const double switches = static_cast<double> (crowd->switches () - before);
        const auto time = steady_clock::now () - start;
        INFO ((pushes ? "producers" : "consumers"));
        std::printf ("100 %s: %.1f wake-ups a second\n", pushes ? "producers" : "consumers",
                     switches / std::chrono::duration<double> (time).count ());
        CHECK (switches <= looksIn (time) + 1);
    }
}

namespace
{
/// Rounds in which wake-ups arrive while one waiter leaves and another stays: `give` has something for one of them, and
/// the one that stays is served in the end.
struct Rounds
{
    Waiter& leaves;
    Waiter& stays;
    std::function<void ()> give;
    uint64_t left = 0;  // rounds in which the leaving waiter got nothing
    uint64_t late = 0;  // rounds in which the staying waiter was not woken and found it by its own check

    /// Both sleep, first the one that leaves, so that it is woken first.
    bool begin ()
    {
        leaves.go ();
        const bool first = comesTrue ([&] { return leaves.isAsleep () || leaves.hasReturned (); });
        stays.go ();
        return first && comesTrue ([&] { return stays.isAsleep () || stays.hasReturned (); });
    }

    /// Runs after the first give ().
    bool end ()
    {
        if (!comesTrue ([&] { return leaves.hasReturned (); }))
        {
            return false;
        }
        left += leaves.result () != 0;
        if (leaves.result () == 0)
        {
            give ();
        }
        // By now the staying waiter has been woken, by give () or by the waiter that left.
        const int64_t given = monotonicNow ();
        if (!comesTrue ([&] { return stays.hasReturned (); }))
        {
            return false;
        }
        // Late: it slept to the end of its time, long after it had been given something.
        late += stays.until () > given + 1000000;
        return true;
    }
};

template <typename Kind>
void timeOutAsWakesCome (bool pushes, uint64_t count)
{
    Made<Kind> made (1);
    std::mt19937 random (1);
    nanoseconds timeout (0);
    std::atomic<uint64_t> refused {0};
    const auto call = [&] (bool forEver) {
        uint64_t got = 0;
        return pushes ? (forEver ? made->push (2) : made->push (2, timeout))
                      : (forEver ? made->pop (got) : made->pop (got, timeout));
    };
    const auto give = [&] {
        uint64_t got = 0;
        refused += (pushes ? made->tryPop (got) : made->tryPush (1)) != 0;
    };
    if (pushes)
    {
        made->tryPush (1);
    }
    const auto end = [&] { made->shutdown (); };
    Waiter leaves ([&] { return call (false); }, end);
    Waiter stays ([&] { return call (true); }, end);
    Rounds rounds {leaves, stays, give};
    for (uint64_t i = 0; i < count; ++i)
    {
        timeout = nanoseconds (300000 + random () % 200000);
        // Around the end of the timeout: at that moment, or shortly before or after.
        const int64_t when = monotonicNow () + timeout.count () - 50000 + static_cast<int64_t> (random () % 200000);
        REQUIRE (rounds.begin ());
        spinUntil (when);
        give ();
        REQUIRE (rounds.end ());
    }
    std::printf ("%lu rounds, in %lu of them the timeout came first\n", count, rounds.left);
    CHECK (rounds.left > 0);
    CHECK (rounds.late == 0);
    CHECK (refused == 0);
}
}  // namespace

TEMPLATE_TEST_CASE ("waiter that times out swallows no wake-up", "[queue][wakes][passed][exact]", LocalMpmc, ShmMpmc)
{
    for (const bool pushes : {false, true})
    {
        timeOutAsWakesCome<TestType> (pushes, scaled (400, 5000, 200000));
    }
}

TEST_CASE ("cancelled waiter swallows no wake-up", "[queue][wakes][passed][exact]")
{
    const uint64_t count = scaled (300, 2000, 100000);
    const OwnName name;
    const auto open = [&] { return ::jm_queue_open (JM_MPMC, 4, sizeof (uint64_t), name.text.c_str ()); };
    const jm_handle mine = open ();
    const jm_handle another = open ();
    REQUIRE ((mine > 0 && another > 0));
    const auto pop = [] (jm_handle queue) {
        uint64_t got = 0;
        return ::jm_queue_pop (queue, &got, -1);
    };
    const auto end = [&] { ::jm_queue_shutdown (mine); };
    std::atomic<jm_handle> closed {0};
    std::atomic<bool> closing {false};
    std::atomic<int64_t> delay {20000};
    // Waiters keep to the giver's CPU, so a woken waiter runs only after the giver.
    const Apart apart;
    Waiter leaves ([&] { return pop (closed); }, end);
    Waiter stays ([&] { return pop (another); }, end);
    Waiter closer (
        [&] {
            apart.move ();
            closing = true;
            spinUntil (monotonicNow () + delay);
            return ::jm_close (closed);
        },
        end);
    const uint64_t element = 7;
    Rounds rounds {leaves, stays, [&] { ::jm_queue_push (mine, &element, 0); }};
    for (uint64_t i = 0; i < count; ++i)
    {
        closed = open ();
        REQUIRE (rounds.begin ());
        closing = false;
        closer.go ();
        while (!closing)
        {
            ::sched_yield ();
        }
        rounds.give ();
        REQUIRE (rounds.end ());
        REQUIRE (comesTrue ([&] { return closer.hasReturned (); }));
        // Adjusts the delay until both outcomes are about equally frequent.
        delay = std::max<int64_t> (delay + (leaves.result () == 0 ? -2000 : 2000), 0);
    }
    std::printf ("%lu rounds, in %lu of them the cancel came first\n", count, rounds.left);
    CHECK (rounds.late == 0);
    ::jm_close (another);
    end ();
    ::jm_close (mine);
}
