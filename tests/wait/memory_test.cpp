// SPDX-License-Identifier: MIT
// The memory of queues and sets that have ended: a set reads it no more, and no thread and no request of a set sleeps on it,
// which would take a wake-up that is meant for another purpose of that memory.
#include "helpers.hpp"
#include "hook.hpp"
#include "many.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

using namespace std::chrono_literals;
using join::Ready;
using join::WaitEvent;
using join::WaitSet;

namespace
{
constexpr long futexWaitv = 449;  // SYS_futex_waitv, which older headers lack

/// Memory of a queue that has ended.
struct Left
{
    const char* begin = nullptr;
    std::size_t bytes = 0;
};

thread_local Left unmapped;  // by this thread last

/// Called when a thread begins to end a set, and again when it begins to end the helpers, if not null.
std::function<void ()> beforeJoin;

/// The number of threads and requests that sleep on private words of that memory, which may be unmapped. Wakes them.
int sleepersOn (const Left& memory)
{
    int sleepers = 0;
    for (std::size_t i = 0; i < memory.bytes; i += sizeof (uint32_t))
    {
        sleepers += static_cast<int> (::syscall (SYS_futex, memory.begin + i, FUTEX_WAKE_PRIVATE, 1000));
    }
    return sleepers;
}

/// Ends a queue. @return its memory
Left end (std::unique_ptr<Many::Queue>& queue)
{
    queue.reset ();
    return unmapped;
}

/// Ends a queue, and maps its memory again, for another purpose. @return the memory, which is zero
Left endAndReuse (std::unique_ptr<Many::Queue>& queue)
{
    const Left left = end (queue);
    void* const again = ::mmap (const_cast<char*> (left.begin), left.bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return again == left.begin ? left : Left ();
}
}  // namespace

// These replace libc's functions, for the library as well.
extern "C" __attribute__ ((visibility ("default"))) int munmap (void* address, std::size_t bytes) noexcept
{
    using Function = int (*) (void*, std::size_t);
    static const auto next = reinterpret_cast<Function> (::dlsym (RTLD_NEXT, "munmap"));
    unmapped = Left {static_cast<const char*> (address), bytes};
    return next (address, bytes);
}

extern "C" __attribute__ ((visibility ("default"))) int pthread_setcancelstate (int state, int* before)
{
    using Function = int (*) (int, int*);
    static const auto next = reinterpret_cast<Function> (::dlsym (RTLD_NEXT, "pthread_setcancelstate"));
    if (beforeJoin != nullptr && state == PTHREAD_CANCEL_DISABLE)
    {
        beforeJoin ();
    }
    return next (state, before);
}

TEST_CASE ("a queue that ends leaves no sleeper on its memory", "[memory]")
{
    const uint64_t others = GENERATE (uint64_t (3), uint64_t (20), uint64_t (300));
    Many many (others);
    auto queue = std::make_unique<Many::Queue> (4);
    REQUIRE (many.set.add (*queue, Ready::Element, 1000) == 0);
    SetWaiter waiter (many.set);
    waiter.go ();
    waiter.untilSleeping ();
    for (const std::string& thread : helperThreads ())
    {
        untilAsleep (std::atomic<pid_t> (std::stoi (thread)));
    }
    CHECK (sleepersOn (end (queue)) == 0);
    REQUIRE (many.queues[1].tryPush (1) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {1});
}

TEST_CASE ("a queue that ends as a set begins to sleep leaves no sleeper on its memory", "[memory]")
{
    const uint64_t others = GENERATE (uint64_t (3), uint64_t (20), uint64_t (300));
    Many many (others);
    auto queue = std::make_unique<Many::Queue> (4);
    REQUIRE (many.set.add (*queue, Ready::Element, 1000) == 0);
    Left memory;
    std::atomic<uint64_t> sleeps {0};  // on the queue's word, among others
    const Hook hook ([&] (long number, const long* arguments) {
        const uint64_t words = static_cast<uint64_t> (arguments[1]) - 1;  // beside the sleeper's own
        const bool onWords = number == futexWaitv && (words == others % 127 || words == (others + 1) % 127);
        const bool onRing = number == SYS_io_uring_enter && arguments[2] != 0;  // the least number of results
        if ((onWords || onRing) && sleeps == 0)
        {
            memory = endAndReuse (queue);
        }
        sleeps += onWords || onRing ? 1 : 0;
        return 0;
    });
    SetWaiter waiter (many.set);
    waiter.go ();
    REQUIRE (comesTrue ([&] { return sleeps >= 2; }));
    waiter.untilSleeping ();
    REQUIRE (memory.bytes != 0);
    CHECK (sleepersOn (memory) == 0);
    REQUIRE (many.queues[1].tryPush (1) == 0);
    CHECK (waiter.events () == std::vector<uint64_t> {1});
}

TEST_CASE ("a set that ends leaves no sleeper on its memory", "[memory]")
{
    static_assert (sizeof (WaitSet) == sizeof (void*), "a set is a pointer to its state");
    auto many = std::make_unique<Many> (20);
    WaitEvent event;
    REQUIRE (errorOf ([&] { return many->set.wait (&event, 1, 1ms); }) == ETIMEDOUT);
    Left state;
    std::memcpy (&state.begin, &many->set, sizeof (state.begin));
    state.bytes = 512;  // at least
    int ends[2];
    REQUIRE (::pipe2 (ends, O_CLOEXEC) == 0);
    const pid_t child = ::fork ();  // has a copy of each descriptor, so that the kernel closes nothing
    if (child == 0)
    {
        char byte = 0;
        ::close (ends[1]);
        ::_exit (::read (ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    {
        const WaitSet end (std::move (many->set));
    }
    CHECK (sleepersOn (state) == 0);
    auto queue = std::make_unique<Many::Queue> (std::move (many->queues.back ()));
    CHECK (sleepersOn (end (queue)) == 0);
    ::close (ends[0]);
    ::close (ends[1]);
    int status = 0;
    CHECK ((::waitpid (child, &status, 0) == child && status == 0));
}

TEST_CASE ("queues that end while a set ends are not read any more", "[memory]")
{
    auto many = std::make_unique<Many> (300);
    REQUIRE (many->set.fd () > 2);
    WaitEvent event;
    REQUIRE (errorOf ([&] { return many->set.wait (&event, 1, 0s); }) == ETIMEDOUT);
    for (const std::string& thread : helperThreads ())
    {
        untilAsleep (std::atomic<pid_t> (std::stoi (thread)));
    }
    const bool hasRings = kernelHasRings ();
    const pid_t ending = ::gettid ();
    std::atomic<bool> served {false};
    std::atomic<bool> ended {false};
    const Hook hook ([&] (long number, const long*) {
        if (number == SYS_io_uring_enter && ::gettid () != ending)
        {
            served = true;  // the helper holds the set's mutex
            comesTrue ([&] { return ended.load (); });
        }
        return 0;
    });
    int times = 0;
    beforeJoin = [&] {
        if (++times == 2)  // the first one is at the begin of the destructor
        {
            comesTrue ([&] { return served.load () || !hasRings; });
            many->queues.clear ();
            ended = true;
        }
    };
    {
        const WaitSet end (std::move (many->set));
    }
    CHECK (ended);
    beforeJoin = nullptr;
}
