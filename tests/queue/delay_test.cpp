// SPDX-License-Identifier: MIT
// How long a dead producer delays consumers: from when the kernel has taken it down until the element pushed after it
// is popped. The tests print a histogram of many deaths, for a consumer that waits and for one that polls. They judge
// what the library requested of the kernel and the clock, which other programs cannot change: the length of its sleeps
// and the number of polls. Only suite long judges times.
#include "delay.hpp"
#include "raw.hpp"
#include "scale.hpp"
#include "victim.hpp"

#include <algorithm>

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace
{
constexpr uint64_t behind = 7;

/// A producer that is stopped in the middle of a push, followed by an element of another producer.
template <typename Kind>
std::unique_ptr<Victim> stopped (Made<Kind>& made)
{
    const uint64_t element = 5;
    auto victim =
        std::make_unique<Victim> (Victim::End::Stopped, &element, 0, sizeof (element), [&] (const void* from) {
            return made->tryPush (*static_cast<const uint64_t*> (from));
        });
    REQUIRE (victim->isStopped ());
    REQUIRE (made->tryPush (behind) == 0);
    return victim;
}

/// One death, while the consumer sleeps or polls.
template <typename Kind, typename Pop>
Delay delayed (Made<Kind>& made, const Pop& pop, bool sleeping)
{
    const auto victim = stopped (made);
    bool killed = false;
    uint64_t got = 0;
    const auto kill = [&] {
        victim->kill ();
        killed = victim->isKilled ();
    };
    const Delay delay = delayOf ([&] { pop (made.queue, got); }, kill, sleeping);
    REQUIRE (killed);
    REQUIRE (got == behind);
    return delay;
}

/// While this object lives, this thread reads testClock instead of the clock.
struct TestClock
{
    TestClock ()
    {
        testClock = steady_clock::now ().time_since_epoch ().count ();
    }

    ~TestClock ()
    {
        testClock = 0;
    }
};

/// One death, and a consumer whose clock the test advances by 20 us a poll. The clock never goes back, because the
/// queue stores times.
template <typename Kind>
Delay delayedPolling (Made<Kind>& made)
{
    constexpr int64_t step = 20000;
    const auto victim = stopped (made);
    uint64_t got = 0;
    for (int i = 0; i < 100; ++i, testClock += step)
    {
        REQUIRE (made->tryPop (got) == -1);
    }
    victim->kill ();
    REQUIRE (victim->isKilled ());
    const int64_t dead = testClock;
    while (made->tryPop (got) == -1 && testClock - dead < 10000000000)
    {
        testClock += step;
    }
    const double took = static_cast<double> (testClock - dead) / 1e6;
    REQUIRE (got == behind);
    return {took, took};
}

void print (const char* what, const std::vector<double>& times)
{
    const auto at = [&] (double part) { return times[static_cast<std::size_t> (part * double (times.size () - 1))]; };
    std::printf ("%s: %zu deaths, ms: median %.3f, 99 %% %.3f, 99.9 %% %.3f, most %.3f\n", what, times.size (),
                 at (0.5), at (0.99), at (0.999), times.back ());
    for (double edge = 0.0625; edge < 200; edge *= 2)
    {
        const auto in = std::upper_bound (times.begin (), times.end (), edge)
                        - std::upper_bound (times.begin (), times.end (), edge == 0.0625 ? -1e9 : edge / 2);
        if (in != 0)
        {
            std::printf ("  up to %8.4f ms: %6td\n", edge, in);
        }
    }
}

/// The promised limits, checked on sorted times: the median below 5 ms, the maximum below 100 ms.
bool isKept (const std::vector<double>& times)
{
    return times[times.size () / 2] < 5 && times.back () < 100;
}

template <typename Kind, typename Die>
void measure (const char* what, const Die& die)
{
    Made<Kind> made (16);
    std::vector<double> took;
    std::vector<double> requested;
    const uint64_t deaths = scaled (50, 500, 5000);
    for (uint64_t i = 0; i < deaths; ++i)
    {
        const Delay delay = die (made);
        took.push_back (delay.took);
        requested.push_back (delay.requested);
    }
    CHECK (made->stats ().deaths == deaths);
    std::sort (took.begin (), took.end ());
    std::sort (requested.begin (), requested.end ());
    print (what, took);
    std::printf ("requested of the kernel and the clock: median %.3f, most %.3f\n", requested[requested.size () / 2],
                 requested.back ());
    CHECK (isKept (requested));
    CHECK ((!judgesTime () || isKept (took)));
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("dead producer delays a waiting consumer by milliseconds", "[queue][delay]", SharedClaimKinds)
{
    measure<TestType> ("waiting", [] (auto& made) {
        return delayed (
            made, [] (auto& queue, uint64_t& got) { queue.pop (got); }, true);
    });
}

TEMPLATE_LIST_TEST_CASE ("dead producer delays a polling consumer by milliseconds", "[queue][delay]", SharedClaimKinds)
{
    if (!judgesTime ())
    {
        const TestClock clock;
        measure<TestType> ("polling, by the clock of the test", [] (auto& made) { return delayedPolling (made); });
        return;
    }
    measure<TestType> ("polling", [] (auto& made) {
        return delayed (
            made,
            [] (auto& queue, uint64_t& got) {
                while (queue.tryPop (got) != 0)
                {
                    ::sched_yield ();
                }
            },
            false);
    });
}
