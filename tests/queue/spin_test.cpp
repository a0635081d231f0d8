// SPDX-License-Identifier: MIT
// QueueOptions::spinNs: none, fixed and adaptive, measured by reads of the clock. A long spin hides neither a cancel nor
// a death.
#include "raw.hpp"
#include "victim.hpp"
#include "wake_count.hpp"

#include <algorithm>

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace
{
constexpr int64_t anHour = nanoseconds (1h).count ();

/// The reads of the clock that a wait needs without a spin: its deadline, one attempt to yield, the end of that, a
/// barrier, and the end of the sleep.
constexpr uint64_t readsWithoutSpin = 12;

join::QueueOptions spinFor (int64_t nanoseconds)
{
    join::QueueOptions options;
    options.spinNs = nanoseconds;
    return options;
}

/// A queue on which the call of this role has to wait.
template <typename Kind>
std::unique_ptr<Made<Kind>> blocked (bool pushes, int64_t spin)
{
    auto queue = std::make_unique<Made<Kind>> (1, join::MemOptions (), spinFor (spin));
    if (pushes)
    {
        REQUIRE ((*queue)->tryPush (1) == 0);
    }
    return queue;
}

bool spins (const Waiter& waiter)
{
    return waiter.counters () != nullptr && waiter.counters ()->clockReads > readsWithoutSpin;
}

/// While this object lives, the thread keeps to its CPU, and its clock advances by 100 ns at each read.
class SteppedClock
{
public:
    SteppedClock ()
    {
        testClock = monotonicNow ();
        testClockStep = 100;
    }

    SteppedClock (const SteppedClock&) = delete;
    SteppedClock& operator= (const SteppedClock&) = delete;

    ~SteppedClock ()
    {
        testClockStep = 0;
        testClock = 0;
    }

private:
    const Apart _apart;
};

/// For each of `count` waits in vain, the reads of the clock up to its first sleep.
template <typename Queue>
std::vector<uint64_t> readsOfWaits (Queue& queue, bool pushes, int count)
{
    std::vector<uint64_t> reads;
    for (int i = 0; i < count; ++i)
    {
        uint64_t got = 0;
        sleeps.firstAt = 0;
        const uint64_t before = sleeps.clockReads;
        CHECK (errorOf ([&] { return pushes ? queue.push (2, 200us) : queue.pop (got, 200us); }) == ETIMEDOUT);
        reads.push_back (sleeps.firstReads - before);
    }
    return reads;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("noSpin sleeps at once", "[queue][spin][reads][exact]", AllKinds)
{
    for (const bool pushes : {false, true})
    {
        const auto queue = blocked<TestType> (pushes, join::QueueOptions::noSpin);
        const SteppedClock clock;
        const std::vector<uint64_t> reads = readsOfWaits (queue->queue, pushes, 100);
        CHECK (*std::max_element (reads.begin (), reads.end ()) <= readsWithoutSpin);
    }
}

TEMPLATE_LIST_TEST_CASE ("adaptive spin fades while it does not help", "[queue][spin][reads][exact]", AllKinds)
{
    for (const bool pushes : {false, true})
    {
        const auto queue = blocked<TestType> (pushes, 0);
        const SteppedClock clock;
        std::vector<uint64_t> reads = readsOfWaits (queue->queue, pushes, 128);
        CHECK (reads.front () >= 3 * readsWithoutSpin);
        std::sort (reads.end () - 64, reads.end ());
        CHECK (reads[reads.size () - 32] <= readsWithoutSpin + 2);  // the median; some waits try a longer spin again
    }
}

TEMPLATE_LIST_TEST_CASE ("fixed spin lasts its time", "[queue][spin]", AllKinds)
{
    constexpr int64_t spin = 3000000;
    for (const bool pushes : {false, true})
    {
        const auto queue = blocked<TestType> (pushes, spin);
        std::atomic<int64_t> begun {0};
        uint64_t got = 0;
        Waiter waiter (
            [&] {
                sleeps.firstAt = 0;
                begun = monotonicNow ();
                return pushes ? (*queue)->push (2) : (*queue)->pop (got);
            },
            [&] { (*queue)->shutdown (); });
        for (int i = 0; i < 40; ++i)
        {
            waiter.go ();
            REQUIRE (comesTrue ([&] { return waiter.isAsleep (); }));
            CHECK (waiter.counters ()->firstAt - begun >= spin);
            REQUIRE ((pushes ? (*queue)->tryPop (got) : (*queue)->tryPush (3)) == 0);
            REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
            CHECK (waiter.result () == 0);
        }
    }
}

TEMPLATE_LIST_TEST_CASE ("cancel and shutdown end a long spin", "[queue][spin]", AllKinds)
{
    for (const bool pushes : {false, true})
    {
        for (const bool cancels : {true, false})
        {
            INFO ((pushes ? "push" : "pop") << (cancels ? ", cancelled" : ", shut down"));
            const auto queue = blocked<TestType> (pushes, anHour);
            uint64_t got = 0;
            Waiter waiter ([&] { return errorOf ([&] { return pushes ? (*queue)->push (2) : (*queue)->pop (got); }); },
                           [&] { (*queue)->shutdown (); });
            waiter.go ();
            REQUIRE (comesTrue ([&] { return spins (waiter); }));
            cancels ? (*queue)->cancel () : static_cast<void> ((*queue)->shutdown ());
            REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
            CHECK (waiter.result () == (cancels ? ECANCELED : EPIPE));
            CHECK (waiter.counters ()->count == 0);
        }
    }
}

TEMPLATE_LIST_TEST_CASE ("long spin finds what a killed producer left", "[queue][spin]", SharedClaimKinds)
{
    Made<TestType> queue (4, join::MemOptions (), spinFor (anHour));
    uint64_t got = 0;
    Waiter waiter ([&] { return queue->pop (got); }, [&] { queue->shutdown (); });
    waiter.go ();
    REQUIRE (comesTrue ([&] { return spins (waiter); }));
    REQUIRE (dieIn (queue.queue));
    REQUIRE (queue->tryPush (6) == 0);
    REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
    CHECK (waiter.result () == 0);
    CHECK (got == 6);
}

TEMPLATE_LIST_TEST_CASE ("long spin reports that all producers died", "[queue][spin]", SharedClaimKinds)
{
    join::QueueOptions options = spinFor (anHour);
    options.ownerDead = true;
    Made<TestType> queue (4, join::MemOptions (), options);
    uint64_t got = 0;
    Waiter waiter ([&] { return errorOf ([&] { return queue->pop (got); }); }, [&] { queue->shutdown (); });
    waiter.go ();
    REQUIRE (comesTrue ([&] { return spins (waiter); }));
    REQUIRE (dieIn (queue.queue));
    REQUIRE (comesTrue ([&] { return waiter.hasReturned (); }));
    CHECK (waiter.result () == EOWNERDEAD);
    CHECK (queue->empty ());
}

TEMPLATE_LIST_TEST_CASE ("spin below -1 is rejected", "[queue][spin]", AllKinds)
{
    for (const int64_t bad : {int64_t (-2), int64_t (-1000), INT64_MIN})
    {
        const OwnName name;
        std::string message;
        try
        {
            openQueue<TestType> (1, name.text, join::MemOptions (), spinFor (bad));
        }
        catch (const std::system_error& error)
        {
            CHECK (error.code ().value () == EINVAL);
            message = error.what ();
        }
        CHECK (message.find ("spin is " + std::to_string (bad)) != std::string::npos);
        CHECK (message.find ("give 0") != std::string::npos);
    }
    for (const int64_t good : {int64_t (-1), int64_t (0), int64_t (1), INT64_MAX})
    {
        uint64_t got = 0;
        Made<TestType> queue (1, join::MemOptions (), spinFor (good));
        CHECK (errorOf ([&] { return queue->pop (got, 1us); }) == ETIMEDOUT);
    }
}

TEST_CASE ("older options have defaults of newer fields", "[queue][spin]")
{
    for (const std::size_t size : {offsetof (join::QueueOptions, typeId), offsetof (join::QueueOptions, tag),
                                   offsetof (join::QueueOptions, exclusive), offsetof (join::QueueOptions, spinNs),
                                   offsetof (join::QueueOptions, interruptible)})
    {
        join::QueueOptions options;
        options.structSize = static_cast<uint32_t> (size);
        // The older struct lacks the field, so its default applies.
        options.spinNs = size > offsetof (join::QueueOptions, spinNs) ? anHour : -77;
        options.interruptible = true;
        const Made<LocalMpmc> queue (1, join::MemOptions (), options);
        CHECK (queue.queue.capacity () == 1);
    }
    join::QueueOptions options;
    options.structSize = offsetof (join::QueueOptions, spinNs) + 4;
    CHECK (thrownBy ([&] { Made<LocalMpmc> (1, join::MemOptions (), options); }) == EINVAL);
}
