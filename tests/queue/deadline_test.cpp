// SPDX-License-Identifier: MIT
// No call outlasts its timeout: beside a consumer that takes single elements, in large batches, and beside a hostile
// peer that writes arbitrary values. The tests count work, and the clock is the test's own: it advances at each read.
#include "hooked.hpp"
#include "raw.hpp"
#include "waiting.hpp"

#include <join/any_queue.hpp>

#include <algorithm>
#include <thread>

using namespace std::chrono_literals;
using join::detail::Attempts;
using join::detail::Deadline;
using join::detail::One;
using join::detail::Ring;
using join::detail::Some;

namespace
{
constexpr int64_t millisecond = 1000 * 1000;
constexpr uint64_t partBytes = 64 << 10;

/// While this object lives, each read of the clock in this thread advances it by a millisecond.
class StepClock
{
public:
    StepClock ()
    {
        struct timespec now = {};
        ::clock_gettime (CLOCK_MONOTONIC, &now);
        testClock = now.tv_sec * 1000 * millisecond + now.tv_nsec;
        testClockStep = millisecond;
    }

    StepClock (const StepClock&) = delete;
    StepClock& operator= (const StepClock&) = delete;

    ~StepClock ()
    {
        testClock = 0;
        testClockStep = 0;
    }
};

using Mpmc = join::detail::ClaimRing<true, false>;
using Mpsc = join::detail::ClaimRing<false, false>;

void fillWith (Hooked& queue, uint64_t n)
{
    while (n != 0)
    {
        const int64_t pushed = Mpmc::push (queue.ring, queue.size (), queue.buffer.data (), Some {n < 1024 ? n : 1024});
        REQUIRE (pushed > 0);
        n -= static_cast<uint64_t> (pushed);
    }
}
}  // namespace

TEST_CASE ("batch pop succeeds beside a competing consumer", "[queue][deadline]")
{
    constexpr uint64_t capacity = 1 << 16;
    constexpr uint64_t copiesMost = 1 << 20;  // then the other consumer stops, so that a starved pop ends as well
    Hooked queue (join::detail::Kind::Mpmc, 64, capacity);
    fillWith (queue, capacity);
    for (uint64_t every : {16U, 100U, 1000U})
    {
        uint64_t copies = 0;
        queue.hook = [&] {
            char element[64];
            if (++copies % every == 0 && copies < copiesMost
                && Mpmc::pop (queue.ring, queue.size (), element, One ()) == 1)
            {
                Mpmc::push (queue.ring, queue.size (), element, One ());
            }
        };
        std::vector<char> to (capacity * 64);
        const int64_t popped = Mpmc::pop (queue.ring, queue.hooked (), to.data (), Some {capacity});
        INFO ("another pop after every " << every << " copies: " << popped << " popped, " << copies << " copies");
        CHECK (popped > 0);
        CHECK (copies < copiesMost / 100);
        queue.hook = nullptr;
        fillWith (queue, popped > 0 ? static_cast<uint64_t> (popped) : 0);
    }
}

TEST_CASE ("overtaken pop leaves the caller's element unchanged", "[queue][deadline]")
{
    const uint32_t size = GENERATE (1U, 4U, 8U, 24U, 60U, 64U);
    const int elements = GENERATE (1, 2, 3);
    Hooked queue (join::detail::Kind::Mpmc, size, 4);
    for (int when = 1; when < 20; ++when)
    {
        int looks = 0;
        for (int i = 0; i < elements; ++i)
        {
            REQUIRE (Mpmc::push (queue.ring, queue.size (), queue.buffer.data (), One ()) == 1);
        }
        queue.hook = [&] {
            char element[64];
            if (++looks >= when)
            {
                Mpmc::pop (queue.ring, queue.size (), element, One ());
            }
        };
        std::vector<char> to (size, 77);
        const std::vector<char> before = to;
        const int64_t popped = Mpmc::pop (queue.ring, queue.hooked (), to.data (), One ());
        INFO ("another pop at each copy from the " << when << "th on: " << popped);
        CHECK ((to == before) == (popped == 0));
        queue.hook = nullptr;
        while (Mpmc::pop (queue.ring, queue.size (), to.data (), One ()) == 1)
        {
        }
    }
}

TEST_CASE ("Mpmc swap stops at 64 KiB or 16 elements", "[queue][deadline]")
{
    struct Large
    {
        unsigned char bytes[64 << 10];
    };
    Made<LocalMpmc, Large> large (32);
    std::vector<Large> some (32);
    CHECK (large->tryPush (some.data (), 32) == 32);
    CHECK (large->tryPop (some.data (), 32) == 16);
    Made<LocalMpmc> made (1 << 15);
    std::vector<uint64_t> batch (1 << 15);
    CHECK (made->tryPush (batch.data (), batch.size ()) == 1 << 15);
    CHECK (made->tryPop (batch.data (), UINT64_MAX) == partBytes / 8);
    CHECK (made->popSome (batch.data (), batch.size (), 1h) == (1 << 15) - partBytes / 8);
}

TEMPLATE_LIST_TEST_CASE ("timed batch reads the clock every 64 KiB", "[queue][deadline]", AllKinds)
{
    constexpr uint64_t capacity = 1 << 18;
    constexpr uint64_t parts = 8;  // upper bound: at 1 ms a read, a call of 5 ms moves fewer parts than this, of 32
    Made<TestType> made (capacity);
    std::vector<uint64_t> batch (capacity);
    const StepClock clock;
    const int64_t pushed = made->push (batch.data (), capacity, 5ms);
    CHECK (pushed >= int64_t (partBytes / 8));
    CHECK (pushed <= int64_t (parts * partBytes / 8));
    CHECK (join::lastError.value () == ETIMEDOUT);
    CHECK (made->push (batch.data (), capacity - made->pending (), 1h) > 0);
    REQUIRE (made->full ());
    const int64_t popped = made->pop (batch.data (), capacity, 5ms);
    CHECK (popped >= int64_t (partBytes / 8));
    CHECK (popped <= int64_t (parts * partBytes / 8));
    join::lastError.assign (EXDEV, "from before");
    const int64_t some = made->popSome (batch.data (), capacity, 5ms);
    CHECK (some >= int64_t (partBytes / 8));
    CHECK (some <= int64_t (parts * partBytes / 8));
    CHECK (join::lastError.value () == EXDEV);
}

TEMPLATE_LIST_TEST_CASE ("batch without timeout completes in parts", "[queue][deadline]", AllKinds)
{
    constexpr uint64_t capacity = 1 << 15;
    Made<TestType> made (capacity);
    std::vector<uint64_t> in (capacity);
    std::vector<uint64_t> out (capacity);
    for (uint64_t i = 0; i < capacity; ++i)
    {
        in[i] = i * i;
    }
    for (uint64_t skip : {0U, 1000U})  // also where the batch wraps at the end of the ring
    {
        CHECK (made->push (in.data (), capacity) == 0);
        CHECK (errorOf ([&] { return made->push (in.data (), capacity, 0ns); }) == ETIMEDOUT);
        CHECK (made->pop (out.data (), capacity) == 0);
        CHECK (in == out);
        CHECK (made->push (in.data (), capacity, 0ns) == int64_t (capacity));
        CHECK (made->pop (out.data (), capacity, 0ns) == int64_t (capacity));
        CHECK (in == out);
        CHECK (made->push (in.data (), capacity, 1h) == int64_t (capacity));
        CHECK (made->popSome (out.data (), capacity) == int64_t (capacity));
        CHECK (in == out);
        for (uint64_t i = 0; i < skip; ++i)
        {
            REQUIRE ((made->tryPush (i) == 0 && made->tryPop (out[0]) == 0));
        }
    }
}

TEMPLATE_LIST_TEST_CASE ("cancelled batch continues while it need not wait", "[queue][deadline]", AllKinds)
{
    constexpr uint64_t capacity = 1 << 15;
    Made<TestType> made (capacity);
    std::vector<uint64_t> batch (capacity + 1);
    made->cancel ();
    CHECK (made->push (batch.data (), capacity) == 0);
    CHECK (errorOf ([&] { return made->push (batch.data (), 1); }) == ECANCELED);
    CHECK (made->pop (batch.data (), capacity + 1, 1h) == int64_t (capacity));
    CHECK (join::lastError.value () == ECANCELED);
}

TEST_CASE ("cancel ends a large batch midway", "[queue][deadline]")
{
    constexpr uint64_t capacity = 1 << 14;
    constexpr uint64_t part = partBytes / 64;
    const auto kind = GENERATE (join::detail::Kind::Mpsc, join::detail::Kind::Mpmc);
    const bool forGood = GENERATE (false, true);
    const bool early = GENERATE (false, true);
    join::lastError.assign (0, "");
    Hooked queue (kind, 64, capacity);
    int calls = 0;
    queue.hook = [&] {
        if (early || ++calls == 100)
        {
            forGood ? queue.ring.cancelForGood () : queue.ring.cancel ();
        }
    };
    const Deadline never = {Deadline::never};
    const char* from = queue.buffer.data ();
    const int64_t pushed = kind == join::detail::Kind::Mpsc
                               ? join::detail::pushAll<Mpsc> (queue.ring, queue.hooked (), from, capacity, never)
                               : join::detail::pushAll<Mpmc> (queue.ring, queue.hooked (), from, capacity, never);
    // A call on a queue that is already cancelled continues while it need not wait.
    const bool ends = forGood || !early;
    CHECK (pushed == int64_t (ends ? part : capacity));
    CHECK ((join::lastError.value () == ECANCELED) == ends);
}

namespace
{
/// A shared queue in which a hostile peer has marked every cell as skipped: it holds no element.
template <typename Kind>
class Skipped
{
public:
    explicit Skipped (uint64_t capacity)
    : made (capacity)
    , raw (made.name.text)
    {
        char* const cells = reinterpret_cast<char*> (&raw.control ()) + raw.control ().identity.elementsOffset;
        for (uint64_t i = 0; i < capacity; ++i)
        {
            const uint64_t word = (i + 1) * join::detail::ticketUnit | join::detail::skippedBit;
            std::memcpy (cells + i * raw.control ().identity.stride, &word, sizeof (word));
        }
        raw.control ().head.value.store (capacity * join::detail::ticketUnit);
    }

    uint64_t passed ()
    {
        return raw.control ().tail.value.load () / join::detail::ticketUnit;
    }

    Made<Kind> made;
    Raw raw;
};

constexpr uint64_t cells = 1 << 22;
constexpr uint64_t once = cells / 8 + cells / 4;  // upper bound of the cells that one attempt of a call passes
}  // namespace

TEMPLATE_LIST_TEST_CASE ("timed pop ends beside endless skipped cells", "[queue][deadline]", SharedClaimKinds)
{
    for (int form = 0; form < 3; ++form)
    {
        Skipped<TestType> skipped (cells);
        uint64_t batch[2] = {};
        const StepClock clock;
        CHECK (errorOf ([&] {
                   return form == 0   ? skipped.made->pop (batch[0], 1ms)
                          : form == 1 ? skipped.made->pop (batch, 2, 1ms)
                                      : skipped.made->popSome (batch, 2, 1ms);
               })
               == ETIMEDOUT);
        CHECK (skipped.passed () <= 2 * once);
    }
}

TEMPLATE_LIST_TEST_CASE ("cancelled pop ends beside endless skipped cells", "[queue][deadline]", SharedClaimKinds)
{
    Skipped<TestType> skipped (cells);
    uint64_t element = 0;
    skipped.made->cancel ();
    CHECK (errorOf ([&] { return skipped.made->pop (element); }) == ECANCELED);
    CHECK (errorOf ([&] { return skipped.made->pop (&element, 1); }) == ECANCELED);
    CHECK (skipped.passed () <= 2 * once);
}

namespace
{
/// A peer that makes every attempt look promising and then fail, on a thread of its own, for at most five seconds.
template <typename Kind>
class Hostile
{
public:
    explicit Hostile (const std::string& name)
    : _raw (name)
    , _thread ([this] { run (); })
    {
    }

    Hostile (const Hostile&) = delete;
    Hostile& operator= (const Hostile&) = delete;

    ~Hostile ()
    {
        _stop = true;
        _thread.join ();
    }

private:
    void run ()
    {
        const auto end = std::chrono::steady_clock::now () + 5s;
        for (uint64_t i = 0; !_stop && (i % 1024 != 0 || std::chrono::steady_clock::now () < end); ++i)
        {
            Kind::spsc ? disturbSpsc (i) : disturbClaims (i);
        }
    }

    // Alternates between an element and none, between a free cell and none, and toggles the shutdown flag.
    void disturbSpsc (uint64_t i)
    {
        join::detail::Control& control = _raw.control ();
        const uint64_t tail = control.tail.value.load ();
        control.head.value.store (tail + (i % 64 < 32 ? i % 2 : capacity - i % 2));
        if (i % 256 == 0)
        {
            control.gate.state.fetch_xor (join::detail::shutBit);
        }
        control.gate.state.fetch_and (~join::detail::endedBit);
    }

    // Puts a skipped cell at the front, with the queue full or with one free cell.
    void disturbClaims (uint64_t i)
    {
        join::detail::Control& control = _raw.control ();
        const uint64_t tail = control.tail.value.load () & join::detail::ticketMask;
        char* const first = reinterpret_cast<char*> (&control) + control.identity.elementsOffset;
        char* const cell = first + (tail / join::detail::ticketUnit) % capacity * control.identity.stride;
        reinterpret_cast<std::atomic<uint64_t>*> (cell)->store ((tail + join::detail::ticketUnit)
                                                                | join::detail::skippedBit);
        control.head.value.store (tail + (capacity - i % 2) * join::detail::ticketUnit);
    }

    static constexpr uint64_t capacity = 64;
    Raw _raw;
    std::atomic<bool> _stop {false};
    std::thread _thread;
};
}  // namespace

TEMPLATE_LIST_TEST_CASE ("busy hostile peer delays no call past its timeout", "[queue][deadline][hostile]", SharedKinds)
{
    constexpr uint64_t readsMost = 2000;  // a call of 20 ms reads the clock about 20 times, and again after each sleep
    Made<TestType> made (64);
    const Hostile<TestType> hostile (made.name.text);
    const StepClock clock;
    uint64_t batch[4] = {};
    uint64_t most = 0;
    const auto timed = [&] (auto call) {
        const uint64_t before = sleeps.clockReads;
        call ();
        most = std::max (most, sleeps.clockReads - before);
    };
    for (int round = 0; round < 20; ++round)
    {
        timed ([&] { made->pop (batch[0], 20ms); });
        timed ([&] { made->pop (batch, 4, 20ms); });
        timed ([&] { made->popSome (batch, 4, 20ms); });
        timed ([&] { made->push (batch[0], 20ms); });
        timed ([&] { made->push (batch, 4, 20ms); });
    }
    INFO (most << " reads of the clock in one call");
    CHECK (most <= readsMost);
}
