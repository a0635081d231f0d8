// SPDX-License-Identifier: MIT
// Waiting: no wake-up is lost, an idle waiter costs almost nothing, and a push makes no system call while no thread
// waits. The tests count what a thread does: sleeps, system calls, instructions. Only suite long judges shares of the
// CPU.
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
    std::atomic<uint64_t> round;     // the last round whose push has returned
    std::atomic<int64_t> returned;   // when that push returned
    std::atomic<uint64_t> sleeps;    // sleeps of the other process
    std::atomic<uint64_t> timedOut;  // sleeps that ended by timeout: the other process was late, or a wake-up was lost
    std::atomic<uint64_t> lost;      // time-outs long after the push had returned
    std::atomic<uint64_t> wrong;
};

// The child sleeps for each element and answers.
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
    rounds.sleeps = sleeps.count.load ();
    rounds.timedOut = sleeps.timedOut.load ();
    return 0;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("no wake-up is lost between processes", "[queue][waiting][wake]", SharedKinds)
{
    const uint64_t count = scaled (100000, 300000, 10000000) / 3;
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
        // Usually the other process sleeps by now; sometimes it is about to sleep, or on its way there.
        const uint64_t how = random () % 8;
        while (how > 1 && (raw.control ().gate.state.load () & join::detail::consumersWait) == 0)
        {
            std::this_thread::yield ();
        }
        for (uint64_t wait = how == 0 ? random () % 400 : how > 2 ? 600 : 0; wait > 0; --wait)
        {
            join::detail::cpuPause ();
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
    CHECK (rounds.sleeps >= count / 3);  // most rounds must include a sleep
    std::printf ("%lu rounds, %lu sleeps, %lu of them timed out, %lu lost\n", count, rounds.sleeps.load (),
                 rounds.timedOut.load (), rounds.lost.load ());
}

namespace
{
/// The cost of a call that waits in vain.
struct Idle
{
    double cpu;  // share of one core
    uint64_t sleeps;
    uint64_t clockReads;
    uint64_t switches;  // voluntary context switches
};

template <typename Call>
Idle idleFor (std::chrono::nanoseconds time, Call call)
{
    struct rusage before = {};
    struct rusage after = {};
    const uint64_t sleepsBefore = sleeps.count;
    const uint64_t readsBefore = sleeps.clockReads;
    ::getrusage (RUSAGE_THREAD, &before);
    call (time);
    ::getrusage (RUSAGE_THREAD, &after);
    const auto seconds = [] (const timeval& t) { return double (t.tv_sec) + double (t.tv_usec) / 1e6; };
    const double used =
        seconds (after.ru_utime) + seconds (after.ru_stime) - seconds (before.ru_utime) - seconds (before.ru_stime);
    return Idle {used / std::chrono::duration<double> (time).count (), sleeps.count - sleepsBefore,
                 sleeps.clockReads - readsBefore, static_cast<uint64_t> (after.ru_nvcsw - before.ru_nvcsw)};
}

// Consumers of empty queues and producers of full ones, of every kind, all at once. Returns the maximum of each cost.
template <typename... Kinds>
Idle idlest (std::tuple<Kinds...>, std::chrono::nanoseconds time)
{
    std::vector<std::thread> threads;
    std::mutex mutex;
    Idle worst = {};
    const auto note = [&] (const Idle& idle) {
        const std::lock_guard<std::mutex> lock (mutex);
        worst.cpu = std::max (worst.cpu, idle.cpu);
        worst.sleeps = std::max (worst.sleeps, idle.sleeps);
        worst.clockReads = std::max (worst.clockReads, idle.clockReads);
        worst.switches = std::max (worst.switches, idle.switches);
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

/// A child makes the call once before the marks, and once with timeout `time` between them; then it sets `done`.
template <typename Kind>
crash::Traced waitsInVain (Made<Kind>& made, bool pushes, std::chrono::nanoseconds time, std::atomic<bool>& done)
{
    return crash::Traced ([&, pushes, time] {
        uint64_t got = 0;
        made->push (1);
        if (!pushes)
        {
            made->pop (got);
        }
        const auto call = [&] (std::chrono::nanoseconds timeout) {
            return pushes ? made->push (2, timeout) : made->pop (got, timeout);
        };
        call (1ms);
        crash::mark (1);
        call (time);
        done = true;
        crash::mark (2);
        return 0;
    });
}
}  // namespace

TEST_CASE ("idle waiter wakes at most 20 times a second", "[queue][waiting][idle][exact]")
{
    const Idle worst = idlest (AllKinds (), 1500ms);
    std::printf ("in 1.5 s %lu sleeps, %lu reads of the clock, %lu switches; %.5f of a core\n", worst.sleeps,
                 worst.clockReads, worst.switches, worst.cpu);
    CHECK (worst.sleeps <= 31);  // one more for the first sleep
    CHECK (worst.clockReads <= spinReads + 3 * 31);
    CHECK (worst.switches <= 2 * 31);  // a membarrier may block as well
    CHECK ((!judgesTime () || worst.cpu < 0.001));
}

TEMPLATE_LIST_TEST_CASE ("idle waiter makes few system calls, executes little",
                         "[queue][waiting][idling][traced][exact]", AllKinds)
{
    constexpr int wakes = 3;  // in 110 ms, including the first
    auto& done = *static_cast<std::atomic<bool>*> (crash::sharedPages (sizeof (std::atomic<bool>)));
    for (const bool pushes : {false, true})
    {
        Made<TestType> made (1);
        int calls = 0;
        crash::Traced counted = waitsInVain (made, pushes, 110ms, done);
        CHECK (counted.between (1, 2, [&] (crash::Stop stop) { return calls += stop == crash::Stop::Entry, true; }));
        CHECK (counted.finish () == 0);
        CHECK (calls <= 2 * wakes + 3);  // a barrier and a sleep each; a yield between two reads of the preemptions
        Made<TestType> again (1);
        done = false;
        int instructions = 0;
        crash::Traced stepped = waitsInVain (again, pushes, 110ms, done);
        REQUIRE (stepped.toMark (1));
        while (!done && stepped.step () != crash::Stop::Gone)
        {
            ++instructions;
        }
        std::printf ("%d system calls, %d instructions\n", calls, instructions);
        CHECK (instructions <= 20000);  // a few microseconds
        stepped.kill ();
    }
}

TEMPLATE_LIST_TEST_CASE ("waiters on one core starve no thread", "[queue][waiting][one]", AllKinds)
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
        load.producers = TestType::manyProducers ? 3 : 1;
        load.consumers = TestType::manyConsumers ? 3 : 1;
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

TEMPLATE_LIST_TEST_CASE ("calls make no system call without waiters", "[queue][waiting][traced][exact]", AllKinds)
{
    Made<TestType> made (64);
    crash::Traced child ([&] {
        uint64_t some[5] = {};
        made->push (some[0]);  // the first push takes a slot
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

TEMPLATE_LIST_TEST_CASE ("shutdown wakes sleepers of both roles across processes", "[queue][waiting][end]", SharedKinds)
{
    for (int round = 0; round < 20; ++round)
    {
        Made<TestType> empty (1);
        Made<TestType> full (1);
        REQUIRE (full->push (0) == 0);
        Raw first (empty.name.text);
        Raw second (full.name.text);
        std::vector<pid_t> children;
        for (int i = 0; i < (TestType::manyConsumers ? 2 : 1); ++i)
        {
            children.push_back (crash::start ([&] {
                uint64_t got = 0;
                return errorOf ([&] { return empty->pop (got); }) == EPIPE ? 0 : 1;
            }));
        }
        for (int i = 0; i < (TestType::manyProducers ? 2 : 1); ++i)
        {
            children.push_back (
                crash::start ([&] { return errorOf ([&] { return full->push (1); }) == EPIPE ? 0 : 1; }));
        }
        while ((first.control ().gate.state & join::detail::consumersWait) == 0
               || (second.control ().gate.state & join::detail::producersWait) == 0)
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
