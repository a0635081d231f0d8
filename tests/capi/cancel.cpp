// SPDX-License-Identifier: MIT
// A thread that is cancelled during its calls ends between two of them: no call is a cancellation point, as unwinding
// through the library would end the process.
#include "check.h"

#include <atomic>
#include <cstdio>
#include <pthread.h>
#include <sched.h>

namespace
{
char name[64];
std::atomic<long> rounds {0};

void* work (void*)
{
    for (;;)
    {
        const jm_handle memory = jm_shm_open (4096, name);
        int before = 0;
        ::pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &before);  // the handle must not be lost
        CHECK (before == PTHREAD_CANCEL_ENABLE);
        CHECK (memory > 0);
        CHECK (jm_close (memory) == 0);
        ::pthread_setcancelstate (PTHREAD_CANCEL_ENABLE, &before);
        CHECK (before == PTHREAD_CANCEL_DISABLE);
        jm_handle* kept = new jm_handle (jm_local_create (4096));
        for (int i = 0; i < 4; ++i)
        {
            CHECK (jm_placement (*kept, nullptr, 0) > 0);
            CHECK (jm_page_size (*kept) == 4096);
            CHECK (jm_mlock (*kept) == 0);
        }
        CHECK (jm_close (*kept) == 0);
        delete kept;
        ++rounds;
        ::pthread_testcancel ();
    }
}
}  // namespace

int main ()
{
    std::snprintf (name, sizeof name, "/joinmem-cancel-%ld", static_cast<long> (::getpid ()));
    for (int i = 0; i < 100; ++i)
    {
        pthread_t thread;
        CHECK (::pthread_create (&thread, nullptr, work, nullptr) == 0);
        const long seen = rounds.load ();
        while (rounds.load () == seen)
        {
            ::sched_yield ();
        }
        void* result = nullptr;
        CHECK (::pthread_cancel (thread) == 0);
        CHECK (::pthread_join (thread, &result) == 0);
        CHECK (result == PTHREAD_CANCELED);
    }
    CHECK (jm_unlink (name) == 0);
    std::puts ("100 threads cancelled, each between two calls");
    return 0;
}
