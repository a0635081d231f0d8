// SPDX-License-Identifier: MIT
// A process opens its queues and then gives up the right to open files; it still pushes and pops from any thread.
#include "drop.hpp"
#include "raw.hpp"
#include "victim.hpp"

#include <thread>

using namespace std::chrono_literals;

namespace
{
constexpr int skipped = 77;
constexpr uint64_t threadCount = 8;

/// The number of the first check that fails, or 0.
int firstWrong (std::initializer_list<bool> checks)
{
    int number = 1;
    for (const bool holds : checks)
    {
        if (!holds)
        {
            return number;
        }
        ++number;
    }
    return 0;
}

/// Runs in a child, because dropped rights never come back. `prepare ()` runs before the drop; `body` receives its
/// result.
template <typename Prepare, typename Body>
void afterDrop (Drop drop, const std::string& path, Prepare prepare, Body body)
{
    CAPTURE (nameOf (drop));
    const int status = crash::inChild ([&] {
        const auto prepared = prepare ();
        if (!dropRights (drop))
        {
            return skipped;
        }
        return mayOpen (path.c_str ()) ? 99 : body (*prepared);
    });
    if (WIFEXITED (status) && WEXITSTATUS (status) == skipped)
    {
        WARN (nameOf (drop) << " is not possible here: not tested");
        return;
    }
    CHECK (status == 0);
}

template <typename Body>
void afterDrop (Drop drop, const std::string& path, Body body)
{
    afterDrop (
        drop, path, [] { return std::make_unique<int> (0); }, [&] (int&) { return body (); });
}

template <typename Call>
bool inThread (Call call)
{
    bool result = false;
    std::thread ([&] { result = call (); }).join ();
    return result;
}

// Pushes from threads that run one after the other, and from threads that run at the same time; of a Spsc only one
// thread pushes at a time.
template <typename Kind, typename Queue>
bool pushByThreads (Queue& queue)
{
    bool fine = true;
    for (uint64_t i = 0; i < threadCount; ++i)
    {
        fine = inThread ([&] { return queue.tryPush (i) == 0; }) && fine;
    }
    std::atomic<uint64_t> pushed {0};
    std::atomic<uint64_t> done {0};
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < (Kind::manyProducers ? threadCount : 0); ++i)
    {
        threads.emplace_back ([&, i] {
            pushed += queue.tryPush (i) == 0 ? 1 : 0;
            ++done;
            while (done < threadCount)
            {
                std::this_thread::yield ();
            }
        });
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    return fine && pushed == threads.size ();
}

template <typename Queue>
bool popByThreads (Queue& queue)
{
    bool fine = true;
    uint64_t got = 0;
    for (uint64_t i = 0; i < threadCount; ++i)
    {
        fine = inThread ([&] { return queue.tryPop (got) == 0; }) && fine;
    }
    while (queue.tryPop (got) == 0)
    {
    }
    return fine && queue.empty ();
}

template <typename Kind>
int useQueue (typename Kind::template Queue<uint64_t>& queue, bool listed)
{
    uint64_t got = 0;
    return firstWrong ({queue.tryPush (1) == 0, pushByThreads<Kind> (queue), queue.tryPop (got) == 0,
                        popByThreads (queue), queue.producers (nullptr, 0) >= (listed ? 1 : 0)});
}

join::QueueOptions optionsOf (bool exclusive)
{
    join::QueueOptions options;
    options.exclusive = exclusive;
    return options;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("unprivileged process pushes and pops from any thread", "[queue][privileges]", AllKinds)
{
    using Queue = typename TestType::template Queue<uint64_t>;
    for (const Drop drop : allDrops)
    {
        for (const bool exclusive : {false, true})
        {
            if (exclusive && !(TestType::shared && TestType::spsc))
            {
                continue;
            }
            const OwnName name;
            CAPTURE (exclusive);
            const bool listed = TestType::shared && (TestType::manyProducers || exclusive);
            // The queue is inherited from a parent that has not pushed or has pushed, or the process opens it itself.
            Made<TestType> made (64, join::MemOptions (), optionsOf (exclusive));
            const auto use = [&] (auto& queue) { return useQueue<TestType> (queue, listed); };
            afterDrop (drop, made.name.path (), [&] { return use (made.queue); });
            const auto open = [&] {
                return std::unique_ptr<Queue> (
                    new Queue (openQueue<TestType> (64, made.name.text, join::MemOptions (), optionsOf (exclusive))));
            };
            afterDrop (drop, made.name.path (), open, use);
            uint64_t got = 0;
            if (!exclusive && TestType::shared && made->tryPush (1) == 0 && made->tryPop (got) == 0)
            {
                afterDrop (drop, made.name.path (), [&] { return use (made.queue); });
            }
        }
    }
}

TEMPLATE_LIST_TEST_CASE ("unprivileged process recovers from dead producers", "[queue][privileges]", SharedClaimKinds)
{
    for (const Drop drop : allDrops)
    {
        Made<TestType> made (64);
        REQUIRE (dieIn (made.queue));
        REQUIRE (made->tryPush (6) == 0);
        afterDrop (drop, made.name.path (), [&] {
            uint64_t got = 0;
            return firstWrong ({made->pop (got, hangLimit) == 0, got == 6, made->stats ().skipped == 1});
        });
    }
}

TEMPLATE_LIST_TEST_CASE ("threads keep slots when no more can be locked", "[queue][privileges]", SharedClaimKinds)
{
    Made<TestType> made (64);
    afterDrop (Drop::Seccomp, made.name.path (), [&] {
        const bool first = inThread ([&] { return made->tryPush (1) == 0; });
        // The slot locked by the spare file description belongs to the process and outlives the thread that took it.
        return firstWrong ({first, made->producers (nullptr, 0) == 1, made->tryPush (2) == 0,
                            inThread ([&] { return made->tryPush (3) == 0; }), made->producers (nullptr, 0) == 1,
                            made->pending () == 3});
    });
}

TEMPLATE_LIST_TEST_CASE ("failed first push names the steps that failed", "[queue][privileges]", SharedClaimKinds)
{
    Made<TestType> made (64);
    afterDrop (Drop::Seccomp, made.name.path (), [&] {
        // A child of this process inherits no file description of its own and may open none.
        const int status = crash::inChild ([&] {
            const int error = errorOf ([&] { return made->tryPush (1); });
            const std::string text = join::lastError.message ();
            return firstWrong ({error == EPERM, text.find ("/proc/self/fd is refused") != std::string::npos,
                                text.find (made.name.text.substr (0, 60)) != std::string::npos,
                                text.find ("its name") != std::string::npos, made->empty ()});
        });
        return WIFEXITED (status) ? WEXITSTATUS (status) : 98;
    });
}

TEST_CASE ("exclusive Spsc takes roles without opening a file", "[queue][privileges]")
{
    OwnName name;
    ShmSpsc::Queue<uint64_t> queue (8, name.text, join::MemOptions (), optionsOf (true));
    afterDrop (Drop::Seccomp, name.path (), [&] {
        uint64_t got = 0;
        const int status = crash::inChild ([&] {
            const bool pushed = queue.tryPush (1) == 0 && queue.tryPop (got) == 0;
            return pushed ? 97 : 0;  // the child inherits no file description of its own
        });
        return firstWrong (
            {status == 0, queue.tryPush (1) == 0, queue.tryPop (got) == 0, queue.producers (nullptr, 0) == 2});
    });
}

TEMPLATE_LIST_TEST_CASE ("surviving child does not hold its parent's slot", "[queue][privileges]", SharedClaimKinds)
{
    Made<TestType> made (64);
    auto& child = *static_cast<std::atomic<pid_t>*> (crash::sharedPages (sizeof (std::atomic<pid_t>)));
    const int parent = crash::inChild ([&] {
        dropRights (Drop::Seccomp);
        const pid_t pid = ::fork ();  // before this process locks its slot by the spare file description
        if (pid == 0)
        {
            ::alarm (60);
            ::pause ();
        }
        child = pid;
        ::raise (made->tryPush (1) == 0 ? SIGKILL : SIGABRT);
        return 0;
    });
    CHECK ((WIFSIGNALED (parent) && WTERMSIG (parent) == SIGKILL));
    join::Producer listed;
    CHECK (comesTrue ([&] { return made->producers (&listed, 1) == 1 && !listed.alive; }));
    ::kill (child, SIGKILL);
    ::munmap (&child, sizeof (child));
}
