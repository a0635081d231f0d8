// SPDX-License-Identifier: MIT
// Blocking calls: what they return, when they return, and what they leave in lastError.
#include "../asleep.hpp"
#include "kinds.hpp"

#include <thread>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

namespace
{
template <typename Call>
nanoseconds timeOf (Call call)
{
    const auto start = steady_clock::now ();
    call ();
    return steady_clock::now () - start;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("call that need not wait leaves lastError alone", "[queue][blocking]", AllKinds)
{
    Made<TestType> made (4);
    join::lastError.assign (EXDEV, "from before");
    uint64_t out[4] = {};
    const uint64_t in[2] = {2, 3};
    CHECK (made->push (1) == 0);
    CHECK (made->push (in, 2) == 0);
    CHECK (made->push (4, 0ns) == 0);
    CHECK (made->pop (out[0]) == 0);
    CHECK (made->pop (out[1], -1ns) == 0);
    CHECK (made->push (in, 2, nanoseconds::max ()) == 2);
    CHECK (made->popSome (out, 4, nanoseconds::max ()) == 4);
    CHECK (made->tryPush (in, 2) == 2);
    CHECK (made->popSome (out, 4) == 2);
    CHECK (made->push (in, 2, 0ns) == 2);
    CHECK (made->pop (out, 2, nanoseconds::min ()) == 2);
    CHECK (join::lastError.value () == EXDEV);
}

TEMPLATE_LIST_TEST_CASE ("timeout ends with ETIMEDOUT, neither early nor late", "[queue][blocking]", AllKinds)
{
    Made<TestType> made (2);
    const uint64_t in[3] = {1, 2, 3};
    uint64_t out[3] = {};
    for (nanoseconds timeout :
         {nanoseconds::min (), nanoseconds (-1), nanoseconds (0), nanoseconds (1), nanoseconds (3ms)})
    {
        const nanoseconds took = timeOf ([&] {
            CHECK (errorOf ([&] { return made->pop (out[0], timeout); }) == ETIMEDOUT);
            CHECK (join::lastError == join::Errc::TimedOut);
            CHECK (errorOf ([&] { return made->pop (out, 3, timeout); }) == ETIMEDOUT);
            CHECK (errorOf ([&] { return made->popSome (out, 3, timeout); }) == ETIMEDOUT);
        });
        CHECK (took >= 3 * std::max (timeout, nanoseconds (0)));
    }
    REQUIRE (made->push (in, 2) == 0);
    for (nanoseconds timeout : {nanoseconds::min (), nanoseconds (0), nanoseconds (3ms)})
    {
        const nanoseconds took = timeOf ([&] {
            CHECK (errorOf ([&] { return made->push (in[0], timeout); }) == ETIMEDOUT);
            CHECK (errorOf ([&] { return made->push (in, 3, timeout); }) == ETIMEDOUT);
        });
        CHECK (took >= 2 * std::max (timeout, nanoseconds (0)));
        CHECK (made->pending () == 2);
    }
}

TEMPLATE_LIST_TEST_CASE ("timed-out batch reports how many were done", "[queue][blocking]", AllKinds)
{
    Made<TestType> made (4);
    const uint64_t in[6] = {1, 2, 3, 4, 5, 6};
    uint64_t out[6] = {};
    CHECK (made->push (in, 6, 1ms) == 4);
    CHECK (made->pop (out, 6, 1ms) == 4);
    CHECK (std::memcmp (in, out, 4 * sizeof (uint64_t)) == 0);
    CHECK (made->push (in, 6, 0ns) == 4);
    CHECK (made->popSome (out, 6, 0ns) == 4);
}

TEMPLATE_LIST_TEST_CASE ("sleeping pop wakes for an element", "[queue][blocking]", AllKinds)
{
    Made<TestType> made (4);
    for (int form = 0; form < 5; ++form)
    {
        std::atomic<pid_t> id {0};
        uint64_t got[2] = {};
        int64_t result = -2;
        int error = 0;
        std::thread consumer ([&] {
            join::lastError.assign (EXDEV, "from before");
            id = gettid ();
            switch (form)
            {
                case 0:
                    result = made->pop (got[0]);
                    break;
                case 1:
                    result = made->pop (got[0], 1h);
                    break;
                case 2:
                    result = made->pop (got, 1);
                    break;
                case 3:
                    result = made->popSome (got, 2) - 1;
                    break;
                default:
                    result = made->pop (got, 1, nanoseconds::max ()) - 1;
            }
            error = join::lastError.value ();
        });
        untilAsleep (id);
        CHECK (made->tryPush (uint64_t (40 + form)) == 0);
        consumer.join ();
        CHECK (result == 0);
        CHECK (got[0] == uint64_t (40 + form));
        CHECK (error == EXDEV);
    }
}

TEMPLATE_LIST_TEST_CASE ("sleeping push wakes for room", "[queue][blocking]", AllKinds)
{
    Made<TestType> made (1);
    uint64_t expected = 0;
    REQUIRE (made->tryPush (0) == 0);
    for (int form = 0; form < 4; ++form)
    {
        std::atomic<pid_t> id {0};
        const uint64_t element = uint64_t (form) + 1;
        int64_t result = -2;
        int error = 0;
        std::thread producer ([&] {
            join::lastError.assign (EXDEV, "from before");
            id = gettid ();
            result = form == 0   ? made->push (element)
                     : form == 1 ? made->push (element, 1h)
                     : form == 2 ? made->push (&element, 1)
                                 : made->push (&element, 1, 1h) - 1;
            error = join::lastError.value ();
        });
        untilAsleep (id);
        uint64_t got = 99;
        CHECK (made->tryPop (got) == 0);
        producer.join ();
        CHECK (got == expected++);
        CHECK (result == 0);
        CHECK (error == EXDEV);
    }
}

TEMPLATE_LIST_TEST_CASE ("batches larger than the queue pass through it", "[queue][blocking]", AllKinds)
{
    Made<TestType> made (4);
    std::vector<uint64_t> in (10000);
    std::vector<uint64_t> out (in.size ());
    for (std::size_t i = 0; i < in.size (); ++i)
    {
        in[i] = i * i;
    }
    std::thread producer ([&] { made->push (in.data (), in.size ()); });
    CHECK (made->pop (out.data (), out.size ()) == 0);
    producer.join ();
    CHECK (in == out);
    CHECK (made->empty ());
}

TEMPLATE_LIST_TEST_CASE ("signal ends no wait", "[queue][blocking]", AllKinds)
{
    Made<TestType> made (1);
    struct sigaction action = {};
    action.sa_handler = [] (int) {};
    struct sigaction before = {};
    ::sigaction (SIGUSR1, &action, &before);
    std::atomic<pid_t> id {0};
    uint64_t got = 0;
    int result = -2;
    std::thread consumer ([&] {
        id = gettid ();
        result = made->pop (got);
    });
    for (int i = 0; i < 5; ++i)
    {
        untilAsleep (id);
        ::pthread_kill (consumer.native_handle (), SIGUSR1);
    }
    untilAsleep (id);
    made->tryPush (8);
    consumer.join ();
    ::sigaction (SIGUSR1, &before, nullptr);
    CHECK (result == 0);
    CHECK (got == 8);
}
