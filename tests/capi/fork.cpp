// SPDX-License-Identifier: MIT
// A forked child has its parent's handles: it uses and closes them, also those in which another thread of the parent
// was inside a call at the fork. The parent's handles stay open.
#include "check.h"

#include <cstdio>
#include <cstring>
#include <atomic>
#include <sys/wait.h>
#include <thread>

namespace
{
int endOf (pid_t child)
{
    int status = 0;
    CHECK (waitpid (child, &status, 0) == child);
    return WIFEXITED (status) ? WEXITSTATUS (status) : 1000 + WTERMSIG (status);
}
}  // namespace

int main ()
{
    const jm_handle memory = jm_local_create (4096);
    std::strcpy (static_cast<char*> (jm_get (memory, 0)), "parent");
    std::atomic<bool> stop {false};
    std::atomic<long> calls {0};
    std::thread busy ([&] {
        while (!stop)
        {
            CHECK (jm_created (memory) == 1);
            CHECK (jm_placement (memory, nullptr, 0) > 0 || jm_last_error () != 0);
            ++calls;
        }
    });
    for (int i = 0; i < 100; ++i)
    {
        const long seen = calls.load ();
        while (calls.load () == seen)
        {
            std::this_thread::yield ();
        }
        const pid_t child = ::fork ();
        if (child == 0)
        {
            ::alarm (20);  // ends a child that waits for a thread that it lacks
            CHECK (jm_size (memory) == 4096);
            CHECK (jm_page_size (memory) == 4096);  // the lock that the other thread held is free here
            std::strcpy (static_cast<char*> (jm_get (memory, 0)), "child");
            const jm_handle own = jm_local_create (4096);
            CHECK (own > 0 && own != memory);
            CHECK (jm_close (own) == 0);
            CHECK (jm_close (memory) == 0);
            ::_exit (0);
        }
        CHECK (endOf (child) == 0);
        CHECK (std::strcmp (static_cast<char*> (jm_get (memory, 0)), "parent") == 0);
    }
    stop = true;
    busy.join ();
    CHECK (jm_close (memory) == 0);
    std::puts ("100 children used and closed what they inherited");
    return 0;
}
