// SPDX-License-Identifier: MIT
// Records small runs and explains them: every queue does what a single FIFO could have done. history.hpp has the
// specification.
#include "history.hpp"
#include "kinds.hpp"
#include "scale.hpp"

#include <functional>
#include <random>
#include <thread>

namespace
{
std::atomic<uint64_t> now {0};

template <typename Queue>
Call pushed (Queue& queue, uint32_t first, uint64_t n)
{
    uint64_t values[4];
    for (uint64_t i = 0; i < n; ++i)
    {
        values[i] = first + i;
    }
    Call call = {true, {}, now++, 0};
    const int64_t done = n == 1 ? queue.tryPush (values[0]) + 1 : queue.tryPush (values, n);
    call.end = now++;
    for (int64_t i = 0; i < done; ++i)
    {
        call.values.push_back (static_cast<uint32_t> (values[i]));
    }
    return call;
}

template <typename Queue>
Call popped (Queue& queue, uint64_t n)
{
    uint64_t values[4] = {};
    Call call = {false, {}, now++, 0};
    const int64_t done = n == 1 ? queue.tryPop (values[0]) + 1 : queue.tryPop (values, n);
    call.end = now++;
    for (int64_t i = 0; i < done; ++i)
    {
        call.values.push_back (static_cast<uint32_t> (values[i]));
    }
    return call;
}

// Threads that are started once, because a history is too short to start threads for it.
class Crew
{
public:
    Crew (unsigned size, const std::function<void (unsigned, uint64_t)>& body)
    : _done (size)
    {
        for (unsigned t = 0; t < size; ++t)
        {
            _threads.emplace_back ([this, t, body] {
                for (uint64_t round = 1;; ++round)
                {
                    while (_round.load () < round)
                    {
                        std::this_thread::yield ();
                    }
                    if (_over)
                    {
                        return;
                    }
                    body (t, round);
                    ++_done;
                }
            });
        }
    }

    ~Crew ()
    {
        _over = true;
        ++_round;
        for (std::thread& thread : _threads)
        {
            thread.join ();
        }
    }

    void run ()
    {
        _done = 0;
        ++_round;
        while (_done != _threads.size ())
        {
            std::this_thread::yield ();
        }
    }

private:
    std::atomic<uint64_t> _round {0};
    std::atomic<std::size_t> _done;
    std::atomic<bool> _over {false};
    std::vector<std::thread> _threads;
};

// One thread's part: a few calls, each after a short wait of random length.
template <typename Kind, typename Queue>
void act (Queue& queue, unsigned thread, unsigned threads, uint64_t round, std::vector<Call>& calls)
{
    std::mt19937_64 random (round * 8 + thread);
    const bool consumer = Kind::manyConsumers ? random () % 2 == 0 : thread == threads - 1;
    const uint64_t count = 1 + random () % 4;
    for (uint64_t i = 0; i < count; ++i)
    {
        for (volatile uint64_t wait = random () % 64; wait > 0; wait = wait - 1)
        {
        }
        const bool pops = Kind::manyConsumers && random () % 4 == 0 ? !consumer : consumer;
        const uint64_t n = 1 + random () % 3;
        const uint32_t value = static_cast<uint32_t> (((round & 0xfff) * 8 + thread) * 16 + i * 4);
        calls.push_back (pops ? popped (queue, n) : pushed (queue, value, n));
    }
}

template <typename Kind>
void record (uint64_t capacity, unsigned threads, uint64_t rounds)
{
    Made<Kind> made (capacity);
    History history (threads + 1);
    Crew crew (threads, [&] (unsigned thread, uint64_t round) {
        act<Kind> (made.queue, thread, threads, round + capacity * 1000003, history[thread]);
    });
    for (uint64_t round = 0; round < rounds; ++round)
    {
        for (std::vector<Call>& calls : history)
        {
            calls.clear ();
        }
        crew.run ();
        do
        {
            history[threads].push_back (popped (made.queue, 1));  // pops what is left, until the queue reports empty
        }
        while (!history[threads].back ().values.empty ());
        if (!explained (history, made->capacity (), Kind::spsc))
        {
            INFO (describe (history));
            FAIL ("no FIFO of " << made->capacity () << " explains that");
        }
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("recorded calls are linearizable", "[queue][linear]", AllKinds)
{
    const uint64_t rounds = scaled (20000, 300000, 3000000) / 6;
    for (uint64_t capacity : {1U, 2U, 4U})
    {
        const unsigned most = TestType::manyProducers ? 4 : 2;
        for (unsigned threads = 2; threads <= most; ++threads)
        {
            record<TestType> (capacity, threads, rounds / 3 / (most - 1));
        }
    }
}

TEST_CASE ("checker accepts what a FIFO does", "[queue][linear]")
{
    CHECK (explained ({{{true, {1, 2}, 0, 1}}, {{false, {1}, 2, 3}, {false, {2}, 4, 5}, {false, {}, 6, 7}}}, 2, false));
    CHECK (explained ({{{true, {1, 2}, 0, 1}, {true, {}, 2, 3}}, {{false, {1, 2}, 4, 5}}}, 2, false));
    // Two concurrent pushes, in either order.
    CHECK (explained ({{{true, {1}, 0, 3}}, {{true, {2}, 1, 2}}, {{false, {2, 1}, 4, 5}}}, 2, false));
    // A push that has begun lies before one that has returned.
    CHECK (
        explained ({{{true, {1}, 0, 9}}, {{true, {2}, 1, 2}, {false, {}, 3, 4}}, {{false, {1, 2}, 10, 11}}}, 2, false));
    // Such a push occupies a cell, too.
    CHECK (explained ({{{true, {1}, 0, 9}}, {{true, {}, 1, 2}, {false, {}, 3, 4}}, {{false, {1}, 10, 11}}}, 1, false));
}

TEST_CASE ("checker rejects what no FIFO does", "[queue][linear][planted]")
{
    for (const bool atOnce : {false, true})
    {
        // Lost: a pop reports empty with no push in flight.
        CHECK (!explained ({{{true, {1}, 0, 1}}, {{false, {}, 2, 3}}}, 2, atOnce));
        CHECK (!explained ({{{true, {1, 2}, 0, 1}}, {{false, {2}, 2, 3}}}, 2, atOnce));
        // Duplicated.
        CHECK (!explained ({{{true, {1}, 0, 1}}, {{false, {1}, 2, 3}, {false, {1}, 4, 5}}}, 2, atOnce));
        CHECK (!explained ({{{true, {1}, 0, 9}}, {{false, {1}, 2, 3}}, {{false, {1}, 4, 5}}}, 2, atOnce));
        // Reordered: within a batch, of one thread, of two threads one after the other.
        CHECK (!explained ({{{true, {1, 2}, 0, 1}}, {{false, {2, 1}, 2, 3}}}, 2, atOnce));
        CHECK (!explained ({{{true, {1}, 0, 1}, {true, {2}, 2, 3}}, {{false, {2, 1}, 4, 5}}}, 2, atOnce));
        CHECK (!explained ({{{true, {1}, 0, 1}}, {{true, {2}, 2, 3}}, {{false, {2, 1}, 4, 5}}}, 2, atOnce));
        // Invented, and popped before it was pushed.
        CHECK (!explained ({{{true, {1}, 0, 1}}, {{false, {3}, 2, 3}}}, 2, atOnce));
        CHECK (!explained ({{{true, {1}, 4, 5}}, {{false, {1}, 2, 3}}}, 2, atOnce));
        // Full with room left; more elements than there is room for; a batch split by another push.
        CHECK (!explained ({{{true, {1}, 0, 1}, {true, {}, 2, 3}}}, 2, atOnce));
        CHECK (!explained ({{{true, {1}, 0, 1}, {true, {2}, 2, 3}, {true, {3}, 4, 5}}}, 2, atOnce));
        CHECK (!explained ({{{true, {1, 2}, 0, 9}}, {{true, {3}, 1, 2}}, {{false, {1, 3, 2}, 10, 11}}}, 4, atOnce));
        // Empty after a push, while the only push in flight has not begun yet.
        CHECK (!explained ({{{true, {1}, 0, 1}}, {{true, {2}, 5, 9}}, {{false, {}, 2, 3}}}, 2, atOnce));
    }
    // In a Spsc no push in flight lies before a returned one.
    CHECK (!explained ({{{true, {1}, 0, 1}, {true, {2}, 2, 9}}, {{false, {}, 3, 4}}}, 2, true));
}

namespace
{
// Changes one thing in an explained run: the checker must reject it.
bool mutantFalls (History history, uint64_t capacity, unsigned mutation)
{
    std::vector<Call*> pops;
    for (std::vector<Call>& calls : history)
    {
        for (Call& call : calls)
        {
            if (!call.push && !call.values.empty ())
            {
                pops.push_back (&call);
            }
        }
    }
    if (pops.size () < 2)
    {
        return true;
    }
    Call& last = *pops.back ();
    switch (mutation)
    {
        case 0:  // duplicated
            last.values.back () = pops.front ()->values.front ();
            break;
        case 1:  // lost: the last pop reports empty, after all pushes
            last.values.clear ();
            break;
        case 2:  // exchanged, where one comes after the other
            std::swap (last.values.back (), pops.front ()->values.front ());
            break;
        default:  // torn
            last.values.front () ^= 0x80000000U;
    }
    return !explained (history, capacity, false);
}
}  // namespace

TEST_CASE ("checker rejects recorded runs with one change", "[queue][linear][planted]")
{
    Made<LocalMpmc> made (4);
    uint32_t value = 0;
    for (int round = 0; round < 500; ++round)
    {
        History history (2);
        for (int i = 0; i < 3; ++i)
        {
            history[0].push_back (pushed (made.queue, value, 1));
            value += 4;
        }
        history[1].push_back (popped (made.queue, 1));
        history[1].push_back (popped (made.queue, 1));
        history[1].push_back (popped (made.queue, 1));
        REQUIRE (explained (history, 4, false));
        for (unsigned mutation = 0; mutation < 4; ++mutation)
        {
            REQUIRE (mutantFalls (history, 4, mutation));
        }
    }
}
