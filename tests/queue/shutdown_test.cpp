// SPDX-License-Identifier: MIT
// The end of a stream: it is final, for every process, and loses no element.
#include "kinds.hpp"

#include <random>
#include <thread>

using namespace std::chrono_literals;

TEMPLATE_LIST_TEST_CASE ("after shutdown pushes fail, pops drain first", "[queue][shutdown]", AllKinds)
{
    Made<TestType> made (4);
    const uint64_t in[3] = {1, 2, 3};
    uint64_t out[5] = {};
    REQUIRE (made->tryPush (in, 3) == 3);
    CHECK (made->shutdown () == 0);
    CHECK (made->shutdown () == 0);
    CHECK (errorOf ([&] { return made->tryPush (4); }) == EPIPE);
    CHECK (errorOf ([&] { return made->tryPush (in, 3); }) == EPIPE);
    CHECK (errorOf ([&] { return made->push (4); }) == EPIPE);
    CHECK (errorOf ([&] { return made->push (4, 1h); }) == EPIPE);
    CHECK (errorOf ([&] { return made->push (in, 3); }) == EPIPE);
    CHECK (errorOf ([&] { return made->push (in, 3, 1h); }) == EPIPE);
    CHECK (made->pending () == 3);
    CHECK (made->pop (out[0]) == 0);
    // Two of three: the call returns -1, and both elements are in `out`.
    CHECK (errorOf ([&] { return made->pop (out + 1, 3); }) == EPIPE);
    CHECK ((out[0] == 1 && out[1] == 2 && out[2] == 3));
    CHECK (errorOf ([&] { return made->tryPop (out[0]); }) == EPIPE);
    CHECK (errorOf ([&] { return made->tryPop (out, 5); }) == EPIPE);
    CHECK (errorOf ([&] { return made->pop (out[0]); }) == EPIPE);
    CHECK (errorOf ([&] { return made->pop (out[0], 1h); }) == EPIPE);
    CHECK (errorOf ([&] { return made->pop (out, 5); }) == EPIPE);
    CHECK (errorOf ([&] { return made->pop (out, 5, 1h); }) == EPIPE);
    CHECK (errorOf ([&] { return made->popSome (out, 5, 1h); }) == EPIPE);
    CHECK (errorOf ([&] { return made->popSome (out, 5); }) == EPIPE);
    CHECK (made->empty ());
}

TEMPLATE_LIST_TEST_CASE ("batch reports elements done before shutdown", "[queue][shutdown]", AllKinds)
{
    Made<TestType> made (4);
    const uint64_t in[3] = {1, 2, 3};
    uint64_t out[5] = {};
    REQUIRE (made->tryPush (in, 3) == 3);
    made->shutdown ();
    CHECK (made->pop (out, 5, 1h) == 3);
    CHECK (errorOf ([&] { return made->pop (out, 5, 1h); }) == EPIPE);
}

TEMPLATE_LIST_TEST_CASE ("full queue after shutdown fails pushes, drains completely", "[queue][shutdown]", AllKinds)
{
    Made<TestType> made (2);
    const uint64_t in[2] = {1, 2};
    REQUIRE (made->tryPush (in, 2) == 2);
    made->shutdown ();
    CHECK (errorOf ([&] { return made->tryPush (3); }) == EPIPE);
    CHECK (errorOf ([&] { return made->push (3, 1h); }) == EPIPE);
    uint64_t out[3] = {};
    CHECK (made->tryPop (out, 3) == 2);
    CHECK ((out[0] == 1 && out[1] == 2));
    CHECK (errorOf ([&] { return made->tryPop (out[0]); }) == EPIPE);
}

TEMPLATE_LIST_TEST_CASE ("shutdown holds for objects created later", "[queue][shutdown]", SharedKinds)
{
    Made<TestType> made (4);
    made->push (1);
    made->shutdown ();
    auto late = openQueue<TestType> (4, made.name.text);
    uint64_t got = 0;
    CHECK (errorOf ([&] { return late.push (2); }) == EPIPE);
    CHECK ((late.pop (got) == 0 && got == 1));
    CHECK (errorOf ([&] { return late.pop (got); }) == EPIPE);
}

TEMPLATE_LIST_TEST_CASE ("shutdown wakes sleepers of both roles", "[queue][shutdown]", AllKinds)
{
    for (int round = 0; round < 20; ++round)
    {
        for (const bool pushing : {true, false})
        {
            Made<TestType> made (1);
            if (pushing)
            {
                REQUIRE (made->tryPush (1) == 0);
            }
            const bool many = pushing ? TestType::manyProducers : TestType::manyConsumers;
            std::vector<std::thread> sleepers;
            std::atomic<int> refused {0};
            std::atomic<int> arrived {0};
            const int count = many ? 3 : 1;
            for (int i = 0; i < count; ++i)
            {
                sleepers.emplace_back ([&] {
                    uint64_t got = 0;
                    ++arrived;
                    const int error = errorOf ([&] { return pushing ? made->push (2) : made->pop (got); });
                    refused += error == EPIPE ? 1 : 0;
                });
            }
            while (arrived != count)
            {
                std::this_thread::yield ();
            }
            for (int i = 0; i < round * 20; ++i)
            {
                std::this_thread::yield ();  // some of them sleep by now, others do not
            }
            made->shutdown ();
            for (std::thread& sleeper : sleepers)
            {
                sleeper.join ();
            }
            REQUIRE (refused == count);
        }
    }
}

namespace
{
struct Traffic
{
    std::atomic<uint64_t> pushedSum {0};
    std::atomic<uint64_t> pushedCount {0};
    std::atomic<uint64_t> poppedSum {0};
    std::atomic<uint64_t> poppedCount {0};
    std::atomic<int> wrong {0};
};

template <typename Queue>
void pushUntilEnd (Queue& queue, Traffic& traffic, uint64_t element, bool blocking)
{
    for (;;)
    {
        ++element;
        const int error = errorOf ([&] { return blocking ? queue.push (element) : queue.tryPush (element); });
        if (error == 0)
        {
            traffic.pushedSum += element;
            ++traffic.pushedCount;
        }
        else if (error == EAGAIN)
        {
            std::this_thread::yield ();
        }
        else
        {
            traffic.wrong += error != EPIPE ? 1 : 0;
            return;
        }
    }
}

template <typename Queue>
void popUntilEnd (Queue& queue, Traffic& traffic, bool blocking)
{
    for (int ends = 0; ends < 50;)  // checks again after the end, and must find nothing
    {
        uint64_t got[3];
        const int64_t n = blocking ? queue.popSome (got, 3) : queue.tryPop (got, 3);
        if (n > 0)
        {
            traffic.wrong += ends != 0 ? 1 : 0;
            for (int64_t i = 0; i < n; ++i)
            {
                traffic.poppedSum += got[i];
            }
            traffic.poppedCount += static_cast<uint64_t> (n);
        }
        else if (join::lastError.value () == EPIPE)
        {
            ++ends;
        }
        else
        {
            traffic.wrong += join::lastError.value () != EAGAIN ? 1 : 0;
            std::this_thread::yield ();
        }
    }
}

// Shuts the queue down amid traffic: exactly the elements whose push succeeded are popped.
template <typename Kind>
void endInTraffic (uint64_t capacity, uint64_t pause, bool blocking)
{
    Made<Kind> made (capacity);
    Traffic traffic;
    std::vector<std::thread> threads;
    for (uint64_t p = 0; p < (Kind::manyProducers ? 3 : 1); ++p)
    {
        threads.emplace_back ([&, p] { pushUntilEnd (made.queue, traffic, p << 32, blocking); });
    }
    for (int p = 0; p < (Kind::manyConsumers ? 2 : 1); ++p)
    {
        threads.emplace_back ([&] { popUntilEnd (made.queue, traffic, blocking); });
    }
    while (traffic.pushedCount < pause)
    {
        std::this_thread::yield ();
    }
    made->shutdown ();
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    REQUIRE (traffic.wrong == 0);
    REQUIRE (traffic.poppedCount == traffic.pushedCount);
    REQUIRE (traffic.poppedSum == traffic.pushedSum);
    REQUIRE (made->pending () == 0);
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("shutdown in traffic delivers exactly the successful pushes", "[queue][shutdown]", AllKinds)
{
    std::mt19937 random (1);
    for (int round = 0; round < 100; ++round)
    {
        const uint64_t capacity = uint64_t (1) << random () % 4;
        endInTraffic<TestType> (capacity, random () % 200, round % 2 == 0);
    }
}

TEMPLATE_LIST_TEST_CASE ("shutdown adds nothing to a full queue", "[queue][shutdown]", AllKinds)
{
    for (int round = 0; round < 100; ++round)
    {
        Made<TestType> made (2);
        const uint64_t in[2] = {1, 2};
        REQUIRE (made->tryPush (in, 2) == 2);
        const int count = TestType::manyProducers ? 2 : 1;
        std::atomic<int> arrived {0};
        std::atomic<int> refused {0};
        std::vector<std::thread> producers;
        for (int i = 0; i < count; ++i)
        {
            producers.emplace_back ([&] {
                int error = EAGAIN;
                for (int tries = 0; error == EAGAIN; ++tries)
                {
                    arrived += tries == 20 ? 1 : 0;
                    error = errorOf ([&] { return made->tryPush (99); });
                }
                refused += error == EPIPE ? 1 : 0;
            });
        }
        while (arrived != count)
        {
            std::this_thread::yield ();
        }
        made->shutdown ();
        for (std::thread& producer : producers)
        {
            producer.join ();
        }
        REQUIRE (refused == count);
        REQUIRE (made->pending () == 2);
        uint64_t out[4] = {};
        REQUIRE (made->tryPop (out, 4) == 2);
        REQUIRE ((out[0] == 1 && out[1] == 2));
        REQUIRE (errorOf ([&] { return made->tryPop (out[0]); }) == EPIPE);
    }
}
