// SPDX-License-Identifier: MIT
// Blocking calls without help from the scheduler: real-time threads of equal and different priorities on one CPU, a
// peer that runs only when the CPU is idle, and a thousand threads.
#include "scale.hpp"
#include "wake_count.hpp"

#include <cstring>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{
/// How the threads of one process are scheduled on one CPU.
struct Schedule
{
    const char* name;
    int policy;  // scheduling policy of the producers
    int consumerPolicy;
    int producer;  // priority of the producers
    int consumer;
};

/// Returns false if this machine does not allow it.
bool schedule (int policy, int priority)
{
    struct sched_param parameters = {};
    parameters.sched_priority = priority;
    return ::sched_setscheduler (0, policy, &parameters) == 0;
}

bool isAllowed (int policy)
{
    bool allowed = false;
    std::thread ([&] { allowed = schedule (policy, policy == SCHED_FIFO ? 2 : 0); }).join ();
    return allowed;
}

/// Starts threads that push 1, 2, ... count / producers each.
template <typename Queue>
std::vector<std::thread> startProducers (Queue& queue, const Schedule& how, uint64_t producers, uint64_t count,
                                         std::atomic<bool>& scheduled)
{
    std::vector<std::thread> threads;
    for (uint64_t p = 0; p < producers; ++p)
    {
        threads.emplace_back ([&queue, &scheduled, how, each = count / producers] {
            scheduled = schedule (how.policy, how.producer) && scheduled;
            for (uint64_t i = 1; i <= each; ++i)
            {
                queue.push (i);
            }
        });
    }
    return threads;
}

/// Returns the sum of the elements that `consumers` threads pop.
template <typename Queue>
uint64_t consume (Queue& queue, const Schedule& how, uint64_t consumers, uint64_t count, std::atomic<bool>& scheduled)
{
    std::atomic<uint64_t> sum {0};
    std::vector<std::thread> threads;
    for (uint64_t c = 0; c < consumers; ++c)
    {
        threads.emplace_back ([&] {
            scheduled = schedule (how.consumerPolicy, how.consumer) && scheduled;
            for (uint64_t i = 0; i < count / consumers; ++i)
            {
                uint64_t got = 0;
                queue.pop (got);
                sum += got;
            }
        });
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    return sum;
}

/// Runs producers and consumers on the caller's CPU: as threads of this process, or with the consumers in another
/// process. Returns "" or what is wrong.
template <typename Kind>
std::string pass (const Schedule& how, uint64_t capacity, uint64_t count, bool apart)
{
    Made<Kind> made (capacity);
    const Apart oneCpu;  // the threads inherit this CPU mask
    const uint64_t producers = Kind::manyProducers ? 2 : 1;
    const uint64_t consumers = Kind::manyConsumers ? 2 : 1;
    const uint64_t each = count / producers;
    const uint64_t expected = producers * each * (each + 1) / 2;
    std::atomic<bool> scheduled {true};
    const pid_t child = apart ? ::fork () : -1;
    if (child == 0)
    {
        auto queue = openQueue<Kind> (capacity, made.name.text);
        const bool right = consume (queue, how, consumers, count, scheduled) == expected;
        ::_exit (!scheduled ? 2 : right ? 0 : 1);
    }
    std::vector<std::thread> threads = startProducers (made.queue, how, producers, count, scheduled);
    const uint64_t sum = apart ? expected : consume (made.queue, how, consumers, count, scheduled);
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    int status = 0;
    if (apart && ::waitpid (child, &status, 0) != child)
    {
        return "the process of the consumers is lost";
    }
    scheduled = scheduled && !(WIFEXITED (status) && WEXITSTATUS (status) == 2);
    return !scheduled ? "no permission" : sum != expected || status != 0 ? "elements are lost" : "";
}

/// Runs in a process of its own, because only its death ends a live-lock of real-time threads.
template <typename Kind>
void passInChild (const Schedule& how, uint64_t capacity, uint64_t count)
{
    for (const bool apart : {false, true})
    {
        if (!apart || Kind::shared)
        {
            INFO (how.name << ", capacity " << capacity << (apart ? ", two processes" : ""));
            CHECK (
                crash::judge ([&] (crash::Verdict& verdict) { verdict.say (pass<Kind> (how, capacity, count, apart)); })
                == "");
        }
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("real-time threads on one CPU make progress", "[queue][priority]", AllKinds)
{
    if (!isAllowed (SCHED_FIFO))
    {
        WARN ("SKIP: SCHED_FIFO is not allowed here, so no live-lock of real-time threads would be found");
        return;
    }
    const uint64_t count = scaled (10000, 40000, 1000000);
    for (const Schedule& how : {
             Schedule {"equal priorities", SCHED_FIFO, SCHED_FIFO, 1, 1},
             Schedule {"producers first", SCHED_FIFO, SCHED_FIFO, 2, 1},
             Schedule {"consumers first", SCHED_FIFO, SCHED_FIFO, 1, 2},
             Schedule {"real-time producers only", SCHED_FIFO, SCHED_OTHER, 1, 0},
             Schedule {"real-time consumers only", SCHED_OTHER, SCHED_FIFO, 0, 1},
         })
    {
        passInChild<TestType> (how, 1, count / 4);
        passInChild<TestType> (how, 64, count);
    }
}

TEMPLATE_LIST_TEST_CASE ("idle-priority peer makes progress", "[queue][priority]", AllKinds)
{
    const uint64_t count = scaled (1000, 10000, 300000);  // the peer runs only when nothing else on the CPU does
    for (const Schedule& how : {
             Schedule {"idle producers", SCHED_IDLE, SCHED_OTHER, 0, 0},
             Schedule {"idle consumers", SCHED_OTHER, SCHED_IDLE, 0, 0},
         })
    {
        passInChild<TestType> (how, 1, count / 4);
        passInChild<TestType> (how, 64, count);
    }
}

namespace
{
/// Producers of one element each, which all wait for room, and then as many consumers of one element each.
template <typename Kind>
void serveThousand (uint64_t capacity, uint64_t each)
{
    Made<Kind> made (capacity);
    for (uint64_t i = 0; i < capacity; ++i)
    {
        REQUIRE (made->tryPush (0) == 0);
    }
    std::atomic<uint64_t> popped {0};
    std::atomic<uint64_t> sum {0};
    std::atomic<uint64_t> pushed {0};
    std::atomic<uint64_t> begun {0};
    std::vector<std::thread> threads;
    for (uint64_t i = 1; i <= each; ++i)
    {
        threads.emplace_back ([&, i] {
            ++begun;
            pushed += made->push (i) == 0;
        });
    }
    comesTrue ([&] { return begun == each; });
    CHECK (pushed == 0);
    for (uint64_t i = 0; i < each; ++i)
    {
        threads.emplace_back ([&] {
            uint64_t got = 0;
            popped += made->pop (got) == 0;
            sum += got;
        });
    }
    const bool all = comesTrue ([&] { return popped == each && pushed == each; });
    CHECK (all);
    CHECK (made->pending () == capacity);
    made->shutdown ();
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    uint64_t got = 0;
    while (made->tryPop (got) == 0)
    {
        sum += got;
    }
    CHECK (sum == each * (each + 1) / 2);
}
}  // namespace

TEMPLATE_TEST_CASE ("thousand blocked threads are all served", "[queue][thousand]", LocalMpmc, ShmMpmc)
{
    const uint64_t each = crash::sanitized () ? 100 : 500;
    for (uint64_t round = 0; round < scaled (3, 20, 300); ++round)
    {
        for (const uint64_t capacity : {1U, 64U, 512U})
        {
            INFO ("round " << round << ", capacity " << capacity);
            serveThousand<TestType> (capacity, each);
        }
    }
}
