// SPDX-License-Identifier: MIT
// Queue objects that are moved, and empty ones: moved-from objects, and those that a failed make () returns.
#include "kinds.hpp"

#include <join/any_queue.hpp>
#include <join/placement.hpp>

#include <thread>

using namespace std::chrono_literals;
using join::AnyQueue;
using join::QueueKind;

namespace
{
template <typename Queue>
constexpr bool isAny = std::is_same<Queue, AnyQueue>::value;

// AnyQueue takes an element by its address.
template <typename Queue>
decltype (auto) asGiven (uint64_t& element)
{
    if constexpr (isAny<Queue>)
    {
        return &element;
    }
    else
    {
        return (element);
    }
}

template <typename Queue>
void checkEmptyZeroCopy (Queue& queue)
{
    CHECK (errorOf ([&] { return queue.reserve (1).empty () ? -1 : 0; }) == EBADF);
    CHECK (errorOf ([&] { return queue.commit (1); }) == EBADF);
    CHECK (errorOf ([&] { return queue.peek (1).empty () ? -1 : 0; }) == EBADF);
    CHECK (errorOf ([&] { return queue.release (1); }) == EBADF);
    CHECK (errorOf ([&] { return queue.reserve (0).empty () ? -1 : 0; }) == EBADF);
}

template <typename Queue>
void checkWaitingCalls (Queue& queue)
{
    uint64_t some[40000] = {};
    auto&& one = asGiven<Queue> (some[0]);
    CHECK (errorOf ([&] { return queue.push (one); }) == EBADF);
    CHECK (errorOf ([&] { return queue.pop (one); }) == EBADF);
    for (const std::chrono::nanoseconds timeout : {std::chrono::nanoseconds (0), std::chrono::nanoseconds (1h)})
    {
        CHECK (errorOf ([&] { return queue.push (one, timeout); }) == EBADF);
        CHECK (errorOf ([&] { return queue.pop (one, timeout); }) == EBADF);
        for (const uint64_t n : {0U, 1U, 3U, 40000U})
        {
            CHECK (errorOf ([&] { return queue.push (some, n, timeout); }) == EBADF);
            CHECK (errorOf ([&] { return queue.pop (some, n, timeout); }) == EBADF);
            CHECK (errorOf ([&] { return queue.popSome (some, n, timeout); }) == EBADF);
        }
    }
    CHECK (errorOf ([&] { return queue.push (some, 3); }) == EBADF);
    CHECK (errorOf ([&] { return queue.pop (some, 3); }) == EBADF);
    CHECK (errorOf ([&] { return queue.popSome (some, 3); }) == EBADF);
}

/// Every call fails, and no property of a queue is reported.
template <typename Queue>
void checkEmpty (Queue& queue)
{
    uint64_t some[3] = {1, 2, 3};
    auto&& one = asGiven<Queue> (some[0]);
    CHECK (!queue);
    CHECK (errorOf ([&] { return queue.tryPush (one); }) == EBADF);
    CHECK (errorOf ([&] { return queue.tryPop (one); }) == EBADF);
    for (const uint64_t n : {0U, 1U, 3U})
    {
        CHECK (errorOf ([&] { return queue.tryPush (some, n); }) == EBADF);
        CHECK (errorOf ([&] { return queue.tryPop (some, n); }) == EBADF);
    }
    CHECK (std::string (join::lastError.message ()).find ("no queue") != std::string::npos);
    CHECK (some[0] == 1);
    checkWaitingCalls (queue);
    queue.cancel ();
    queue.resume ();
    CHECK (errorOf ([&] { return queue.shutdown (); }) == EBADF);
    CHECK (errorOf ([&] { return queue.mbind (0); }) == EBADF);
    CHECK (errorOf ([&] { return queue.mlock (); }) == EBADF);
    CHECK (errorOf ([&] { return queue.producers (nullptr, 0); }) == EBADF);
    CHECK (queue.capacity () == 0);
    CHECK (queue.pending () == 0);
    CHECK (queue.available () == 0);
    CHECK (queue.empty ());
    CHECK (queue.name ().empty ());
    CHECK (!queue.created ());
    CHECK (queue.tag () == 0);
    CHECK (queue.stats ().pushed == 0);
    CHECK (!queue.stats ().shutDown);
    CHECK_THROWS_AS (queue.placement (), std::runtime_error);
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("moved queue keeps elements, moved-from queue fails", "[queue][move]", AllKinds)
{
    Made<TestType> made (8);
    using Queue = typename Made<TestType>::Queue;
    static_assert (std::is_nothrow_move_constructible<Queue>::value && std::is_nothrow_move_assignable<Queue>::value,
                   "");
    static_assert (!std::is_copy_constructible<Queue>::value && !std::is_copy_assignable<Queue>::value, "");
    static_assert (sizeof (Queue) == sizeof (void*), "");
    REQUIRE (made->push (1) == 0);
    Queue moved (std::move (made.queue));
    checkEmpty (made.queue);
    CHECK (moved);
    CHECK (moved.push (2) == 0);
    CHECK (moved.capacity () == 8);
    CHECK (moved.name () == (TestType::shared ? made.name.text : std::string ()));
    uint64_t out[2] = {};
    CHECK (moved.pop (out, 2) == 0);
    CHECK ((out[0] == 1 && out[1] == 2));
    made.queue = std::move (moved);  // assigns to an empty object
    checkEmpty (moved);
    CHECK (made->tryPush (3) == 0);
    CHECK (made->pending () == 1);
    if constexpr (TestType::spsc)
    {
        checkEmptyZeroCopy (moved);
    }
}

TEMPLATE_LIST_TEST_CASE ("assigned queue leaves its previous queue", "[queue][move]", AllKinds)
{
    Made<TestType> first (4);
    Made<TestType> second (8);
    const std::string path = TestType::shared ? first.name.path () : "";
    REQUIRE (second->push (5) == 0);
    first.queue = std::move (second.queue);
    checkEmpty (second.queue);
    CHECK (first->capacity () == 8);
    CHECK (first->pending () == 1);
    auto& same = first.queue;
    first.queue = std::move (same);
    CHECK (first->capacity () == 8);
    second.queue = std::move (second.queue = std::move (first.queue));  // assigns the object to itself
    CHECK (second->pending () == 1);
    std::swap (first.queue, second.queue);
    checkEmpty (second.queue);
    uint64_t out = 0;
    CHECK (first->pop (out) == 0);
    CHECK (out == 5);
}

TEMPLATE_LIST_TEST_CASE ("queues in a vector wait and wake", "[queue][move]", AllKinds)
{
    using Queue = typename Made<TestType>::Queue;
    std::vector<std::unique_ptr<OwnName>> names;
    std::vector<Queue> queues;
    for (uint64_t i = 0; i < 20; ++i)
    {
        names.push_back (std::make_unique<OwnName> ());
        queues.push_back (openQueue<TestType> (4, names.back ()->text));
        REQUIRE (queues.back ().push (i) == 0);
    }
    for (uint64_t i = 0; i < 20; ++i)
    {
        uint64_t out = 99;
        CHECK (queues[i].pop (out) == 0);
        CHECK (out == i);
        std::thread consumer ([&] { queues[i].pop (out); });
        CHECK (queues[i].push (i + 1, 1h) == 0);
        consumer.join ();
        CHECK (out == i + 1);
    }
}

TEST_CASE ("AnyQueue moves like a typed queue", "[queue][move]")
{
    const auto kind = GENERATE (QueueKind::Spsc, QueueKind::Mpsc, QueueKind::Mpmc);
    const OwnName name;
    AnyQueue queue (kind, 8, 8, name.text);
    const uint64_t in = 7;
    REQUIRE (queue.push (&in) == 0);
    AnyQueue moved (std::move (queue));
    checkEmpty (queue);
    CHECK (queue.elementSize () == 0);
    CHECK (queue.kind () == QueueKind (0));
    CHECK (moved.kind () == kind);
    queue = std::move (moved);
    checkEmpty (moved);
    uint64_t out = 0;
    CHECK (queue.tryPop (&out) == 0);
    CHECK (out == 7);
}

TEST_CASE ("exclusive role moves with its object", "[queue][move]")
{
    join::QueueOptions options;
    options.exclusive = true;
    Made<ShmSpsc> made (4, join::MemOptions (), options);
    auto other = openQueue<ShmSpsc> (4, made.name.text, join::MemOptions (), options);
    REQUIRE (made->tryPush (1) == 0);
    auto moved = std::move (made.queue);
    CHECK (moved.tryPush (2) == 0);
    CHECK (errorOf ([&] { return other.tryPush (3); }) == EBUSY);
    moved = std::move (made.queue);  // assigns an empty object, which frees the role
    CHECK (other.tryPush (3) == 0);
}

TEMPLATE_LIST_TEST_CASE ("many threads may call an empty queue", "[queue][move]", AllKinds)
{
    Made<TestType> made (8);
    const auto moved = std::move (made.queue);
    std::vector<std::thread> threads;
    std::atomic<int> failed {0};
    for (int i = 0; i < 4; ++i)
    {
        threads.emplace_back ([&] {
            for (int j = 0; j < 1000; ++j)
            {
                uint64_t element = 0;
                failed += made->tryPush (element) + made->tryPop (element) + made->push (element) + made->pop (element);
                if constexpr (TestType::spsc)
                {
                    failed += made->reserve (1).empty () && made->peek (1).empty () ? 0 : 1;
                }
            }
        });
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    CHECK (failed == -4 * 4 * 1000);
}

TEMPLATE_LIST_TEST_CASE ("empty batch does not wait", "[queue][move]", AllKinds)
{
    Made<TestType> made (4);
    uint64_t* none = nullptr;
    uint64_t one[1] = {5};
    join::lastError.assign (EXDEV, "from before");
    for (uint64_t* batch : {none, one})
    {
        CHECK (made->push (batch, 0) == 0);
        CHECK (made->pop (batch, 0) == 0);
        CHECK (made->push (batch, 0, 1ns) == 0);
        CHECK (made->pop (batch, 0, 1h) == 0);
    }
    CHECK (join::lastError.value () == EXDEV);
    made->shutdown ();
    CHECK (made->push (one, 0) == 0);
    CHECK (made->pop (one, 0) == 0);
    CHECK (made->empty ());
}
