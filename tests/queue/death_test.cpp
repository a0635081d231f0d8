// SPDX-License-Identifier: MIT
// A producer dies between its claim and its publication, and the queue continues: every kind of pop passes the dead
// claim.
#include "raw.hpp"
#include "scale.hpp"
#include "victim.hpp"

#include "../hang.hpp"

#include <array>
#include <thread>

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace
{
// An element so large that its cell sequence is stored apart from it.
using Large = std::array<uint64_t, 9>;

template <typename T>
T element (uint64_t value)
{
    if constexpr (sizeof (T) == 8)
    {
        return value;
    }
    else
    {
        T made = {};
        made.fill (value);
        return made;
    }
}

/// Pushes `n` elements, of which only the first `whole` can be read.
template <typename T, typename Queue>
std::unique_ptr<Victim> pushIn (Queue& queue, Victim::End end, uint64_t first, std::size_t n, std::size_t whole)
{
    std::vector<T> elements;
    for (std::size_t i = 0; i < n; ++i)
    {
        elements.push_back (element<T> (first + i));
    }
    return std::make_unique<Victim> (end, elements.data (), whole * sizeof (T), n * sizeof (T), [&] (const void* from) {
        const T* pushed = static_cast<const T*> (from);
        return n == 1 ? (queue.tryPush (*pushed) == 0 ? 1 : 0) : static_cast<int> (queue.tryPush (pushed, n));
    });
}

/// Polls until the element is popped. delay_test.cpp judges how soon it comes; here only suite long does.
template <typename T, typename Queue>
void comesSoon (Queue& queue, uint64_t value)
{
    T got = {};
    const auto start = steady_clock::now ();
    comesTrue ([&] { return queue.tryPop (got) == 0; });
    CHECK (got == element<T> (value));
    CHECK ((!judgesTime () || steady_clock::now () - start < 100ms));
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("unfinished push of a dead producer is skipped", "[queue][death]", SharedClaimKinds)
{
    Made<TestType> made (8);
    Raw raw (made.name.text);
    for (uint64_t round = 0; round < 20; ++round)
    {
        REQUIRE (made->tryPush (1) == 0);
        auto victim = pushIn<uint64_t> (made.queue, Victim::End::Killed, 2, 1, 0);
        REQUIRE (victim->isKilled ());
        REQUIRE (made->pending () == 2);
        REQUIRE (made->tryPush (3) == 0);
        comesSoon<uint64_t> (made.queue, 1);
        comesSoon<uint64_t> (made.queue, 3);
        REQUIRE (made->empty ());
        REQUIRE (raw.control ().counters.deaths == round + 1);
        REQUIRE (raw.control ().counters.skipped == round + 1);
    }
}

TEMPLATE_LIST_TEST_CASE ("unfinished push of large elements is skipped", "[queue][death]", SharedClaimKinds)
{
    Made<TestType, Large> made (4);
    for (uint64_t round = 0; round < 10; ++round)
    {
        auto victim = pushIn<Large> (made.queue, Victim::End::Killed, 2, 1, 0);
        REQUIRE (victim->isKilled ());
        REQUIRE (made->tryPush (element<Large> (3)) == 0);
        comesSoon<Large> (made.queue, 3);
        REQUIRE (made->empty ());
    }
}

TEMPLATE_LIST_TEST_CASE ("readable elements of a cut batch are delivered", "[queue][death]", SharedClaimKinds)
{
    Made<TestType> made (8);
    Raw raw (made.name.text);
    for (std::size_t whole = 0; whole < 4; ++whole)
    {
        auto victim = pushIn<uint64_t> (made.queue, Victim::End::Killed, 10, 4, whole);
        REQUIRE (victim->isKilled ());
        REQUIRE (made->tryPush (20) == 0);
        for (std::size_t i = 0; i < whole; ++i)
        {
            comesSoon<uint64_t> (made.queue, 10 + i);
        }
        comesSoon<uint64_t> (made.queue, 20);
        REQUIRE (made->empty ());
    }
    CHECK (raw.control ().counters.deaths == 4);
    CHECK (raw.control ().counters.skipped == 4 + 3 + 2 + 1);
}

TEMPLATE_LIST_TEST_CASE ("several adjacent dead producers are skipped", "[queue][death]", SharedClaimKinds)
{
    Made<TestType> made (16);
    Raw raw (made.name.text);
    std::vector<std::unique_ptr<Victim>> victims;
    for (uint64_t i = 0; i < 5; ++i)
    {
        victims.push_back (pushIn<uint64_t> (made.queue, Victim::End::Stopped, 100 + i, 1, 0));
        REQUIRE (victims.back ()->isStopped ());
        REQUIRE (made->tryPush (i) == 0);
    }
    for (auto& victim : victims)
    {
        victim->kill ();
        REQUIRE (victim->isKilled ());
    }
    for (uint64_t i = 0; i < 5; ++i)
    {
        comesSoon<uint64_t> (made.queue, i);
    }
    CHECK (raw.control ().counters.deaths == 5);
    CHECK (raw.control ().counters.skipped == 5);
}

TEMPLATE_LIST_TEST_CASE ("waiting pop does not wait for the dead", "[queue][death]", SharedClaimKinds)
{
    Made<TestType> made (8);
    uint64_t got[2] = {};
    auto victim = pushIn<uint64_t> (made.queue, Victim::End::Stopped, 2, 1, 0);
    REQUIRE (victim->isStopped ());
    REQUIRE (made->tryPush (3) == 0);
    CHECK (errorOf ([&] { return made->pop (got[0], 200ms); }) == ETIMEDOUT);
    int popped = -2;
    std::thread consumer ([&] { popped = made->pop (got[0]); });
    victim->kill ();
    REQUIRE (victim->isKilled ());
    consumer.join ();
    CHECK (popped == 0);
    CHECK (got[0] == 3);
}

TEMPLATE_LIST_TEST_CASE ("stopped producer loses nothing and keeps its position", "[queue][death]", SharedClaimKinds)
{
    Made<TestType> made (8);
    Raw raw (made.name.text);
    uint64_t got = 0;
    auto victim = pushIn<uint64_t> (made.queue, Victim::End::Stopped, 2, 1, 0);
    REQUIRE (victim->isStopped ());
    REQUIRE (made->tryPush (3) == 0);
    for (const auto start = steady_clock::now (); steady_clock::now () - start < 100ms;)
    {
        REQUIRE (made->tryPop (got) == -1);
    }
    CHECK (errorOf ([&] { return made->pop (got, 100ms); }) == ETIMEDOUT);
    CHECK (raw.control ().counters.skipped == 0);
    CHECK (victim->goOn () == 1);
    CHECK ((made->tryPop (got) == 0 && got == 2));
    CHECK ((made->tryPop (got) == 0 && got == 3));
    CHECK (raw.control ().counters.deaths == 0);
}

TEMPLATE_LIST_TEST_CASE ("dead producer's slot is recovered, then reused", "[queue][death]", SharedClaimKinds)
{
    uint64_t got = 0;
    for (uint64_t round = 0; round < 10; ++round)
    {
        Made<TestType> made (8, join::MemOptions (), withSlots (1));
        auto victim = pushIn<uint64_t> (made.queue, Victim::End::Stopped, 2, 1, 0);
        REQUIRE (victim->isStopped ());
        auto other = openQueue<TestType> (8, made.name.text);
        REQUIRE (errorOf ([&] { return other.tryPush (4); }) == EUSERS);
        victim->kill ();
        REQUIRE (victim->isKilled ());
        REQUIRE (other.tryPush (5) == 0);
        REQUIRE (made->stats ().deaths == 1);
        REQUIRE ((other.tryPop (got) == 0 && got == 5));
    }
}

TEMPLATE_LIST_TEST_CASE ("idle dead producer's slot is reused", "[queue][death]", SharedClaimKinds)
{
    Made<TestType> made (16, join::MemOptions (), withSlots (1));
    Raw raw (made.name.text);
    for (uint64_t round = 0; round < 10; ++round)
    {
        REQUIRE (crash::inChild ([&] { return made->tryPush (round) == 0 ? 0 : 1; }) == 0);
    }
    CHECK (raw.control ().counters.deaths == 9);
    CHECK (raw.control ().counters.skipped == 0);
    uint64_t got[16] = {};
    CHECK (made->tryPop (got, 16) == 10);
}

TEMPLATE_LIST_TEST_CASE ("shutdown completes despite a death in a push", "[queue][death]", SharedClaimKinds)
{
    Made<TestType> made (8);
    uint64_t got = 0;
    auto victim = pushIn<uint64_t> (made.queue, Victim::End::Killed, 2, 1, 0);
    REQUIRE (victim->isKilled ());
    REQUIRE (made->tryPush (3) == 0);
    REQUIRE (made->shutdown () == 0);
    CHECK (made->pop (got) == 0);
    CHECK (got == 3);
    CHECK (errorOf ([&] { return made->pop (got); }) == EPIPE);
}

TEMPLATE_LIST_TEST_CASE ("late process skips all dead and keeps elements", "[queue][death]", SharedClaimKinds)
{
    OwnName name;
    const int status = crash::inChild ([&] {
        auto queue = openQueue<TestType> (8, name.text);
        if (queue.tryPush (1) != 0 || !pushIn<uint64_t> (queue, Victim::End::Killed, 2, 3, 1)->isKilled ()
            || queue.tryPush (3) != 0)
        {
            return 1;
        }
        ::kill (::getpid (), SIGKILL);
        return 2;
    });
    REQUIRE (WIFSIGNALED (status));
    auto queue = openQueue<TestType> (8, name.text);
    CHECK (!queue.created ());
    comesSoon<uint64_t> (queue, 1);
    comesSoon<uint64_t> (queue, 2);
    comesSoon<uint64_t> (queue, 3);
    CHECK (queue.empty ());
    CHECK (queue.tryPush (4) == 0);
    comesSoon<uint64_t> (queue, 4);
}
