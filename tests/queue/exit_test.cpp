// SPDX-License-Identifier: MIT
// A process forks or exits while its threads are inside calls.
#include "kinds.hpp"

#include "../asleep.hpp"

#include <chrono>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace
{
/// Does not destroy the queue, because a thread still uses it.
template <typename Kind>
int exitWhileOthersWait (const std::string& name)
{
    static auto* const queue = new typename Kind::template Queue<uint64_t> (2, name);
    static std::atomic<pid_t> consumer {0};
    std::thread ([] {
        uint64_t got = 0;
        consumer = ::gettid ();
        queue->pop (got);
    }).detach ();
    untilAsleep (consumer);
    std::exit (0);
}

/// Whether the process exited with 0; its alarm () limits the time.
bool endsWell (pid_t process)
{
    int status = 0;
    return ::waitpid (process, &status, 0) == process && WIFEXITED (status) && WEXITSTATUS (status) == 0;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("process exits while another thread waits", "[queue][exit]", SharedKinds)
{
    for (int i = 0; i < 20; ++i)
    {
        OwnName name;
        const pid_t process = ::fork ();
        if (process == 0)
        {
            ::alarm (20);  // watchdog
            exitWhileOthersWait<TestType> (name.text);
        }
        REQUIRE (endsWell (process));
        // The queue still works.
        auto queue = openQueue<TestType> (2, name.text);
        uint64_t got = 0;
        REQUIRE (queue.tryPush (1) == 0);
        REQUIRE ((queue.tryPop (got) == 0 && got == 1));
        REQUIRE (queue.producers (nullptr, 0) <= 1);
    }
}

TEMPLATE_LIST_TEST_CASE ("forked children join amid traffic", "[queue][exit]", SharedClaimKinds)
{
    constexpr unsigned producers = 3;
    constexpr uint64_t children = 100;
    constexpr uint64_t each = 20;
    Made<TestType> made (64);
    std::atomic<bool> over {false};
    std::atomic<uint64_t> pushed {0};
    std::atomic<uint64_t> popped {0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < producers; ++i)
    {
        threads.emplace_back ([&] {
            while (!over)
            {
                pushed += made->push (1, 100ms) == 0;
            }
        });
    }
    std::thread consumer ([&] {
        uint64_t got = 0;
        while (made->pop (got, 100ms) == 0 || !over || !made->empty ())
        {
            popped += got;
            got = 0;
        }
    });
    uint64_t well = 0;
    for (uint64_t i = 0; i < children; ++i)
    {
        const pid_t child = ::fork ();
        if (child == 0)
        {
            ::alarm (20);  // watchdog
            int failed = 0;
            for (uint64_t j = 0; j < each; ++j)
            {
                failed += made->push (1) != 0;
            }
            ::_exit (failed);
        }
        well += endsWell (child);
    }
    over = true;
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    consumer.join ();
    CHECK (well == children);
    CHECK (popped == pushed + children * each);
    CHECK (made->stats ().pushed == popped);
    CHECK (made->stats ().skipped == 0);
}
