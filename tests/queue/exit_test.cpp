// SPDX-License-Identifier: MIT
// A process forks, or exits, while its threads are inside of calls.
#include "kinds.hpp"

#include "../asleep.hpp"

#include <chrono>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace
{
/// The queue is not destroyed: what is in use must not be.
template <typename Kind>
int exitWhileOthersWait (const std::string& name)
{
    static auto* const queue = new typename Kind::template Queue<uint64_t> (2, name);
    static std::atomic<pid_t> popper {0};
    std::thread ([] {
        uint64_t got = 0;
        popper = ::gettid ();
        queue->pop (got);
    }).detach ();
    untilAsleep (popper);
    std::exit (0);
}

/// Whether it ended, with 0, within its time.
bool endsWell (pid_t process)
{
    int status = 0;
    return ::waitpid (process, &status, 0) == process && WIFEXITED (status) && WEXITSTATUS (status) == 0;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("a process exits while another of its threads waits", "[queue][exit]", SharedKinds)
{
    for (int i = 0; i < 20; ++i)
    {
        OwnName name;
        const pid_t process = ::fork ();
        if (process == 0)
        {
            ::alarm (20);
            exitWhileOthersWait<TestType> (name.text);
        }
        REQUIRE (endsWell (process));
        // The queue is as it was.
        auto queue = openQueue<TestType> (2, name.text);
        uint64_t got = 0;
        REQUIRE (queue.tryPush (1) == 0);
        REQUIRE ((queue.tryPop (got) == 0 && got == 1));
        REQUIRE (queue.participants (nullptr, 0) <= 1);
    }
}

TEMPLATE_LIST_TEST_CASE ("a process forks in the middle of traffic, and the children take part", "[queue][exit]",
                         SharedClaimKinds)
{
    constexpr unsigned pushers = 3;
    constexpr uint64_t children = 100;
    constexpr uint64_t each = 20;
    Made<TestType> made (64);
    std::atomic<bool> over {false};
    std::atomic<uint64_t> pushed {0};
    std::atomic<uint64_t> popped {0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < pushers; ++i)
    {
        threads.emplace_back ([&] {
            while (!over)
            {
                pushed += made->push (1, 100ms) == 0;
            }
        });
    }
    std::thread popper ([&] {
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
            ::alarm (20);
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
    popper.join ();
    CHECK (well == children);
    CHECK (popped == pushed + children * each);
    CHECK (made->stats ().pushed == popped);
    CHECK (made->stats ().holes == 0);
}
