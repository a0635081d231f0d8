// SPDX-License-Identifier: MIT
// How long a dead pusher holds up those behind him: from when the kernel has taken him down until what was pushed behind
// him is popped. A histogram of many deaths, for one who waits and one who polls.
#include "raw.hpp"
#include "scale.hpp"
#include "victim.hpp"

#include "../asleep.hpp"

#include <algorithm>
#include <thread>

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace
{
constexpr uint64_t behind = 7;

double milliseconds (steady_clock::duration time)
{
    return std::chrono::duration<double, std::milli> (time).count ();
}

/// One death: how long it held up the popper, who has begun to wait by then.
template <typename Kind, typename Pop>
double heldUp (Made<Kind>& made, const Pop& pop, bool sleeps)
{
    const uint64_t element = 5;
    Victim victim (Victim::End::Stopped, &element, 0, sizeof (element),
                   [&] (const void* from) { return made->tryPush (*static_cast<const uint64_t*> (from)); });
    REQUIRE (victim.isStopped ());
    REQUIRE (made->tryPush (behind) == 0);
    std::atomic<pid_t> thread {0};
    steady_clock::time_point popped;
    uint64_t got = 0;
    std::thread popper ([&] {
        thread = ::gettid ();
        pop (made.queue, got);
        popped = steady_clock::now ();
    });
    while (thread == 0)
    {
    }
    if (sleeps)
    {
        untilAsleep (thread);
    }
    victim.kill ();
    REQUIRE (victim.isKilled ());
    const auto dead = steady_clock::now ();
    popper.join ();
    REQUIRE (got == behind);
    return milliseconds (popped - dead);
}

void print (const char* what, std::vector<double>& times)
{
    std::sort (times.begin (), times.end ());
    const auto at = [&] (double part) { return times[static_cast<std::size_t> (part * double (times.size () - 1))]; };
    std::printf ("%s: %zu deaths, held up by ms: median %.3f, 99 %% %.3f, 99.9 %% %.3f, most %.3f\n", what,
                 times.size (), at (0.5), at (0.99), at (0.999), times.back ());
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

template <typename Kind, typename Pop>
void measure (const char* what, const Pop& pop, bool sleeps)
{
    Made<Kind> made (16);
    std::vector<double> times;
    const uint64_t deaths = scaled (50, 500, 5000);
    for (uint64_t i = 0; i < deaths; ++i)
    {
        times.push_back (heldUp (made, pop, sleeps));
    }
    CHECK (made->stats ().deaths == deaths);
    print (what, times);
    const double allowance = crash::sanitized () ? 10 : 1;
    CHECK (times[times.size () / 2] < 5 * allowance);
    CHECK (times.back () < 100 * allowance);
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("the dead hold up nobody for long who waits", "[queue][delay]", SharedClaimKinds)
{
    measure<TestType> (
        "waiting", [] (auto& queue, uint64_t& got) { queue.pop (got); }, true);
}

TEMPLATE_LIST_TEST_CASE ("the dead hold up nobody for long who polls", "[queue][delay]", SharedClaimKinds)
{
    measure<TestType> (
        "polling",
        [] (auto& queue, uint64_t& got) {
            while (queue.tryPop (got) != 0)
            {
                ::sched_yield ();
            }
        },
        false);
}
