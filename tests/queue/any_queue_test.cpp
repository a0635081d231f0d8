// SPDX-License-Identifier: MIT
// AnyQueue, whose kind and element size are known only at run time, compared with the typed queues: it opens the same
// queues and gives the same results.
#include "kinds.hpp"

#include <join/any_queue.hpp>
#include <join/placement.hpp>

#include <algorithm>
#include <chrono>

using namespace std::chrono_literals;
using join::AnyQueue;
using join::lastError;
using join::QueueKind;

namespace
{
constexpr QueueKind kinds[] = {QueueKind::Spsc, QueueKind::Mpsc, QueueKind::Mpmc};

template <std::size_t Bytes>
struct Chunk
{
    unsigned char bytes[Bytes];
};

template <typename Kind>
constexpr QueueKind kindOf ()
{
    return Kind::spsc ? QueueKind::Spsc : Kind::manyConsumers ? QueueKind::Mpmc : QueueKind::Mpsc;
}

template <std::size_t Bytes>
Chunk<Bytes> filled (uint64_t seed)
{
    Chunk<Bytes> element;
    for (std::size_t i = 0; i < Bytes; ++i)
    {
        element.bytes[i] = static_cast<unsigned char> (seed * 131 + i * 7);
    }
    return element;
}

// Moves n elements from one queue to the other, one by one and in tens, for more than a lap. Returns whether all arrive
// unchanged and no byte outside them is written.
template <std::size_t Bytes, typename PushOne, typename PushSome, typename PopOne, typename PopSome>
bool passes (PushOne pushOne, PushSome pushSome, PopOne popOne, PopSome popSome)
{
    bool fine = true;
    uint64_t pushed = 0;
    uint64_t popped = 0;
    while (pushed < 110 && fine)
    {
        Chunk<Bytes> in[11];
        Chunk<Bytes> out[12];
        std::generate (std::begin (in), std::end (in), [&] { return filled<Bytes> (pushed++); });
        out[11] = filled<Bytes> (999);
        fine = pushOne (&in[0]) == 0 && pushSome (&in[1], 10) == 10 && popOne (&out[0]) == 0
               && popSome (&out[1], 11) == 10;
        for (int i = 0; i < 11; ++i)
        {
            const Chunk<Bytes> expected = filled<Bytes> (popped++);
            fine = fine && std::memcmp (&out[i], &expected, Bytes) == 0;
        }
        const Chunk<Bytes> beyond = filled<Bytes> (999);
        fine = fine && std::memcmp (&out[11], &beyond, Bytes) == 0;
    }
    return fine;
}

template <typename Kind, std::size_t Bytes>
bool exchanges ()
{
    using Element = Chunk<Bytes>;
    Made<Kind, Element> typed (16);
    AnyQueue any (typed.name.text);
    const bool itself = any.kind () == kindOf<Kind> () && any.elementSize () == Bytes && any.capacity () == 16
                        && any.name () == typed.name.text && !any.created ();
    const bool passed = passes<Bytes> (
        [&] (Element* e) { return any.tryPush (e); }, [&] (Element* e, uint64_t n) { return any.tryPush (e, n); },
        [&] (Element* e) { return typed->tryPop (*e); }, [&] (Element* e, uint64_t n) { return typed->tryPop (e, n); });
    const bool back = passes<Bytes> (
        [&] (Element* e) { return typed->push (*e); }, [&] (Element* e, uint64_t n) { return typed->push (e, n, 1s); },
        [&] (Element* e) { return any.pop (e); }, [&] (Element* e, uint64_t n) { return any.popSome (e, n); });
    return itself && passed && back;
}

int refusedBy (AnyQueue& queue)
{
    void* const to = nullptr;
    const void* const from = nullptr;
    char element[8] = {};
    int refused = 0;
    const auto count = [&] (auto call) { refused += errorOf (call) == EINVAL; };
    count ([&] { return queue.tryPush (from); });
    count ([&] { return queue.tryPop (to); });
    count ([&] { return queue.tryPush (from, 1); });
    count ([&] { return queue.tryPop (to, 1); });
    count ([&] { return queue.tryPush (element, 0); });
    count ([&] { return queue.tryPop (element, 0); });
    count ([&] { return queue.push (from); });
    count ([&] { return queue.pop (to); });
    count ([&] { return queue.push (from, 1ns); });
    count ([&] { return queue.pop (to, 1ns); });
    count ([&] { return queue.push (from, 1); });
    count ([&] { return queue.pop (to, 1); });
    count ([&] { return queue.popSome (to, 1); });
    count ([&] { return queue.popSome (element, 0, 1ns); });
    return refused;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("typed and run-time queues exchange elements", "[queue][any]", SharedKinds)
{
    CHECK (exchanges<TestType, 1> ());
    CHECK (exchanges<TestType, 8> ());
    CHECK (exchanges<TestType, 24> ());
    CHECK (exchanges<TestType, 200> ());
    CHECK (exchanges<TestType, 65536> ());
}

TEST_CASE ("typed queue attaches to a run-time queue", "[queue][any]")
{
    for (const QueueKind kind : kinds)
    {
        const OwnName name;
        join::QueueOptions options;
        options.tag = 77;
        AnyQueue queue (kind, 5, 24, name.text, join::MemOptions (), options);
        CHECK (queue.kind () == kind);
        CHECK (queue.elementSize () == 24);
        CHECK (queue.capacity () == 8);
        CHECK (queue.name () == name.text);
        CHECK (queue.created ());
        CHECK (queue.tag () == 77);
        CHECK ((queue.empty () && !queue.full () && queue.pending () == 0 && queue.available () == 8));
        CHECK (queue.placement ().created);
        CHECK (errorOf ([&] { return queue.mlock (); }) == 0);
        const int bound = errorOf ([&] { return queue.mbind (0); });
        CHECK ((bound == 0 || bound == ENOSYS));
        const Chunk<24> element = filled<24> (1);
        REQUIRE (queue.push (&element) == 0);
        CHECK (queue.pending () == 1);
        CHECK (queue.stats ().pushed == 1);
        CHECK (queue.producers (nullptr, 0) == 1);
    }
    const OwnName name;
    const AnyQueue queue (QueueKind::Mpmc, 4, 8, name.text.c_str ());
    join::ShmMem::Mpmc::Queue<uint64_t> typed (4, name.text);
    CHECK_FALSE (typed.created ());
}

TEST_CASE ("invalid attach fails with the documented errno", "[queue][any]")
{
    const OwnName name;
    CHECK (thrownBy ([&] { AnyQueue queue (name.text); }) == ENOENT);
    CHECK (thrownBy ([&] { AnyQueue queue (name.text.c_str ()); }) == ENOENT);
    CHECK (thrownBy ([&] { AnyQueue queue (static_cast<const char*> (nullptr)); }) == EINVAL);
    CHECK (thrownBy ([&] { AnyQueue queue (""); }) == EINVAL);
    {
        const join::ShmMem plain (4096, name.text);
        CHECK (thrownBy ([&] { AnyQueue queue (name.text); }) == EBADMSG);
    }
    join::ShmMem::unlink (name.text);
    CHECK (thrownBy ([&] { AnyQueue queue (QueueKind (0), 4, 8, name.text); }) == EINVAL);
    CHECK (thrownBy ([&] { AnyQueue queue (QueueKind (4), 4, 8, name.text); }) == EINVAL);
    CHECK (thrownBy ([&] { AnyQueue queue (QueueKind::Spsc, 4, 0, name.text); }) == EINVAL);
    CHECK (thrownBy ([&] { AnyQueue queue (QueueKind::Spsc, 4, 65537, name.text); }) == EINVAL);
    CHECK (crash::names ().empty ());
    const AnyQueue queue (QueueKind::Spsc, 4, 8, name.text);
    const join::MemOptions only = mode (join::OpenMode::OpenOnly);
    CHECK (thrownBy ([&] { AnyQueue other (QueueKind::Mpsc, 4, 8, name.text); }) == EINVAL);
    CHECK (thrownBy ([&] { AnyQueue other (QueueKind::Spsc, 8, 8, name.text); }) == EINVAL);
    CHECK (thrownBy ([&] { AnyQueue other (QueueKind::Spsc, 4, 16, name.text); }) == EINVAL);
    CHECK (thrownBy ([&] { AnyQueue other (QueueKind (0), 0, 0, name.text, only); }) == 0);
    CHECK (thrownBy ([&] { AnyQueue other (QueueKind (0), 0, 16, name.text, only); }) == EINVAL);
    CHECK (thrownBy ([&] { AnyQueue other (name.text, mode (join::OpenMode::CreateOnly)); }) == 0);
}

TEST_CASE ("null and 0 are rejected without effect", "[queue][any]")
{
    for (const QueueKind kind : kinds)
    {
        const OwnName name;
        AnyQueue queue (kind, 4, 8, name.text);
        const uint64_t element = 5;
        REQUIRE (queue.tryPush (&element) == 0);
        CHECK (refusedBy (queue) == 14);
        CHECK (queue.push (nullptr, 0, 1ns) == 0);
        CHECK (queue.pop (nullptr, 0) == 0);
        CHECK (queue.pending () == 1);
    }
}

TEST_CASE ("waiting calls time out, wake and report shutdown", "[queue][any]")
{
    for (const QueueKind kind : kinds)
    {
        const OwnName name;
        AnyQueue queue (kind, 2, 8, name.text);
        uint64_t in[3] = {1, 2, 3};
        uint64_t out[3] = {};
        const auto start = std::chrono::steady_clock::now ();
        CHECK (errorOf ([&] { return queue.pop (out, 5ms); }) == ETIMEDOUT);
        CHECK (std::chrono::steady_clock::now () - start >= 5ms);
        CHECK (errorOf ([&] { return queue.popSome (out, 3, 1ms); }) == ETIMEDOUT);
        CHECK (errorOf ([&] { return queue.pop (out, 3, 1ms); }) == ETIMEDOUT);
        CHECK (errorOf ([&] { return queue.tryPop (out); }) == EAGAIN);
        CHECK (errorOf ([&] { return queue.tryPop (out, 3); }) == EAGAIN);
        CHECK (queue.push (in, 3, 1ms) == 2);
        CHECK (queue.full ());
        CHECK (errorOf ([&] { return queue.push (in, 1ms); }) == ETIMEDOUT);
        CHECK (errorOf ([&] { return queue.tryPush (in); }) == EAGAIN);
        CHECK (queue.pop (out, 2) == 0);
        CHECK ((out[0] == 1 && out[1] == 2));
        CHECK (queue.push (in, 2) == 0);
        CHECK (queue.shutdown () == 0);
        CHECK (queue.stats ().shutDown);
        CHECK (errorOf ([&] { return queue.push (in); }) == EPIPE);
        CHECK (queue.popSome (out, 3, 1s) == 2);
        CHECK (errorOf ([&] { return queue.pop (out); }) == EPIPE);
        CHECK (errorOf ([&] { return queue.popSome (out, 3); }) == EPIPE);
    }
}

TEST_CASE ("exclusive role rejects a second object, typed or not", "[queue][any]")
{
    const OwnName name;
    join::QueueOptions options;
    options.exclusive = true;
    AnyQueue first (QueueKind::Spsc, 4, 8, name.text, join::MemOptions (), options);
    AnyQueue second (name.text, join::MemOptions (), options);
    join::ShmMem::Spsc::Queue<uint64_t> third (4, name.text, join::MemOptions (), options);
    const uint64_t element = 1;
    REQUIRE (first.push (&element) == 0);
    CHECK (errorOf ([&] { return second.tryPush (&element); }) == EBUSY);
    CHECK (errorOf ([&] { return third.tryPush (element); }) == EBUSY);
    uint64_t got = 0;
    CHECK (second.pop (&got) == 0);
    CHECK (got == 1);
    join::Producer listed[2];
    CHECK (first.producers (listed, 2) == 2);
}
