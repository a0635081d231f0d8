// SPDX-License-Identifier: MIT
// Timeouts of every unit and representation: their value in nanoseconds, and that the longest ones wait.
#include "../asleep.hpp"
#include "kinds.hpp"
#include "waiting.hpp"

#include <join/any_queue.hpp>

#include <limits>
#include <thread>

#include <unistd.h>

using namespace std::chrono;
using join::detail::nanosecondsOf;

namespace
{
constexpr int64_t never = join::detail::Deadline::never;

using Days = duration<int32_t, std::ratio<86400>>;
using Picoseconds = duration<int64_t, std::pico>;
using Thirds = duration<int64_t, std::ratio<1, 3>>;
using Frames = duration<uint64_t, std::ratio<1, 60>>;
using Exaseconds = duration<int64_t, std::exa>;
using Seconds = duration<double>;
using FloatMilliseconds = duration<float, std::milli>;
using LongHours = duration<long double, std::ratio<3600>>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN ();
constexpr double infinity = std::numeric_limits<double>::infinity ();

// Evaluated in constant expressions, where a compiler rejects undefined behaviour: no overflow, and no cast out of
// range.
static_assert (nanosecondsOf (nanoseconds::max ()) == never && nanosecondsOf (nanoseconds::min ()) == 0, "");
static_assert (nanosecondsOf (nanoseconds (1)) == 1 && nanosecondsOf (nanoseconds (-1)) == 0, "");
static_assert (nanosecondsOf (milliseconds::max ()) == never && nanosecondsOf (milliseconds::min ()) == 0, "");
static_assert (nanosecondsOf (milliseconds (5)) == 5'000'000, "");
static_assert (nanosecondsOf (seconds::max ()) == never && nanosecondsOf (seconds::min ()) == 0, "");
static_assert (nanosecondsOf (seconds (9'223'372'036)) == 9'223'372'036'000'000'000, "the largest value that fits");
static_assert (nanosecondsOf (seconds (9'223'372'037)) == never, "");
static_assert (nanosecondsOf (hours::max ()) == never && nanosecondsOf (hours (-1)) == 0, "");
static_assert (nanosecondsOf (hours (24L * 365 * 300)) == never && nanosecondsOf (hours (2)) == 7'200'000'000'000, "");
static_assert (nanosecondsOf (Days::max ()) == never && nanosecondsOf (Days (1)) == 86'400'000'000'000, "");
static_assert (nanosecondsOf (duration<uint64_t, std::nano> (UINT64_MAX)) == never, "");
static_assert (nanosecondsOf (duration<uint64_t, std::milli> (UINT64_MAX)) == never, "");
static_assert (nanosecondsOf (duration<unsigned char> (255)) == 255'000'000'000, "");
static_assert (nanosecondsOf (Picoseconds (1)) == 1 && nanosecondsOf (Picoseconds (1001)) == 2, "rounded up");
static_assert (nanosecondsOf (Picoseconds::max ()) >= 9'223'372'036'854'775, "");
static_assert (nanosecondsOf (Thirds (3)) == 1'000'000'000 && nanosecondsOf (Thirds::max ()) == never, "");
static_assert (nanosecondsOf (Frames (30)) == 500'000'000 && nanosecondsOf (Frames::max ()) == never, "");
static_assert (nanosecondsOf (Exaseconds (1)) == never && nanosecondsOf (Exaseconds::min ()) == 0, "");
static_assert (nanosecondsOf (Seconds (0.5)) == 500'000'000 && nanosecondsOf (Seconds (1e-30)) == 1, "");
static_assert (nanosecondsOf (Seconds (0.0)) == 0 && nanosecondsOf (Seconds (-0.0)) == 0, "");
static_assert (nanosecondsOf (Seconds (nan)) == 0 && nanosecondsOf (Seconds (-infinity)) == 0, "");
static_assert (nanosecondsOf (Seconds (infinity)) == never && nanosecondsOf (Seconds::max ()) == never, "");
static_assert (nanosecondsOf (Seconds::min ()) == 0, "the most negative value");
static_assert (nanosecondsOf (FloatMilliseconds (1.5F)) == 1'500'000, "");
static_assert (nanosecondsOf (FloatMilliseconds::max ()) == never, "");
static_assert (nanosecondsOf (LongHours (0.5L)) == 1'800'000'000'000 && nanosecondsOf (LongHours::max ()) == never, "");

/// Calls `check` with a duration of each type that waits forever or for years.
template <typename Check>
void forEachLongOne (const Check& check)
{
    check (nanoseconds::max ());
    check (microseconds::max ());
    check (milliseconds::max ());
    check (seconds::max ());
    check (hours::max ());
    check (hours (24L * 365 * 300));
    check (hours (24L * 365 * 200));
    check (Days::max ());
    check (Frames::max ());
    check (Exaseconds (1));
    check (Seconds::max ());
    check (Seconds (infinity));
    check (Seconds (1e9));
    check (FloatMilliseconds::max ());
    check (LongHours::max ());
}

/// Calls `check` with a duration of each type that does not wait.
template <typename Check>
void forEachEmptyOne (const Check& check)
{
    check (nanoseconds::min ());
    check (milliseconds::min ());
    check (seconds (0));
    check (hours (-1));
    check (Days::min ());
    check (Exaseconds::min ());
    check (Seconds (nan));
    check (Seconds (-infinity));
    check (Seconds (-0.0));
    check (FloatMilliseconds::min ());
}

// AnyQueue takes an element by its address.
template <typename Queue, typename Timeout>
int pushOne (Queue& queue, const uint64_t& element, Timeout timeout)
{
    if constexpr (std::is_same<Queue, join::AnyQueue>::value)
    {
        return queue.push (&element, timeout);
    }
    else
    {
        return queue.push (element, timeout);
    }
}

template <typename Queue, typename Timeout>
int popOne (Queue& queue, uint64_t& element, Timeout timeout)
{
    if constexpr (std::is_same<Queue, join::AnyQueue>::value)
    {
        return queue.pop (&element, timeout);
    }
    else
    {
        return queue.pop (element, timeout);
    }
}

/// The call sleeps, returns after `wake`, and returns 1 or 0.
template <typename Call, typename Wake>
void waitsUntil (const Call& call, const Wake& wake)
{
    std::atomic<pid_t> id {0};
    int64_t result = -2;
    std::thread thread ([&] {
        id = ::gettid ();
        result = call ();
    });
    untilAsleep (id);
    wake ();
    thread.join ();
    CHECK (result >= 0);
}

template <typename Queue>
void longTimeoutsWait (Queue& queue)
{
    uint64_t element = 7;
    uint64_t batch[2] = {};
    forEachLongOne ([&] (auto timeout) {
        const auto pushes = [&] { queue.push (&element, 1, seconds (0)); };
        waitsUntil ([&] { return popOne (queue, batch[0], timeout); }, pushes);
        waitsUntil ([&] { return queue.pop (batch, 1, timeout); }, pushes);
        waitsUntil ([&] { return queue.popSome (batch, 2, timeout); }, pushes);
        pushes ();
        const auto pops = [&] { queue.pop (&batch[1], 1, seconds (0)); };
        waitsUntil ([&] { return pushOne (queue, element, timeout); }, pops);
        waitsUntil ([&] { return queue.push (&element, 1, timeout); }, pops);
        pops ();
    });
}

template <typename Queue>
void emptyTimeoutsTryOnce (Queue& queue)
{
    uint64_t element = 7;
    const uint64_t slept = sleeps.count;
    forEachEmptyOne ([&] (auto timeout) {
        CHECK (errorOf ([&] { return popOne (queue, element, timeout); }) == ETIMEDOUT);
        CHECK (errorOf ([&] { return queue.pop (&element, 1, timeout); }) == ETIMEDOUT);
        CHECK (errorOf ([&] { return queue.popSome (&element, 1, timeout); }) == ETIMEDOUT);
        CHECK (pushOne (queue, element, timeout) == 0);
        CHECK (errorOf ([&] { return pushOne (queue, element, timeout); }) == ETIMEDOUT);
        CHECK (errorOf ([&] { return queue.push (&element, 1, timeout); }) == ETIMEDOUT);
        CHECK (popOne (queue, element, timeout) == 0);
    });
    CHECK (sleeps.count == slept);
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("longest timeouts wait", "[queue][timeout]", AllKinds)
{
    Made<TestType> made (1);
    longTimeoutsWait (made.queue);
}

TEST_CASE ("longest timeouts of AnyQueue wait", "[queue][timeout]")
{
    Made<ShmMpmc> made (1);
    join::AnyQueue queue (made.name.text);
    longTimeoutsWait (queue);
}

TEMPLATE_LIST_TEST_CASE ("zero, negative and NaN timeouts try once", "[queue][timeout]", AllKinds)
{
    Made<TestType> made (1);
    emptyTimeoutsTryOnce (made.queue);
}

TEST_CASE ("AnyQueue timeouts of zero try once", "[queue][timeout]")
{
    Made<ShmSpsc> made (1);
    join::AnyQueue queue (made.name.text);
    emptyTimeoutsTryOnce (queue);
}
