// SPDX-License-Identifier: MIT
// Non-blocking calls: full and empty queues, capacities, batches, and what a queue reports about itself.
#include "kinds.hpp"

#include <join/placement.hpp>

#include <limits>
#include <random>
#include <type_traits>

using join::lastError;

TEMPLATE_LIST_TEST_CASE ("new queue is empty and reports its properties", "[queue]", AllKinds)
{
    join::QueueOptions options;
    options.tag = 0x1234567890abcdef;
    Made<TestType> made (4, join::MemOptions (), options);
    CHECK (made->empty ());
    CHECK (!made->full ());
    CHECK (made->pending () == 0);
    CHECK (made->available () == 4);
    CHECK (made->capacity () == 4);
    CHECK (made->created ());
    CHECK (made->tag () == options.tag);
    CHECK (made->name () == (TestType::shared ? made.name.text : std::string ()));
    CHECK (made->placement ().pageSize.value_or (0) >= 4096);
    CHECK (errorOf ([&] { return made->mlock (); }) == 0);
    const int bound = errorOf ([&] { return made->mbind (0); });
    CHECK ((bound == 0 || bound == ENOSYS));
    const int nowhere = errorOf ([&] { return made->mbind (-1); });
    CHECK ((nowhere == EINVAL || nowhere == ENOSYS));
}

TEMPLATE_LIST_TEST_CASE ("full queue rejects push", "[queue]", AllKinds)
{
    Made<TestType> made (4);
    for (uint64_t i = 0; i < 4; ++i)
    {
        REQUIRE (made->tryPush (i) == 0);
    }
    CHECK (made->full ());
    CHECK (made->available () == 0);
    CHECK (errorOf ([&] { return made->tryPush (99); }) == EAGAIN);
    CHECK (lastError == join::Errc::TemporaryError);
    const uint64_t more[2] = {98, 97};
    CHECK (errorOf ([&] { return made->tryPush (more, 2); }) == EAGAIN);
    for (uint64_t i = 0; i < 4; ++i)
    {
        uint64_t got = 77;
        REQUIRE (made->tryPop (got) == 0);
        CHECK (got == i);
    }
    uint64_t none[2] = {};
    CHECK (errorOf ([&] { return made->tryPop (none[0]); }) == EAGAIN);
    CHECK (lastError == join::Errc::TemporaryError);
    CHECK (errorOf ([&] { return made->tryPop (none, 2); }) == EAGAIN);
    CHECK (made->empty ());
}

TEMPLATE_LIST_TEST_CASE ("capacity is rounded up to a power of two", "[queue]", AllKinds)
{
    const uint64_t requested[] = {0, 1, 2, 3, 4, 5, 63, 64, 65, 4095};
    const uint64_t got[] = {1, 1, 2, 4, 4, 8, 64, 64, 128, 4096};
    for (std::size_t i = 0; i < sizeof (requested) / sizeof (*requested); ++i)
    {
        Made<TestType> made (requested[i]);
        CHECK (made->capacity () == got[i]);
        for (uint64_t n = 0; n < got[i]; ++n)
        {
            REQUIRE (made->tryPush (n) == 0);
        }
        CHECK (made->tryPush (0) == -1);
        CHECK (made->pending () == got[i]);
    }
}

TEMPLATE_LIST_TEST_CASE ("batch moves as many as possible, in order", "[queue]", AllKinds)
{
    Made<TestType> made (4);
    const uint64_t in[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint64_t out[8] = {};
    CHECK (made->tryPush (in, 3) == 3);
    CHECK (made->pending () == 3);
    CHECK (made->tryPush (in + 3, 5) == 1);
    CHECK (made->tryPop (out, 2) == 2);
    CHECK (made->tryPop (out + 2, 6) == 2);
    CHECK (std::memcmp (in, out, 4 * sizeof (uint64_t)) == 0);
    CHECK (out[4] == 0);
    CHECK (made->tryPush (in, 8) == 4);
    CHECK (made->tryPop (out, UINT64_MAX) == 4);
    CHECK (made->tryPush (in, UINT64_MAX) == 4);
    CHECK (made->tryPop (out, uint64_t (1) << 63) == 4);
    CHECK (std::memcmp (in, out, 4 * sizeof (uint64_t)) == 0);
    CHECK (made->empty ());
}

TEMPLATE_LIST_TEST_CASE ("null and 0 are rejected without effect", "[queue]", AllKinds)
{
    using namespace std::chrono_literals;
    Made<TestType> made (4);
    uint64_t one[1] = {5};
    const uint64_t* from = nullptr;
    uint64_t* to = nullptr;
    REQUIRE (made->tryPush (one[0]) == 0);
    CHECK (errorOf ([&] { return made->tryPush (from, 1); }) == EINVAL);
    CHECK (lastError == join::Errc::InvalidParam);
    CHECK (errorOf ([&] { return made->tryPush (one, 0); }) == EINVAL);
    CHECK (errorOf ([&] { return made->tryPop (to, 1); }) == EINVAL);
    CHECK (errorOf ([&] { return made->tryPop (one, 0); }) == EINVAL);
    CHECK (errorOf ([&] { return made->push (from, 1); }) == EINVAL);
    CHECK (errorOf ([&] { return made->pop (to, 1); }) == EINVAL);
    CHECK (errorOf ([&] { return made->push (from, 1, 1ns); }) == EINVAL);
    CHECK (errorOf ([&] { return made->pop (to, 1, 1ns); }) == EINVAL);
    CHECK (errorOf ([&] { return made->popSome (to, 1, 1ns); }) == EINVAL);
    CHECK (errorOf ([&] { return made->popSome (one, 0, 1ns); }) == EINVAL);
    CHECK (errorOf ([&] { return made->popSome (to, 1); }) == EINVAL);
    CHECK (errorOf ([&] { return made->popSome (one, 0); }) == EINVAL);
    CHECK (one[0] == 5);
    CHECK (made->pending () == 1);
}

TEMPLATE_LIST_TEST_CASE ("batches keep order and count over many laps", "[queue]", AllKinds)
{
    for (uint64_t capacity : {1U, 2U, 8U, 64U})
    {
        Made<TestType> made (capacity);
        std::mt19937_64 random (capacity);
        uint64_t pushed = 0;
        uint64_t popped = 0;
        uint64_t buffer[70];
        while (pushed < 3000 * capacity)
        {
            const uint64_t n = 1 + random () % (capacity + 3);
            for (uint64_t i = 0; i < n; ++i)
            {
                buffer[i] = pushed + i;
            }
            const int64_t in = n == 1 ? made->tryPush (buffer[0]) + 1 : made->tryPush (buffer, n);
            const uint64_t room = capacity - (pushed - popped);
            REQUIRE ((in <= 0 ? 0 : static_cast<uint64_t> (in)) == std::min (n, room));
            pushed += in > 0 ? static_cast<uint64_t> (in) : 0;
            REQUIRE (made->pending () == pushed - popped);
            REQUIRE (made->available () == capacity - (pushed - popped));
            const uint64_t m = 1 + random () % (capacity + 3);
            const uint64_t pending = pushed - popped;
            const int64_t out = m == 1 ? made->tryPop (buffer[0]) + 1 : made->tryPop (buffer, m);
            REQUIRE ((out <= 0 ? 0 : static_cast<uint64_t> (out)) == std::min (m, pending));
            for (int64_t i = 0; i < out; ++i)
            {
                REQUIRE (buffer[i] == popped++);
            }
        }
    }
}

namespace
{
template <std::size_t Bytes>
struct Chunk
{
    unsigned char bytes[Bytes];
};

template <std::size_t Align>
struct alignas (Align) Aligned
{
    unsigned char bytes[Align];
};

template <typename T>
T filled (uint64_t seed)
{
    T element;
    for (std::size_t i = 0; i < sizeof (T); ++i)
    {
        element.bytes[i] = static_cast<unsigned char> ((seed * 131 + i * 7) ^ (i >> 8));
    }
    return element;
}

// Pushes and pops one by one and in batches of five, over several laps. Returns whether all elements come out unchanged
// and no byte outside them is written. One function serves all kinds and elements, because test macros take long to
// compile.
template <typename Kind, typename T>
bool everyByte ()
{
    Made<Kind, T> made (8);
    std::vector<T> buffer (5);
    uint64_t pushed = 0;
    uint64_t popped = 0;
    bool fine = true;
    for (int round = 0; round < 40 && fine; ++round)
    {
        for (T& element : buffer)
        {
            element = filled<T> (pushed++);
        }
        const T single = filled<T> (pushed++);
        const T beyond = filled<T> (9999);
        std::vector<T> out (7, beyond);
        fine = made->tryPush (buffer.data (), 5) == 5 && made->tryPush (single) == 0 && made->tryPop (out[0]) == 0
               && made->tryPop (&out[1], 6) == 5;
        for (std::size_t i = 0; i < 6; ++i)
        {
            const T expected = filled<T> (popped++);
            fine = fine && std::memcmp (&out[i], &expected, sizeof (T)) == 0;
        }
        fine = fine && std::memcmp (&out[6], &beyond, sizeof (T)) == 0;
    }
    return fine;
}

// Returns the sizes of the elements that came out changed.
template <typename Kind, typename... T>
std::string wrongOf ()
{
    std::string wrong;
    ((wrong += everyByte<Kind, T> () ? "" : std::to_string (sizeof (T)) + " "), ...);
    return wrong;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("elements of any size and alignment come out unchanged", "[queue]", AllKinds)
{
    const std::string wrong =
        wrongOf<TestType, Chunk<1>, Chunk<3>, Chunk<7>, Chunk<8>, Chunk<12>, Chunk<24>, Chunk<56>, Chunk<57>, Chunk<64>,
                Chunk<200>, Chunk<1024>, Chunk<65536>, Aligned<32>, Aligned<64>, Aligned<128>> ();
    CHECK (wrong == "");
}

TEMPLATE_LIST_TEST_CASE ("queue is movable and not copyable", "[queue]", AllKinds)
{
    using Queue = typename TestType::template Queue<uint64_t>;
    STATIC_REQUIRE (!std::is_copy_constructible<Queue>::value);
    STATIC_REQUIRE (std::is_nothrow_move_constructible<Queue>::value);
    STATIC_REQUIRE (!std::is_copy_assignable<Queue>::value);
    STATIC_REQUIRE (std::is_nothrow_move_assignable<Queue>::value);
    STATIC_REQUIRE (std::is_same<decltype (std::declval<Queue&> ().tryPush (uint64_t ())), int>::value);
    STATIC_REQUIRE (noexcept (std::declval<Queue&> ().push (uint64_t ())));
}

TEST_CASE ("programs written for the reference compile and run", "[queue]")
{
    const OwnName name;
    uint64_t got = 0;
    join::LocalMem::Spsc::Queue<uint64_t> a (3);
    join::LocalMem::Mpsc::Queue<uint64_t> b (3);
    join::LocalMem::Mpmc::Queue<uint64_t> c (3);
    join::ShmMem::Mpmc::Queue<uint64_t> d (3, name.text);
    CHECK (a.push (1) == 0);
    CHECK (b.push (2) == 0);
    CHECK (c.push (3) == 0);
    CHECK (d.push (4) == 0);
    CHECK ((a.pop (got) == 0 && got == 1));
    CHECK ((b.tryPop (got) == 0 && got == 2));
    CHECK ((c.tryPop (&got, 1) == 1 && got == 3));
    CHECK ((d.pop (&got, 1) == 0 && got == 4));
    CHECK ((a.pending () == 0 && a.available () == 4 && a.empty () && !a.full ()));
    const OwnName other;
    join::ShmMem::Spsc::Queue<int> e (8, other.text.c_str ());
    CHECK (e.tryPush (-5) == 0);
}

TEMPLATE_LIST_TEST_CASE ("excessive capacity and lack of memory differ", "[queue]", AllKinds)
{
    const OwnName name;
    const auto make = [&] (uint64_t capacity) { return thrownBy ([&] { openQueue<TestType> (capacity, name.text); }); };
    CHECK (make (UINT64_MAX) == -1);
    CHECK (make (uint64_t (1) << 63) == -1);
    CHECK (make ((uint64_t (1) << 63) + 1) == -1);
    CHECK (make (uint64_t (1) << 33) == EINVAL);
    CHECK (make ((uint64_t (1) << 32) + 1) == EINVAL);
    const int most = thrownBy ([&] { openQueue<TestType, Chunk<65536>> (uint64_t (1) << 32, name.text); });
    CHECK ((most == ENOMEM || most == ENOSPC));
    const int much = thrownBy ([&] { openQueue<TestType, Chunk<1024>> (uint64_t (1) << 32, name.text); });
    CHECK ((much == ENOMEM || much == ENOSPC));
    CHECK (thrownBy ([&] { openQueue<TestType, Chunk<65536>> (uint64_t (1) << 47, name.text); }) == -1);
    CHECK (crash::names ().empty ());
}

TEST_CASE ("Backoff waits longer each time until reset ()", "[queue]")
{
    join::Backoff backoff;
    for (int i = 0; i < 1000; ++i)
    {
        backoff ();
    }
    backoff.reset ();
    backoff ();
    join::LocalMem::Spsc::Queue<int> queue (1);
    int got = 0;
    queue.tryPush (7);
    for (join::Backoff b; queue.tryPop (got) == -1;)
    {
        b ();
    }
    CHECK (got == 7);
}
