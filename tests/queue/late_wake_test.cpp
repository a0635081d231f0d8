// SPDX-License-Identifier: MIT
// Producers that sleep for a short time are woken late: when half of the ring is free, by a consumer that is about to
// sleep, or by their own check after a millisecond. The tests count wake-ups and the requested length of sleeps.
#include "raw.hpp"
#include "scale.hpp"
#include "wake_count.hpp"

using namespace std::chrono_literals;
using join::detail::producersWait;
using join::detail::roomUrgent;

namespace
{
constexpr uint64_t capacity = 512;
constexpr int64_t aMillisecond = 1000000;

template <typename Queue>
void fill (Queue& queue)
{
    while (queue.tryPush (1) == 0)
    {
    }
}

/// A segment whose flags claim that a producer sleeps, although none does.
class Poked
{
public:
    explicit Poked (const std::string& name)
    : _raw (name)
    {
    }

    void set (uint32_t flags)
    {
        _raw.control ().gate.state.fetch_or (flags);
    }

    bool isSet ()
    {
        return (_raw.control ().gate.state & producersWait) != 0;
    }

    /// Whether a producer sleeps that need not be woken at the first free cell.
    bool sleepsLate ()
    {
        return (_raw.control ().gate.state & (producersWait | roomUrgent)) == producersWait;
    }

private:
    Raw _raw;
};

template <typename Queue>
uint64_t popsUntilWoken (Queue& queue, Poked& poked, uint64_t most)
{
    uint64_t pops = 0;
    uint64_t got = 0;
    while (poked.isSet () && pops < most && queue.tryPop (got) == 0)
    {
        ++pops;
    }
    return pops;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("half of the ring wakes late producers", "[queue][late]", SharedKinds)
{
    Made<TestType> made (capacity);
    Poked poked (made.name.text);
    fill (made.queue);
    poked.set (producersWait);
    CHECK (popsUntilWoken (made.queue, poked, capacity) == capacity / 2);
    fill (made.queue);
    poked.set (producersWait | roomUrgent);
    CHECK (popsUntilWoken (made.queue, poked, capacity) == 1);
    fill (made.queue);
    poked.set (producersWait);
    std::vector<uint64_t> out (capacity);
    REQUIRE (made->tryPop (out.data (), capacity / 2) == capacity / 2);
    CHECK (!poked.isSet ());
}

TEMPLATE_LIST_TEST_CASE ("consumer wakes producers before it sleeps", "[queue][late]", SharedKinds)
{
    Made<TestType> made (capacity);
    Poked poked (made.name.text);
    for (int i = 0; i < 3; ++i)
    {
        poked.set (producersWait);
        const uint64_t wakes = sleeps.wakes;
        uint64_t got = 0;
        CHECK (errorOf ([&] { return made->pop (got, 2ms); }) == ETIMEDOUT);
        CHECK (!poked.isSet ());
        CHECK (sleeps.wakes > wakes);
    }
}

TEMPLATE_LIST_TEST_CASE ("small rings wake producers at once", "[queue][late]", SharedKinds)
{
    Made<TestType> made (1);
    Poked poked (made.name.text);
    for (int i = 0; i < 3; ++i)
    {
        fill (made.queue);
        poked.set (producersWait);
        CHECK (popsUntilWoken (made.queue, poked, 1) == 1);
        CHECK (!poked.isSet ());
    }
}

namespace
{
/// While `elements` elements pass: the number of a producer's sleeps or of the wake-ups sent to it, the larger one.
template <typename Kind>
uint64_t sleepsWhile (uint64_t elements)
{
    join::QueueOptions options;
    options.spinNs = join::QueueOptions::noSpin;
    Made<Kind> made (capacity, join::MemOptions (), options);
    // Both run on one CPU, where an early wake-up at the first free cell would serve only a push or a few.
    const Apart apart;
    std::atomic<uint64_t> slept {0};
    std::thread producer ([&] {
        for (uint64_t i = 0; i < elements; ++i)
        {
            made->push (i);
        }
        slept = sleeps.count.load ();
    });
    const uint64_t before = sleeps.wakes;
    bool inOrder = true;
    for (uint64_t i = 0; i < elements;)
    {
        uint64_t got = 0;
        if (made->tryPop (got) == 0)
        {
            inOrder = inOrder && got == i++;
        }
        else
        {
            ::sched_yield ();
        }
    }
    producer.join ();
    const uint64_t wakes = sleeps.wakes - before;
    CHECK (inOrder);
    std::printf ("%lu elements, %lu sleeps, %lu wake-ups\n", elements, slept.load (), wakes);
    return std::max (slept.load (), wakes);
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("one wake-up serves many pushes", "[queue][late][wakes][exact]", AllKinds)
{
    constexpr uint64_t elements = 50000;
    uint64_t least = elements;
    // Other load can only add sleeps, so one round with few is enough.
    for (int round = 0; round < 5 && least > elements / 100; ++round)
    {
        least = std::min (least, sleepsWhile<TestType> (elements));
    }
    CHECK (least <= elements / 100);
}

namespace
{
/// A producer that pushes single elements to a full queue.
template <typename Kind>
struct Blocked
{
    explicit Blocked (std::chrono::nanoseconds timeout)
    : made (capacity)
    , producer ([this, timeout] { return push (timeout); }, [this] { made->shutdown (); })
    {
        fill (made.queue);
    }

    int push (std::chrono::nanoseconds timeout)
    {
        requested = sleeps.requested.load ();
        timedOut = sleeps.timedOut.load ();
        begun = monotonicNow ();
        const int error = errorOf ([&] { return made->push (2, timeout); });
        requested = sleeps.requested - requested;
        timedOut = sleeps.timedOut - timedOut;
        return error;
    }

    /// Makes the producer sleep for a short time, after which its next sleep is late.
    bool sleepShortly ()
    {
        uint64_t got = 0;
        producer.go ();
        return comesTrue ([&] { return producer.isAsleep () || producer.hasReturned (); }) && made->tryPop (got) == 0
               && comesTrue ([&] { return producer.hasReturned (); }) && producer.result () == 0;
    }

    Made<Kind> made;
    std::atomic<int64_t> begun {0};
    std::atomic<int64_t> requested {0};  // by the last call, in sleeps that ran to their end
    std::atomic<uint64_t> timedOut {0};
    Waiter producer;
};
}  // namespace

TEMPLATE_LIST_TEST_CASE ("one free cell ends a late sleep", "[queue][late]", SharedKinds)
{
    Blocked<TestType> blocked (24h);
    Poked poked (blocked.made.name.text);
    uint64_t late = 0;
    for (int i = 0; i < 300; ++i)
    {
        REQUIRE (blocked.sleepShortly ());
        blocked.producer.go ();
        REQUIRE (comesTrue ([&] { return blocked.producer.isAsleep (); }));
        const bool isLate = poked.sleepsLate ();
        const uint64_t before = blocked.producer.counters ()->timedOut;
        uint64_t got = 0;
        REQUIRE (blocked.made->tryPop (got) == 0);  // no other pop follows
        const uint64_t since = blocked.producer.counters ()->timedOut;
        REQUIRE (comesTrue ([&] { return blocked.producer.hasReturned (); }));
        late += isLate;
        // Only the sleep under way, or one that began before the pop, runs to its end.
        CHECK (blocked.producer.counters ()->timedOut - since <= 1);
        if (isLate && since == before)
        {
            CHECK (blocked.requested <= static_cast<int64_t> (blocked.timedOut) * aMillisecond);
        }
    }
    std::printf ("%lu of 300 sleeps were late\n", late);
    CHECK (late > 0);
}

TEMPLATE_LIST_TEST_CASE ("timed push takes room before its deadline", "[queue][late]", AllKinds)
{
    constexpr int64_t timeout = 700000;
    Blocked<TestType> blocked {std::chrono::nanoseconds (timeout)};
    std::mt19937 random (1);
    uint64_t failed = 0;
    uint64_t got = 0;
    const uint64_t rounds = scaled (400, 3000, 100000);
    for (uint64_t i = 0; i < rounds; ++i)
    {
        if (i % 2 == 0)
        {
            blocked.producer.go ();
            comesTrue ([&] { return blocked.producer.isAsleep () || blocked.producer.hasReturned (); });
            blocked.made->tryPop (got);  // soon, so that the next sleep is late
            REQUIRE (comesTrue ([&] { return blocked.producer.hasReturned (); }));
            fill (blocked.made.queue);
            continue;
        }
        const int64_t when = monotonicNow () + static_cast<int64_t> (random () % (timeout + timeout / 4));
        blocked.producer.go ();
        spinUntil (when);
        REQUIRE (blocked.made->tryPop (got) == 0);
        const int64_t popped = monotonicNow ();
        REQUIRE (comesTrue ([&] { return blocked.producer.hasReturned (); }));
        const int error = blocked.producer.result ();
        failed += error != 0;
        CHECK ((error == 0 || error == ETIMEDOUT));
        // There is room from `popped` on, and no other producer pushes.
        CHECK ((error == 0 || popped >= blocked.begun + timeout));
        fill (blocked.made.queue);
    }
    std::printf ("%lu of %lu pushes came too late\n", failed, rounds / 2);
}
