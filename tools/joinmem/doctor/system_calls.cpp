// SPDX-License-Identifier: MIT
// System calls that sandboxes and old kernels refuse. Each is tried as the library makes it.
#include "facts.hpp"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <ctime>

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/membarrier.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tool::doctor
{
namespace
{
constexpr Subject futexSubject {"futex", "sleeping in the kernel", callSection};
constexpr Subject severalSubject {"futex-waitv", "sleeping on several queues at once", callSection};
constexpr Subject ringSubject {"io-uring", "sleeping on many queues at once", callSection};
constexpr Subject eventSubject {"eventfd", "the descriptor of a wait set", callSection};
constexpr Subject barrierSubject {"membarrier", "barriers on behalf of other threads", callSection};
constexpr Subject forkSubject {"fork-advice", "keeping pages from forked children (MADV_WIPEONFORK)", callSection};

// Waits for a value that the word does not have: the call never sleeps, and EAGAIN means that it is allowed.
Result futexWait (uint32_t* word, int flag) noexcept
{
    const struct timespec past = {0, 0};
    const uint32_t other = *word + 1;
    const int operation = FUTEX_WAIT_BITSET | flag;
    const long done = ::syscall (SYS_futex, word, operation, other, &past, nullptr, FUTEX_BITSET_MATCH_ANY);
    return done == 0 || errno == EAGAIN || errno == ETIMEDOUT ? 0 : errno;
}

Result futexWake (uint32_t* word, int flag) noexcept
{
    return resultOf (::syscall (SYS_futex, word, FUTEX_WAKE | flag, INT_MAX, nullptr, nullptr, 0) != -1);
}

void tryFutex (Results& results) noexcept
{
    alignas (4) uint32_t word = 1;
    results[0] = futexWait (&word, 0);
    results[1] = futexWake (&word, 0);
    results[2] = futexWait (&word, FUTEX_PRIVATE_FLAG);
    results[3] = futexWake (&word, FUTEX_PRIVATE_FLAG);
}

// Linux 5.16. As above: the word has another value.
void trySeveral (Results& results) noexcept
{
    constexpr long waitvCall = 449;
    constexpr uint32_t sharedWord = 2;  // FUTEX2_SIZE_U32
    constexpr uint32_t privateWord = sharedWord | 128;

    struct Wait
    {
        uint64_t value;
        uint64_t address;
        uint32_t flags;
        uint32_t reserved;
    };

    alignas (4) const uint32_t word = 1;
    const uint64_t address = reinterpret_cast<uintptr_t> (&word);
    const Wait waits[] = {{2, address, sharedWord, 0}, {2, address, privateWord, 0}};
    const long done = ::syscall (waitvCall, waits, 2, 0, nullptr, CLOCK_MONOTONIC);
    results[0] = resultOf (done != -1 || errno == EAGAIN);
}

// Linux 6.7. Opens the ring that a wait set has, enters it, and asks for the request that a set makes.
void tryRing (Results& results) noexcept
{
    constexpr unsigned futexWait = 51;           // IORING_OP_FUTEX_WAIT
    constexpr uint32_t withoutArray = 1U << 16;  // IORING_SETUP_NO_SQARRAY, Linux 6.6
    alignas (io_uring_probe) char known[sizeof (io_uring_probe) + 64 * sizeof (io_uring_probe_op)] = {};
    struct io_uring_params parameters = {};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | withoutArray;
    const int ring = static_cast<int> (::syscall (SYS_io_uring_setup, 1, &parameters));
    results[0] = resultOf (ring != -1);
    if (ring == -1)
    {
        return;
    }
    const bool works = ::syscall (SYS_io_uring_register, ring, IORING_REGISTER_PROBE, known, 64) == 0
                       && ::syscall (SYS_io_uring_enter, ring, 0, 0, IORING_ENTER_GETEVENTS, nullptr, 0) == 0;
    results[0] = resultOf (works);
    if (works && (reinterpret_cast<io_uring_probe*> (known)->ops[futexWait].flags & IO_URING_OP_SUPPORTED) == 0)
    {
        results[0] = ENOSYS;
    }
    ::close (ring);
}

// A program that has no descriptor left gets neither.
void tryEvent (Results& results) noexcept
{
    const int event = ::eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    results[EventDescriptor] = resultOf (event != -1);
    if (event != -1)
    {
        ::close (event);
    }
    int ends[2];
    const bool piped = ::pipe2 (ends, O_CLOEXEC | O_NONBLOCK) == 0;
    results[EventPipe] = resultOf (piped);
    if (piped)
    {
        ::close (ends[0]);
        ::close (ends[1]);
    }
}

void tryBarrier (Results& results) noexcept
{
    const int commands[] = {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED,
                            MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, MEMBARRIER_CMD_GLOBAL_EXPEDITED};
    std::size_t i = 0;
    for (const int command : commands)
    {
        results[i++] = resultOf (::syscall (SYS_membarrier, command, 0U, 0) != -1);
    }
}

void tryForkAdvice (Results& results) noexcept
{
    const std::size_t bytes = static_cast<std::size_t> (::sysconf (_SC_PAGESIZE));
    void* page = ::mmap (nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    results[0] = resultOf (page != MAP_FAILED && ::madvise (page, bytes, MADV_WIPEONFORK) == 0);
    results[1] = resultOf (page != MAP_FAILED && ::madvise (page, bytes, MADV_DONTFORK) == 0);
    ::munmap (page, bytes);
}

Result firstRefused (const Results& results, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i)
    {
        if (results[i] != 0)
        {
            return results[i];
        }
    }
    return 0;
}

Check judgeFutex (const CallFacts& calls)
{
    const Result result = firstRefused (calls.futex, 4);
    if (!calls.tried)
    {
        return futexSubject.unknown (notLive, "");
    }
    if (result == 0)
    {
        return futexSubject.fine (
            "allowed, between processes and within one",
            "A thread that waits sleeps until another one wakes it, and polls 20 times a second.");
    }
    return futexSubject.missing (
        wordsFor (result),
        wasKilled (result)
            ? "A call that waits on a queue kills the process."
            : "No thread can wake another: a thread that waits polls every millisecond, and threads of the C "
              "library cannot wait for one another.",
        "allow futex in the seccomp profile");
}

Check judgeSeveral (const CallFacts& calls)
{
    const Result result = calls.several[0];
    const char* const fix = "use Linux 5.16 or later, and allow futex_waitv in the seccomp profile";
    if (!calls.tried)
    {
        return severalSubject.unknown (notLive, "");
    }
    if (result == 0)
    {
        return severalSubject.fine (
            "allowed, shared and private words together",
            "A wait set sleeps on all of its queues, and the first one that becomes ready wakes "
            "it.");
    }
    if (wasKilled (result))
    {
        return severalSubject.missing (wordsFor (result),
                                       "A wait set that sleeps kills the process, and so does a second thread that "
                                       "waits on the same shared queue object.",
                                       fix);
    }
    return severalSubject.worse (wordsFor (result),
                                 "A wait set that sleeps looks at its queues every millisecond instead of being woken, "
                                 "and each thread that waits "
                                 "on a shared queue wakes 20 times a second, not one for all. No event is lost.",
                                 fix);
}

Check judgeRing (const CallFacts& calls)
{
    const Result result = calls.ring[0];
    const char* const fix = "use Linux 6.7 or later, allow io_uring_setup, io_uring_enter and io_uring_register in the "
                            "seccomp profile, and set kernel.io_uring_disabled to 0";
    if (!calls.tried)
    {
        return ringSubject.unknown (notLive, "");
    }
    if (result == 0)
    {
        return ringSubject.fine ("allowed, with requests for futex words",
                                 "A wait set of any size wakes as fast as a small one, and has at most one helper "
                                 "thread.");
    }
    if (wasKilled (result))
    {
        return ringSubject.missing (
            wordsFor (result), "A wait set of more than 8 queues, and one with a descriptor, kills the process.", fix);
    }
    return ringSubject.worse (
        wordsFor (result),
        "A wait set of more than 127 queues, and one with a descriptor, needs a helper thread for "
        "each 127 queues, and wakes more slowly. No event is lost.",
        fix);
}

Check judgeEvent (const CallFacts& calls)
{
    const Result result = calls.event[EventDescriptor];
    const Result piped = calls.event[EventPipe];
    const char* const fix = "allow eventfd2 in the seccomp profile";
    if (!calls.tried)
    {
        return eventSubject.unknown (notLive, "");
    }
    if (result == 0)
    {
        return eventSubject.fine ("allowed", "WaitSet::fd () takes one descriptor.");
    }
    if (wasKilled (result))
    {
        return eventSubject.missing (wordsFor (result), "WaitSet::fd () kills the process.", fix);
    }
    return piped == 0
               ? eventSubject.worse (wordsFor (result),
                                     "WaitSet::fd () makes a pipe, which takes two descriptors. Nothing else changes.",
                                     fix)
               : eventSubject.missing (wordsFor (result) + "; a pipe: " + wordsFor (piped),
                                       "WaitSet::fd () fails: event loops cannot watch queues. WaitSet::wait () works.",
                                       fix);
}

Check judgeBarrier (const CallFacts& calls)
{
    const Result result = firstRefused (calls.barrier, 4);
    const char* const fix = "allow membarrier in the seccomp profile; docs/guide/queues.md, \"In containers\"";
    if (!calls.tried)
    {
        return barrierSubject.unknown (notLive, "");
    }
    if (result == 0)
    {
        return barrierSubject.fine (
            "allowed, private and global expedited",
            "Pushes and pops need no fence, and a thread that waits sleeps for up to 50 ms at a time.");
    }
    if (wasKilled (result))
    {
        return barrierSubject.missing (wordsFor (result), "Opening a queue kills the process.", fix);
    }
    return barrierSubject.worse (
        wordsFor (result),
        "Each push and pop needs a full fence, and a thread that waits polls every millisecond "
        "instead of 20 times a second. No data is lost.",
        fix);
}

Check judgeForkAdvice (const CallFacts& calls)
{
    const Result result = firstRefused (calls.fork, 2);
    if (!calls.tried)
    {
        return forkSubject.unknown (notLive, "");
    }
    if (result == 0)
    {
        return forkSubject.fine ("allowed", "A forked child is a producer of its own.");
    }
    return forkSubject.missing (wordsFor (result),
                                "No shared Mpsc or Mpmc can be opened, and a Spsc only with QueueOptions::exclusive = "
                                "false.",
                                "use Linux 4.14 or later, and allow madvise in the seccomp profile");
}
}  // namespace

CallFacts tryCalls (const Source& source)
{
    CallFacts calls;
    if (source.live ())
    {
        calls.tried = true;
        calls.futex = attempt (tryFutex);
        calls.several = attempt (trySeveral);
        calls.ring = attempt (tryRing);
        calls.event = attempt (tryEvent);
        calls.barrier = attempt (tryBarrier);
        calls.fork = attempt (tryForkAdvice);
        calls.file = attempt (tryFiles);
    }
    return calls;
}

void judgeCalls (const Facts& facts, Checks* checks)
{
    checks->push_back (judgeFutex (facts.calls));
    checks->push_back (judgeSeveral (facts.calls));
    checks->push_back (judgeRing (facts.calls));
    checks->push_back (judgeEvent (facts.calls));
    checks->push_back (judgeBarrier (facts.calls));
    judgePresence (facts, checks);
    checks->push_back (judgeForkAdvice (facts.calls));
}

}  // namespace tool::doctor
