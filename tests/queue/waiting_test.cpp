// SPDX-License-Identifier: MIT
// Waiting: no wake-up is lost, an idle waiter costs nothing, a push with nobody waiting calls nobody.
#include "raw.hpp"
#include "scale.hpp"
#include "stress.hpp"
#include "waiting.hpp"

#include "../crash/tracer.hpp"

#include <mutex>

#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

using namespace std::chrono_literals;

namespace
{
int64_t monotonic ()
{
    struct timespec time = {};
    ::clock_gettime (CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

struct Rounds
{
    std::atomic<uint64_t> round;     // the last one whose push has returned
    std::atomic<int64_t> returned;   // when
    std::atomic<uint64_t> sleeps;    // of the other side
    std::atomic<uint64_t> timedOut;  // nobody woke it in time: the other side was late, or a wake-up was lost
    std::atomic<uint64_t> lost;      // a push had returned long before the time was up
    std::atomic<uint64_t> wrong;
};

// The child sleeps for each element, and answers.
template <typename Queue>
int answer (Queue& there, Queue& back, Rounds& rounds, uint64_t count)
{
    for (uint64_t i = 1; i <= count; ++i)
    {
        uint64_t got = 0;
        sleeps.until = 0;
        if (there.pop (got) == -1 || got != i)
        {
            ++rounds.wrong;
            return 1;
        }
        const int64_t until = sleeps.until;
        if (until != 0 && rounds.round == i && rounds.returned < until - 1000000)
        {
            ++rounds.lost;
        }
        back.push (i);
    }
    rounds.sleeps = sleeps.count;
    rounds.timedOut = sleeps.timedOut;
    return 0;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("no wake-up is lost between processes", "[queue][waiting][wake]", SharedKinds)
{
    const uint64_t count = scaled (100000, 1000000, 10000000) / 3;
    auto& rounds = *static_cast<Rounds*> (crash::sharedPages (sizeof (Rounds)));
    Made<TestType> there (2);
    Made<TestType> back (2);
    Raw raw (there.name.text);
    const pid_t child = crash::start ([&] {
        ::alarm (0);
        return answer (there.queue, back.queue, rounds, count);
    });
    std::mt19937_64 random (1);
    for (uint64_t i = 1; i <= count; ++i)
    {
        // Mostly the other one sleeps by now; or it is about to; or just on its way there.
        const uint64_t how = random () % 8;
        while (how > 1 && (raw.control ().gate.state.load () & join::detail::poppersWait) == 0)
        {
            std::this_thread::yield ();
        }
        for (uint64_t wait = how == 0 ? random () % 400 : how > 2 ? 600 : 0; wait > 0; --wait)
        {
            join::detail::relax ();
        }
        there->push (i);
        rounds.returned = monotonic ();
        rounds.round = i;
        uint64_t got = 0;
        if (back->pop (got, 20s) == -1 || got != i)
        {
            FAIL ("no answer in round " << i);
        }
    }
    CHECK (crash::await (child) == 0);
    CHECK (rounds.wrong == 0);
    CHECK (rounds.lost == 0);
    CHECK (rounds.sleeps >= count / 3);  // it was about sleeping
    std::printf ("%lu rounds, %lu sleeps, %lu of them to their end, %lu lost\n", count, rounds.sleeps.load (),
                 rounds.timedOut.load (), rounds.lost.load ());
}

namespace
{
struct Idle
{
    double cpu;      // of one core
    double perTime;  // wake-ups a second
};

template <typename Call>
Idle idleFor (std::chrono::nanoseconds time, Call call)
{
    struct rusage before = {};
    struct rusage after = {};
    ::getrusage (RUSAGE_THREAD, &before);
    call (time);
    ::getrusage (RUSAGE_THREAD, &after);
    const auto seconds = [] (const timeval& t) { return double (t.tv_sec) + double (t.tv_usec) / 1e6; };
    const double whole = std::chrono::duration<double> (time).count ();
    return Idle {
        (seconds (after.ru_utime) + seconds (after.ru_stime) - seconds (before.ru_utime) - seconds (before.ru_stime))
            / whole,
        double (after.ru_nvcsw - before.ru_nvcsw) / whole};
}

// Poppers of empty queues and pushers of full ones, of every kind, all at once: the worst of them.
template <typename... Kinds>
Idle idlest (std::tuple<Kinds...>, std::chrono::nanoseconds time)
{
    std::vector<std::thread> threads;
    std::mutex mutex;
    Idle worst = {0, 0};
    const auto note = [&] (const Idle& idle) {
        const std::lock_guard<std::mutex> lock (mutex);
        worst.cpu = std::max (worst.cpu, idle.cpu);
        worst.perTime = std::max (worst.perTime, idle.perTime);
    };
    const auto add = [&] (auto* made) {
        threads.emplace_back ([made, time, note] {
            (*made)->push (1);
            note (idleFor (time, [&] (auto t) { (*made)->push (2, t); }));
            uint64_t got = 0;
            (*made)->pop (got);
            note (idleFor (time, [&] (auto t) { (*made)->pop (got, t); }));
            delete made;
        });
    };
    (add (new Made<Kinds> (1)), ...);
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    return worst;
}
}  // namespace

TEST_CASE ("an idle waiter takes less than a thousandth of a core and wakes at most 20 times a second",
           "[queue][waiting][idle][exact]")
{
    const Idle worst = idlest (AllKinds (), 1500ms);
    std::printf ("%.5f of a core, %.1f wake-ups a second\n", worst.cpu, worst.perTime);
    CHECK (worst.cpu < 0.001);
    CHECK (worst.perTime <= 21);  // one more for the first
}

TEMPLATE_LIST_TEST_CASE ("on one core nobody keeps the others from it", "[queue][waiting][one]", AllKinds)
{
    cpu_set_t before;
    ::sched_getaffinity (0, sizeof (before), &before);
    cpu_set_t one;
    CPU_ZERO (&one);
    for (int cpu = 0; CPU_COUNT (&one) == 0; ++cpu)
    {
        if (CPU_ISSET (cpu, &before))
        {
            CPU_SET (cpu, &one);
        }
    }
    REQUIRE (::sched_setaffinity (0, sizeof (one), &one) == 0);
    for (uint64_t round = 0; round < 8; ++round)
    {
        Load load = {};
        load.capacity = round % 3 == 0 ? 1 : 16;
        load.pushers = TestType::manyPushers ? 3 : 1;
        load.poppers = TestType::manyPoppers ? 3 : 1;
        load.each = 400;
        load.batchMost = 1 + round % 2 * 4;
        load.blocking = round % 2 == 0;
        load.processes = TestType::shared && round >= 4;
        load.seed = round;
        load.oneObject = crash::sanitized ();
        const std::string complaint = stress<TestType, 24> (load);
        CHECK (complaint == "");
    }
    ::sched_setaffinity (0, sizeof (before), &before);
}

TEMPLATE_LIST_TEST_CASE ("with nobody waiting a push or a pop makes no system call", "[queue][waiting][traced][exact]",
                         AllKinds)
{
    Made<TestType> made (64);
    crash::Traced child ([&] {
        uint64_t some[5] = {};
        made->push (some[0]);  // its first one looks for a lane
        made->pop (some[0]);
        crash::mark (1);
        for (uint64_t i = 0; i < 300; ++i)
        {
            made->push (i);
            made->push (some, 5);
            made->tryPush (i);
            made->tryPop (some[0]);
            made->pop (some[0]);
            made->pop (some, 5);
            made->tryPop (some[0]);
        }
        crash::mark (2);
        return 0;
    });
    int calls = 0;
    std::string names;
    CHECK (child.between (1, 2, [&] (crash::Stop stop) {
        if (stop == crash::Stop::Entry)
        {
            ++calls;
            names += crash::callName (child.call ().number) + " ";
        }
        return true;
    }));
    CHECK (names == "");
    CHECK (calls == 0);
    CHECK (child.finish () == 0);
}

TEMPLATE_LIST_TEST_CASE ("the end wakes sleepers on both sides, in other processes", "[queue][waiting][end]",
                         SharedKinds)
{
    for (int round = 0; round < 20; ++round)
    {
        Made<TestType> empty (1);
        Made<TestType> full (1);
        REQUIRE (full->push (0) == 0);
        Raw first (empty.name.text);
        Raw second (full.name.text);
        std::vector<pid_t> children;
        for (int i = 0; i < (TestType::manyPoppers ? 2 : 1); ++i)
        {
            children.push_back (crash::start ([&] {
                uint64_t got = 0;
                return errorOf ([&] { return empty->pop (got); }) == EPIPE ? 0 : 1;
            }));
        }
        for (int i = 0; i < (TestType::manyPushers ? 2 : 1); ++i)
        {
            children.push_back (
                crash::start ([&] { return errorOf ([&] { return full->push (1); }) == EPIPE ? 0 : 1; }));
        }
        while ((first.control ().gate.state & join::detail::poppersWait) == 0
               || (second.control ().gate.state & join::detail::pushersWait) == 0)
        {
            std::this_thread::yield ();
        }
        empty->shutdown ();
        full->shutdown ();
        for (const pid_t child : children)
        {
            REQUIRE (crash::await (child) == 0);
        }
    }
}
