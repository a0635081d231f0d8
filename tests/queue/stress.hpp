// SPDX-License-Identifier: MIT
/// Elements that carry their producer and number and detect a change of any byte; a run of producers and consumers; and
/// a report of what is wrong.
#ifndef JOIN_TESTS_QUEUE_STRESS_HPP
#define JOIN_TESTS_QUEUE_STRESS_HPP

#include "kinds.hpp"

#include <functional>
#include <random>
#include <thread>

inline uint64_t mixed (uint64_t x)
{
    x ^= x >> 31;
    x *= 0x7fb5d329728ea185;
    x ^= x >> 27;
    x *= 0x81dadef4bc2dd44d;
    return x ^ (x >> 33);
}

/// Producer, number and check word; the words of longer elements follow from these.
template <std::size_t Bytes>
struct Item
{
    static constexpr std::size_t words = Bytes / 8;
    uint64_t word[words];

    Item () = default;

    Item (uint32_t producer, uint32_t number)
    {
        const uint64_t id = (uint64_t (producer) << 32) | number;
        word[0] = (id << 24) | (mixed (id) & 0xffffff);  // 8 bits of producer
        for (std::size_t i = 1; i < words; ++i)
        {
            word[i] = mixed (word[0] + i);
        }
    }

    uint32_t producer () const
    {
        return static_cast<uint32_t> (word[0] >> 56);
    }

    uint32_t number () const
    {
        return static_cast<uint32_t> (word[0] >> 24);
    }

    bool torn () const
    {
        const Item whole (producer (), number ());
        return std::memcmp (word, whole.word, sizeof (word)) != 0;
    }
};

struct Load
{
    uint64_t capacity;
    uint32_t producers;
    uint32_t consumers;
    uint32_t each;       ///< elements of each producer
    uint64_t batchMost;  ///< 1: single elements
    bool blocking;
    bool processes;
    uint64_t seed;
    uint32_t maxProducers = 0;
    bool oneObject = false;  ///< false: every other thread or process opens an object of its own
};

inline std::string describe (const Load& load, std::size_t bytes)
{
    return std::to_string (load.producers) + " producers and " + std::to_string (load.consumers) + " consumers, "
           + (load.processes ? "processes" : "threads") + ", capacity " + std::to_string (load.capacity) + ", "
           + std::to_string (bytes) + " bytes, batches to " + std::to_string (load.batchMost)
           + (load.blocking ? ", blocking" : "") + ", seed " + std::to_string (load.seed);
}

/// What all threads or processes of a run count; lies on shared pages.
struct Tally
{
    std::atomic<uint64_t> pushed;
    std::atomic<uint64_t> popped;
    std::atomic<uint64_t> pushedSum;
    std::atomic<uint64_t> poppedSum;
    std::atomic<uint64_t> torn;
    std::atomic<uint64_t> disorder;
    std::atomic<uint64_t> gaps;   ///< a single consumer sees every number
    std::atomic<int64_t> errors;  ///< unexpected errors
};

template <typename Queue, typename T>
void pushAll (Queue& queue, const Load& load, uint32_t producer, Tally& tally)
{
    std::mt19937_64 random (load.seed * 100 + producer);
    std::vector<T> batch;
    uint64_t sum = 0;
    join::Backoff backoff;
    for (uint32_t next = 1; next <= load.each;)
    {
        const uint64_t n = std::min<uint64_t> (1 + random () % load.batchMost, load.each - next + 1);
        batch.clear ();
        for (uint64_t i = 0; i < n; ++i)
        {
            batch.emplace_back (producer, next + static_cast<uint32_t> (i));
        }
        const bool one = n == 1 && random () % 2 == 0;
        const int64_t done = load.blocking ? (one ? queue.push (batch[0]) : queue.push (batch.data (), n))
                             : one         ? queue.tryPush (batch[0])
                                           : queue.tryPush (batch.data (), n);
        if (done == -1)
        {
            if (load.blocking || join::lastError.value () != EAGAIN)
            {
                tally.errors = join::lastError.value ();
                return;
            }
            backoff ();
            continue;
        }
        backoff.reset ();
        const uint64_t count = load.blocking ? n : one ? 1 : static_cast<uint64_t> (done);
        for (uint64_t i = 0; i < count; ++i)
        {
            sum += mixed (batch[i].word[0]);
        }
        next += static_cast<uint32_t> (count);
        tally.pushed += count;
    }
    tally.pushedSum += sum;
}

template <typename Queue, typename T>
void popAll (Queue& queue, const Load& load, uint32_t consumer, Tally& tally)
{
    std::mt19937_64 random (load.seed * 100 + 50 + consumer);
    std::vector<T> batch (load.batchMost);
    std::vector<uint32_t> last (256);
    join::Backoff backoff;
    for (;;)
    {
        const uint64_t n = 1 + random () % load.batchMost;
        const bool one = n == 1 && random () % 2 == 0;
        int64_t done = load.blocking ? (one ? queue.pop (batch[0]) : queue.popSome (batch.data (), n))
                       : one         ? queue.tryPop (batch[0])
                                     : queue.tryPop (batch.data (), n);
        if (done == -1)
        {
            const int error = join::lastError.value ();
            if (load.blocking || error != EAGAIN)
            {
                tally.errors = error == EPIPE ? tally.errors.load () : error;
                return;
            }
            backoff ();
            continue;
        }
        backoff.reset ();
        done = one ? 1 : done;
        for (int64_t i = 0; i < done; ++i)
        {
            const T& item = batch[static_cast<std::size_t> (i)];
            uint32_t& before = last[item.producer ()];
            tally.torn += item.torn () ? 1 : 0;
            tally.disorder += item.number () <= before ? 1 : 0;
            tally.gaps += load.consumers == 1 && item.number () != before + 1 ? 1 : 0;
            before = item.number ();
            tally.poppedSum += mixed (item.word[0]);
        }
        tally.popped += static_cast<uint64_t> (done);
    }
}

/// Runs all bodies side by side and returns when all have ended. Returns false if a process ended badly.
inline bool runAll (const std::vector<std::function<void ()>>& first, const std::vector<std::function<void ()>>& second,
                    const std::function<void ()>& between, bool processes)
{
    bool fine = true;
    if (!processes)
    {
        std::vector<std::thread> threads;
        std::vector<std::thread> others;
        for (const auto& body : second)
        {
            others.emplace_back (body);
        }
        for (const auto& body : first)
        {
            threads.emplace_back (body);
        }
        for (std::thread& thread : threads)
        {
            thread.join ();
        }
        between ();
        for (std::thread& thread : others)
        {
            thread.join ();
        }
        return true;
    }
    const auto started = [] (const std::function<void ()>& body) {
        return crash::start ([&] {
            body ();
            return 0;
        });
    };
    std::vector<pid_t> pids;
    std::vector<pid_t> others;
    for (const auto& body : second)
    {
        others.push_back (started (body));
    }
    for (const auto& body : first)
    {
        pids.push_back (started (body));
    }
    for (pid_t pid : pids)
    {
        fine = crash::await (pid) == 0 && fine;
    }
    between ();
    for (pid_t pid : others)
    {
        fine = crash::await (pid) == 0 && fine;
    }
    return fine;
}

inline std::string complaintOf (const Tally& tally, uint64_t expected)
{
    std::string text;
    const auto say = [&] (const char* what, uint64_t is, uint64_t should) {
        text += is != should
                    ? std::string (what) + " " + std::to_string (is) + ", not " + std::to_string (should) + "; "
                    : std::string ();
    };
    say ("pushed", tally.pushed, expected);
    say ("popped", tally.popped, expected);
    say ("torn", tally.torn, 0);
    say ("out of order", tally.disorder, 0);
    say ("gaps", tally.gaps, 0);
    say ("errors", static_cast<uint64_t> (tally.errors.load ()), 0);
    return text.empty () && tally.pushedSum != tally.poppedSum ? "the popped elements differ from the pushed ones"
                                                               : text;
}

/// Returns "" or what is wrong.
template <typename Kind, std::size_t Bytes>
std::string stress (const Load& load)
{
    using T = Item<Bytes>;
    static Tally* const tally = static_cast<Tally*> (crash::sharedPages (sizeof (Tally)));
    std::memset (static_cast<void*> (tally), 0, sizeof (*tally));
    join::QueueOptions options;
    options.maxProducers = load.maxProducers;
    Made<Kind, T> made (load.capacity, join::MemOptions (), options);
    const auto with = [&] (bool own, const auto& body) {
        if (Kind::shared && own && !load.oneObject)
        {
            auto queue = openQueue<Kind, T> (load.capacity, made.name.text, join::MemOptions (), options);
            body (queue);
        }
        else
        {
            body (made.queue);
        }
    };
    std::vector<std::function<void ()>> producers;
    std::vector<std::function<void ()>> consumers;
    for (uint32_t i = 0; i < load.producers; ++i)
    {
        producers.push_back ([&, i] {
            with (i % 2 == 1, [&] (auto& queue) { pushAll<decltype (made.queue), T> (queue, load, i, *tally); });
        });
    }
    for (uint32_t i = 0; i < load.consumers; ++i)
    {
        consumers.push_back ([&, i] {
            with (i % 2 == 0, [&] (auto& queue) { popAll<decltype (made.queue), T> (queue, load, i, *tally); });
        });
    }
    const bool fine = runAll (
        producers, consumers, [&] { made->shutdown (); }, load.processes);
    std::string complaint = fine ? "" : "a process ended badly; ";
    complaint += complaintOf (*tally, uint64_t (load.producers) * load.each);
    complaint += made->pending () == 0 ? "" : "elements are left; ";
    return complaint.empty () ? "" : describe (load, Bytes) + ": " + complaint;
}

#endif
