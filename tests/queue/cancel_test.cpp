// SPDX-License-Identifier: MIT
// cancel () and resume () of a queue object: which calls end, which continue, and that no wait outlives a cancel.
#include "raw.hpp"
#include "scale.hpp"
#include "waits.hpp"
#include "wake_count.hpp"

using namespace std::chrono_literals;

namespace
{
constexpr uint64_t capacity = 4;

/// Every blocking call sleeps, is cancelled, fails at once while the object stays cancelled, and succeeds once the
/// object is resumed.
template <typename Queue>
void cancelEachForm (Queue& queue, const std::function<bool (bool push)>& tryOne)
{
    for (const Form<Queue>& form : forms<Queue> ())
    {
        INFO (form.name);
        for (uint64_t i = 0; form.pushes && i < capacity; ++i)
        {
            REQUIRE (tryOne (true));
        }
        Waiter waiter ([&] { return form.call (queue); }, [&] { queue.shutdown (); });
        waiter.go ();
        REQUIRE (comesTrue ([&] { return waiter.isAsleep (); }));
        queue.cancel ();
        REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
        CHECK (waiter.result () == ECANCELED);
        const uint64_t slept = waiter.counters ()->count;
        waiter.go ();
        REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
        CHECK (waiter.result () == ECANCELED);
        CHECK (waiter.counters ()->count == slept);
        CHECK (queue.pending () == (form.pushes ? capacity : 0));
        queue.resume ();
        waiter.go ();
        REQUIRE (comesTrue ([&] { return waiter.isAsleep (); }));
        for (int i = 0; i < 2; ++i)
        {
            CHECK (comesTrue ([&] { return tryOne (!form.pushes) || waiter.hasReturned (); }));
        }
        REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
        CHECK (waiter.result () == 0);
        while (tryOne (false))
        {
        }
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("cancel ends every kind of wait", "[queue][cancel]", AllKinds)
{
    Made<TestType> made (capacity);
    cancelEachForm (made.queue, [&] (bool push) {
        uint64_t got = 0;
        return (push ? made->tryPush (1) : made->tryPop (got)) == 0;
    });
}

TEMPLATE_LIST_TEST_CASE ("cancel ends every wait of an AnyQueue", "[queue][cancel]", SharedKinds)
{
    Made<TestType> made (capacity);
    join::AnyQueue any (made.name.text);
    cancelEachForm (any, [&] (bool push) {
        uint64_t element = 1;
        return (push ? any.tryPush (&element) : any.tryPop (&element)) == 0;
    });
}

TEMPLATE_LIST_TEST_CASE ("cancelled queue serves calls that need not wait", "[queue][cancel]", AllKinds)
{
    Made<TestType> made (capacity);
    made->cancel ();
    join::lastError.assign (EXDEV, "from before");
    const uint64_t in[2] = {3, 4};
    uint64_t out[2] = {};
    CHECK (made->push (1) == 0);
    CHECK (made->push (2, aDay) == 0);
    CHECK (made->push (in, 2) == 0);
    CHECK (made->pop (out[0]) == 0);
    CHECK (made->pop (out[1], aDay) == 0);
    CHECK ((out[0] == 1 && out[1] == 2));
    CHECK (made->tryPush (in, 2) == 2);
    CHECK (made->pop (out, 2) == 0);
    CHECK (made->popSome (out, 2) == 2);
    CHECK (join::lastError.value () == EXDEV);
    CHECK (errorOf ([&] { return made->tryPop (out[0]); }) == EAGAIN);
    CHECK (made->push (in, 2, aDay) == 2);
    CHECK (made->push (in, 2, 0ns) == 2);
    CHECK (errorOf ([&] { return made->tryPush (1); }) == EAGAIN);
    CHECK (made->tryPop (out[0]) == 0);
    made->shutdown ();
    CHECK (errorOf ([&] { return made->push (1); }) == EPIPE);
    CHECK (made->pop (out, 2) == 0);
    CHECK (made->popSome (out, 2) == 1);
    CHECK (errorOf ([&] { return made->pop (out[0]); }) == EPIPE);
}

TEMPLATE_LIST_TEST_CASE ("cancelled batch keeps what was done", "[queue][cancel]", AllKinds)
{
    Made<TestType> made (capacity);
    const uint64_t in[6] = {1, 2, 3, 4, 5, 6};
    uint64_t out[6] = {};
    std::atomic<int64_t> done {0};
    const auto end = [&] { made->shutdown (); };
    Waiter pushes (
        [&] {
            return errorOf ([&] {
                done = made->push (in, 6, aDay);
                return done == 6 ? 0 : -1;
            });
        },
        end);
    pushes.go ();
    REQUIRE (comesTrue ([&] { return pushes.isAsleep (); }));
    made->cancel ();
    REQUIRE (comesTrue ([&] { return pushes.hasReturned (); }));
    CHECK (pushes.result () == ECANCELED);
    CHECK (done == 4);
    made->resume ();
    Waiter pops (
        [&] {
            return errorOf ([&] {
                done = made->pop (out, 6, aDay);
                return done == 6 ? 0 : -1;
            });
        },
        end);
    pops.go ();
    REQUIRE (comesTrue ([&] { return pops.isAsleep (); }));
    made->cancel ();
    REQUIRE (comesTrue ([&] { return pops.hasReturned (); }));
    CHECK (pops.result () == ECANCELED);
    CHECK (done == 4);
    CHECK (std::memcmp (in, out, 4 * sizeof (uint64_t)) == 0);
}

TEMPLATE_LIST_TEST_CASE ("cancel resumed at once still ends sleeps", "[queue][cancel]", AllKinds)
{
    Made<TestType> made (1);
    uint64_t got = 0;
    Waiter waiter ([&] { return errorOf ([&] { return made->pop (got); }); }, [&] { made->shutdown (); });
    for (int i = 0; i < 50; ++i)
    {
        waiter.go ();
        REQUIRE (comesTrue ([&] { return waiter.isAsleep (); }));
        made->cancel ();
        made->resume ();
        REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
        CHECK (waiter.result () == ECANCELED);
    }
}

TEMPLATE_LIST_TEST_CASE ("other objects of a cancelled queue keep waiting", "[queue][cancel]", SharedKinds)
{
    for (const bool pushes : {false, true})
    {
        Made<TestType> made (1);
        auto other = openQueue<TestType> (1, made.name.text);
        if (pushes)
        {
            REQUIRE (made->tryPush (1) == 0);
        }
        uint64_t got = 0;
        Waiter waiter ([&] { return pushes ? made->push (2) : made->pop (got); }, [&] { made->shutdown (); });
        waiter.go ();
        for (int i = 0; i < 3; ++i)
        {
            REQUIRE (comesTrue ([&] { return waiter.isAsleep (); }));
            const uint64_t slept = waiter.counters ()->count;
            other.cancel ();
            REQUIRE (comesTrue ([&] { return waiter.counters ()->count > slept && waiter.isAsleep (); }));
            other.resume ();
        }
        CHECK (!waiter.hasReturned ());
        uint64_t first = 0;
        other.cancel ();
        REQUIRE ((pushes ? made->tryPop (first) : other.tryPush (7)) == 0);
        REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
        CHECK (waiter.result () == 0);
    }
}

TEMPLATE_TEST_CASE ("cancel in one process leaves another waiting", "[queue][cancel]", ShmSpsc, ShmMpmc)
{
    Made<TestType> made (1);
    Raw raw (made.name.text);
    const pid_t child = crash::start ([&] {
        auto own = openQueue<TestType> (1, made.name.text);
        uint64_t got = 0;
        return own.pop (got) == 0 && got == 9 ? 0 : 1;
    });
    REQUIRE (comesTrue ([&] { return raw.control ().gate.consumersAsleep == 1; }));
    for (int i = 0; i < 10; ++i)
    {
        const uint32_t epoch = raw.control ().gate.pushed;
        made->cancel ();
        CHECK (raw.control ().gate.pushed != epoch);
        made->resume ();
        REQUIRE (comesTrue ([&] { return raw.control ().gate.consumersAsleep == 1; }));
    }
    REQUIRE (made->push (9) == 0);
    CHECK (crash::await (child) == 0);
}

namespace
{
/// Threads that wait in both roles of one object while it is cancelled and resumed at random moments.
template <typename Kind>
void endAllOften (uint64_t rounds)
{
    Made<Kind> empty (1);
    Made<Kind> full (1);
    REQUIRE (full->tryPush (1) == 0);
    std::atomic<uint64_t> round {0};
    std::atomic<uint64_t> ended {0};
    std::atomic<bool> over {false};
    std::atomic<uint64_t> wrong {0};
    const auto waits = [&] (bool pushes) {
        for (uint64_t mine = 0; !over; ++mine)
        {
            uint64_t got = 0;
            const int error = errorOf ([&] { return pushes ? full->push (2) : empty->pop (got); });
            wrong += error != ECANCELED && !over;
            ++ended;
            comesTrue ([&] { return round > mine || over; });
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
    {
        threads.emplace_back (waits, false);
        threads.emplace_back (waits, true);
        if (!Kind::manyConsumers)
        {
            break;
        }
    }
    std::mt19937 random (1);
    for (uint64_t i = 1; i <= rounds && wrong == 0; ++i)
    {
        spinUntil (monotonicNow () + static_cast<int64_t> (random () % 20000));
        empty->cancel ();
        full->cancel ();
        if (!comesTrue ([&] { return ended == i * threads.size (); }))
        {
            ++wrong;
            break;
        }
        empty->resume ();
        full->resume ();
        round = i;
    }
    over = true;
    empty->shutdown ();
    full->shutdown ();
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    CHECK (wrong == 0);
}

template <typename Kind>
void cancelOften (Made<Kind>& made, uint64_t rounds)
{
    const auto cancels = [&] {
        for (uint64_t i = 0; i < rounds; ++i)
        {
            made->cancel ();
            ::sched_yield ();
            made->resume ();
        }
    };
    std::thread another (cancels);
    cancels ();
    another.join ();
    made->resume ();
}

/// Elements pass from producers to consumers; each cancelled call is repeated.
template <typename Kind>
void passElements (uint64_t rounds)
{
    constexpr uint64_t each = 100000000;
    Made<Kind> made (2);
    const uint64_t producers = Kind::manyProducers ? 2 : 1;
    std::atomic<bool> over {false};
    std::atomic<uint64_t> pushed {0};
    std::atomic<uint64_t> popped {0};
    std::atomic<uint64_t> difference {0};  // sum of what was pushed minus sum of what was popped
    std::atomic<uint64_t> cancelled {0};
    std::vector<std::thread> threads;
    const auto untilDone = [&] (const auto& call) {
        int error = errorOf (call);
        for (; error == ECANCELED; error = errorOf (call))
        {
            ++cancelled;
            ::sched_yield ();
        }
        return error == 0;
    };
    for (uint64_t p = 0; p < producers; ++p)
    {
        threads.emplace_back ([&, p] {
            for (uint64_t i = p * each; !over; ++i)
            {
                pushed += untilDone ([&] { return made->push (i); });
                difference += i;
            }
        });
    }
    std::vector<std::thread> consumers;
    for (uint64_t c = 0; c < (Kind::manyConsumers ? 2 : 1); ++c)
    {
        consumers.emplace_back ([&] {
            for (uint64_t got = 0; untilDone ([&] { return made->pop (got); }); ++popped)
            {
                difference -= got;
            }
        });
    }
    cancelOften (made, rounds);
    over = true;
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    made->shutdown ();
    for (std::thread& thread : consumers)
    {
        thread.join ();
    }
    CHECK (popped == pushed);
    CHECK (difference == 0);
    std::printf ("%lu elements, %lu cancelled calls\n", popped.load (), cancelled.load ());
}
}  // namespace

TEMPLATE_TEST_CASE ("no wait outlives any of 10000 cancels", "[queue][cancel]", LocalSpsc, LocalMpmc, ShmSpsc, ShmMpmc)
{
    endAllOften<TestType> (scaled (10000, 10000, 300000) / (crash::sanitized () ? 10 : 1));
}

TEMPLATE_LIST_TEST_CASE ("cancelled calls lose and duplicate no element", "[queue][cancel]", AllKinds)
{
    passElements<TestType> (scaled (2000, 10000, 300000) / (crash::sanitized () ? 10 : 1));
}
