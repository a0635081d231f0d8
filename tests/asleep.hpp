// SPDX-License-Identifier: MIT
/// Waits for what others wait a while for: that a thread of this process sleeps in the kernel.
#ifndef JOIN_TESTS_ASLEEP_HPP
#define JOIN_TESTS_ASLEEP_HPP

#include <atomic>
#include <cstdio>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/types.h>

/// Returns when the thread of that id (0: it has not said it yet) sleeps on a futex of the library, by /proc/self/task: by
/// FUTEX_WAIT_BITSET, where the mutexes of libc wait by FUTEX_WAIT.
inline void untilAsleep (const std::atomic<pid_t>& thread)
{
    for (;;)
    {
        const pid_t id = thread.load ();
        char path[64];
        std::snprintf (path, sizeof (path), "/proc/self/task/%d/syscall", id);
        std::FILE* file = id != 0 ? std::fopen (path, "r") : nullptr;
        long number = -1;
        unsigned long long operation = 0;
        if (file != nullptr)
        {
            // "running", or the number of the call, its arguments, and more
            const bool inside = std::fscanf (file, "%ld %*s %llx", &number, &operation) == 2;
            number = inside ? number : -1;
            std::fclose (file);
        }
        if (number == SYS_futex && (static_cast<int> (operation) & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET)
        {
            return;
        }
        ::sched_yield ();
    }
}

#endif
