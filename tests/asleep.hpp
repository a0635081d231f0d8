// SPDX-License-Identifier: MIT
/// Waits for what others wait a while for: that a thread of this process sleeps in the kernel.
#ifndef JOIN_TESTS_ASLEEP_HPP
#define JOIN_TESTS_ASLEEP_HPP

#include <atomic>
#include <cstdio>
#include <sched.h>
#include <sys/types.h>

/// Returns when the thread of that id (0: it has not said it yet) sleeps, by /proc/self/task.
inline void untilAsleep (const std::atomic<pid_t>& thread)
{
    for (;;)
    {
        const pid_t id = thread.load ();
        char path[64];
        std::snprintf (path, sizeof (path), "/proc/self/task/%d/stat", id);
        std::FILE* file = id != 0 ? std::fopen (path, "r") : nullptr;
        char state = 0;
        if (file != nullptr)
        {
            if (std::fscanf (file, "%*d %*s %c", &state) != 1)
            {
                state = 0;
            }
            std::fclose (file);
        }
        if (state == 'S')
        {
            return;
        }
        ::sched_yield ();
    }
}

#endif
