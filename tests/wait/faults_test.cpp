// SPDX-License-Identifier: MIT
// Faults of the kernel, of filters and of memory that come while a set sleeps, or between two of its steps. The test sees
// each system call that the library makes by syscall(2), and the memory that it unmaps.
#include "helpers.hpp"
#include "many.hpp"

#include "../crash/world.hpp"
#include "../queue/forbid.hpp"

#include <cstdarg>
#include <dlfcn.h>
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

/// Called before each system call of the library. @return 0, or the errno with which the call fails
using BeforeCall = std::function<int (long number, const long* arguments)>;
BeforeCall beforeCall;
std::atomic<bool> hooked {false};

/// Memory of a queue that has ended.
struct Left
{
    const char* begin = nullptr;
    std::size_t bytes = 0;
};

thread_local Left unmapped;  // by this thread last

/// Sets beforeCall for the time of a scope, in which no thread begins or ends.
class Hook
{
public:
    explicit Hook (BeforeCall call)
    {
        beforeCall = std::move (call);
        hooked = true;
    }

    Hook (const Hook&) = delete;
    Hook& operator= (const Hook&) = delete;

    ~Hook ()
    {
        hooked = false;
    }
};

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
extern "C" __attribute__ ((visibility ("default"))) long syscall (long number, ...) noexcept
{
    using Function = long (*) (long, ...);
    static const auto next = reinterpret_cast<Function> (::dlsym (RTLD_NEXT, "syscall"));
    va_list list;
    va_start (list, number);
    long a[6];
    for (long& argument : a)
    {
        argument = va_arg (list, long);
    }
    va_end (list);
    const int error = hooked.load () ? beforeCall (number, a) : 0;
    if (error != 0)
    {
        errno = error;
        return -1;
    }
    return next (number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

extern "C" __attribute__ ((visibility ("default"))) int munmap (void* address, std::size_t bytes) noexcept
{
    using Function = int (*) (void*, std::size_t);
    static const auto next = reinterpret_cast<Function> (::dlsym (RTLD_NEXT, "munmap"));
    unmapped = Left {static_cast<const char*> (address), bytes};
    return next (address, bytes);
}

TEST_CASE ("a queue that ends leaves no sleeper on its memory", "[faults]")
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

TEST_CASE ("a queue that ends as a set begins to sleep leaves no sleeper on its memory", "[faults]")
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

TEST_CASE ("a set that ends leaves no sleeper on its memory", "[faults]")
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
