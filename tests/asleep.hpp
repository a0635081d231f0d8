// SPDX-License-Identifier: MIT
/// Waits until a thread of this process sleeps in the kernel.
#ifndef JOIN_TESTS_ASLEEP_HPP
#define JOIN_TESTS_ASLEEP_HPP

#include <atomic>
#include <cstdio>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/types.h>

/// Whether the thread is in a system call (/proc/self/task) for whose number and second argument `there` returns true.
/// `thread` is 0 until the thread has stored its id.
template <typename Check>
bool isInCall (const std::atomic<pid_t>& thread, const Check& check)
{
    const pid_t id = thread.load ();
    char path[64];
    std::snprintf (path, sizeof (path), "/proc/self/task/%d/syscall", id);
    std::FILE* file = id != 0 ? std::fopen (path, "r") : nullptr;
    long number = -1;
    unsigned long long operation = 0;
    if (file != nullptr)
    {
        // "running", or: the number of the call, its arguments, more fields
        const bool inside = std::fscanf (file, "%ld %*s %llx", &number, &operation) == 2;
        number = inside ? number : -1;
        std::fclose (file);
    }
    return number != -1 && check (number, operation);
}

/// Returns when the thread is in such a call.
template <typename Check>
void untilInCall (const std::atomic<pid_t>& thread, const Check& check)
{
    while (!isInCall (thread, check))
    {
        ::sched_yield ();
    }
}

/// Whether that thread sleeps on a futex of the library: FUTEX_WAIT_BITSET, futex_waitv(2) or io_uring_enter(2). The
/// mutexes of libc use FUTEX_WAIT.
inline bool isAsleep (const std::atomic<pid_t>& thread)
{
    constexpr long futexWaitv = 449;  // SYS_futex_waitv, which older headers lack
    return isInCall (thread, [] (long number, unsigned long long operation) {
        if (number == futexWaitv || number == SYS_io_uring_enter)
        {
            return true;
        }
        return number == SYS_futex && (static_cast<int> (operation) & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
    });
}

/// Returns when that thread sleeps on such a futex.
inline void untilAsleep (const std::atomic<pid_t>& thread)
{
    while (!isAsleep (thread))
    {
        ::sched_yield ();
    }
}

/// Returns when that thread sleeps between two attempts (clock_nanosleep).
inline void untilNapping (const std::atomic<pid_t>& thread)
{
    untilInCall (thread, [] (long number, unsigned long long) { return number == SYS_clock_nanosleep; });
}

#endif
