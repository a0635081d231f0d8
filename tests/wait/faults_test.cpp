// SPDX-License-Identifier: MIT
// Faults of the kernel, filters and limits that come while a set is in use, and moments between two of its system calls.
#include "helpers.hpp"
#include "hook.hpp"
#include "many.hpp"

#include "../crash/world.hpp"
#include "../queue/forbid.hpp"

#include <fcntl.h>
#include <pthread.h>

using namespace std::chrono_literals;
using join::WaitEvent;
using join::WaitSet;

namespace
{
/// The mapping of the only ring of this process, from an offset of its descriptor. Null: there is none.
char* ringMapping (uint64_t offset)
{
    std::ifstream file ("/proc/self/maps");
    for (std::string line; std::getline (file, line);)
    {
        unsigned long long begin = 0;
        unsigned long long from = 0;
        const bool read = std::sscanf (line.c_str (), "%llx-%*x %*s %llx", &begin, &from) == 2;
        if (read && from == offset && line.find ("anon_inode:[io_uring]") != std::string::npos)
        {
            return reinterpret_cast<char*> (begin);
        }
    }
    return nullptr;
}

/// Waits without a timeout until nothing is found. @return whether the descriptor then comes to rest
bool comesToRest (WaitSet& set, int fd)
{
    WaitEvent event;
    pollfd file = {fd, POLLIN, 0};
    for (int turns = 0; turns < 3; ++turns)
    {
        if (errorOf ([&] { return set.wait (&event, 1, 0s); }) == ETIMEDOUT && ::poll (&file, 1, 0) == 0)
        {
            return true;
        }
    }
    return false;
}
}  // namespace

namespace
{
std::atomic<bool> noThreads {false};  // no thread can be started
}

// Replaces libc's function, for the library as well.
extern "C" __attribute__ ((visibility ("default"))) int pthread_create (pthread_t* thread,
                                                                        const pthread_attr_t* attributes,
                                                                        void* (*work) (void*), void* with) noexcept
{
    using Function = int (*) (pthread_t*, const pthread_attr_t*, void* (*) (void*), void*);
    static const auto next = reinterpret_cast<Function> (::dlsym (RTLD_NEXT, "pthread_create"));
    return noThreads.load () ? EAGAIN : next (thread, attributes, work, with);
}

TEST_CASE ("a descriptor becomes readable where a helper gets neither a ring nor other helpers", "[faults]")
{
    Many many (300);
    const Hook hook ([] (long number, const long*) { return number == SYS_io_uring_setup ? EMFILE : 0; });
    const int fd = many.set.fd ();
    REQUIRE (fd > 2);
    WaitEvent event;
    noThreads = true;
    const int first = errorOf ([&] { return many.set.wait (&event, 1, 0s); });
    CHECK ((first == ETIMEDOUT || first == EAGAIN));
    CHECK (isReadable (fd));
    CHECK (errorOf ([&] { return many.set.wait (&event, 1, 0s); }) == EAGAIN);
    noThreads = false;
    REQUIRE (comesToRest (many.set, fd));
    REQUIRE (many.queues[250].tryPush (1) == 0);
    CHECK (isReadable (fd));
    CHECK (many.passes (250, many.set.wait (&event, 1, 0s), event));
}

TEST_CASE ("a descriptor comes to rest after the set has lost its ring", "[faults]")
{
    const bool filtered = GENERATE (false, true);
    Many many (20);
    const int fd = many.set.fd ();
    WaitEvent event;
    for (int i = 0; i < 16 && !filtered; ++i)
    {
        std::thread ([&] { many.set.wait (&event, 1, 1us); }).join ();
    }
    REQUIRE (comesToRest (many.set, fd));
    uint64_t got = 0;
    REQUIRE ((many.queues[3].tryPush (1) == 0 && many.queues[3].tryPop (got) == 0));
    REQUIRE (isReadable (fd));
    std::thread ([&] {
        if (filtered)
        {
            forbid (SYS_io_uring_setup, EPERM);
        }
        CHECK (comesToRest (many.set, fd));
    }).join ();
    REQUIRE (many.queues[3].tryPush (1) == 0);
    CHECK (isReadable (fd));
    CHECK (many.passes (3, many.set.wait (&event, 1, 0s), event));
}

TEST_CASE ("a set that gets a descriptor late keeps its ring when another thread waits", "[faults]")
{
    Many many (200);
    WaitEvent event;
    REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    const int fd = many.set.fd ();
    std::thread ([&] { CHECK (comesToRest (many.set, fd)); }).join ();
    CHECK (helpers () == helpersFor (200, true));
    REQUIRE (many.queues[150].tryPush (1) == 0);
    CHECK (isReadable (fd));
    CHECK (many.passes (150, many.set.wait (&event, 1, 0s), event));
}

TEST_CASE ("waits fail, and do no harm, while no helper can be started in place of the ring", "[faults]")
{
    const uint64_t count = GENERATE (uint64_t (300), uint64_t (1000));
    Many many (count);
    WaitEvent event;
    std::thread ([&] {
        forbid (SYS_io_uring_register, EPERM);
        forbid (SYS_clone, EAGAIN);
        forbid (SYS_clone3, EAGAIN);
        CHECK (errorOf ([&] { return many.set.wait (&event, 1, 1ms); }) == EAGAIN);
        CHECK (errorOf ([&] { return many.set.wait (&event, 1, 1ms); }) == EAGAIN);
    }).join ();
    SetWaiter waiter (many.set);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (many.queues[count - 1].tryPush (1) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {count - 1});
}

TEST_CASE ("events come while the kernel has no memory for further requests", "[faults]")
{
    Many many (20);
    WaitEvent event;
    REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    const Hook hook ([] (long number, const long* arguments) {
        return number == SYS_io_uring_enter && arguments[1] != 0 ? EAGAIN : 0;
    });
    uint64_t got = 0;
    REQUIRE ((many.queues[3].tryPush (1) == 0 && many.queues[3].tryPop (got) == 0));
    REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 5ms); }) == ETIMEDOUT);
    for (const uint64_t which : {uint64_t (5), uint64_t (3)})
    {
        SetWaiter waiter (many.set);
        waiter.go ();
        waiter.untilSleeping ();
        REQUIRE (many.queues[which].tryPush (1) == 0);
        CHECK (waiter.events () == std::vector<uint64_t> {which});
        REQUIRE (many.queues[which].tryPop (got) == 0);
    }
}

TEST_CASE ("a wait whose requests all fail checks its queues every millisecond", "[faults]")
{
    Many many (20);
    WaitEvent event;
    std::atomic<uint64_t> calls {0};
    const Hook hook ([&] (long number, const long* arguments) {
        auto* const requests = reinterpret_cast<io_uring_sqe*> (
            number == SYS_io_uring_enter && arguments[1] != 0 ? ringMapping (IORING_OFF_SQES) : nullptr);
        for (int i = 0; requests != nullptr && i < 256; ++i)
        {
            requests[i].opcode = 0xff;  // no kernel knows it
        }
        calls += number == SYS_io_uring_enter ? 1 : 0;
        return 0;
    });
    const auto start = std::chrono::steady_clock::now ();
    REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 100ms); }) == ETIMEDOUT);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now () - start;
    CHECK (static_cast<double> (calls) <= 8 * took.count () + 8);
    SetWaiter waiter (many.set);
    waiter.go ();
    waiter.untilSleeping ();
    REQUIRE (many.queues[5].tryPush (1) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {5});
}

TEST_CASE ("a child that is forked while a set closes its ring closes no descriptor of the program", "[faults]")
{
    Many many (20);
    WaitEvent event;
    REQUIRE (errorOf ([&] { return many.set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    int status = 0;
    std::atomic<int> forks {0};
    const Hook hook ([&] (long number, const long* arguments) {
        if (number != SYS_close || ++forks != 1)
        {
            return 0;
        }
        const int file = static_cast<int> (arguments[0]);
        const int other = ::open ("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2 (other, file);  // as if the set had closed the ring, and the program had opened this file
        ::close (other);
        status = crash::inChild ([&] {
            {
                const WaitSet end (std::move (many.set));
            }
            return ::fcntl (file, F_GETFD) != -1 ? 0 : 1;
        });
        return 0;
    });
    std::thread ([&] { many.set.wait (&event, 1, 1ms); }).join ();
    CHECK (status == 0);
    CHECK (forks == (kernelHasRings () ? 1 : 0));
}

TEST_CASE ("a cancelled thread without standard input leaves a set whole", "[faults]")
{
    const int status = crash::inChild ([] {
        ::close (STDIN_FILENO);
        Many many (0);
        std::atomic<bool> cancelled {false};
        std::function<void ()> work = [&] {
            while (!cancelled)
            {
            }
            many.grow (20);
            many.set.fd ();
        };
        const auto run = [] (void* with) -> void* {
            (*static_cast<std::function<void ()>*> (with)) ();
            ::pthread_testcancel ();
            return nullptr;
        };
        pthread_t thread;
        void* result = nullptr;
        REQUIRE (::pthread_create (&thread, nullptr, run, &work) == 0);
        REQUIRE (::pthread_cancel (thread) == 0);
        cancelled = true;
        REQUIRE (::pthread_join (thread, &result) == 0);
        return result == PTHREAD_CANCELED && many.set.size () == 20 && many.set.fd () > 2 ? 0 : 1;
    });
    CHECK (status == 0);
}
