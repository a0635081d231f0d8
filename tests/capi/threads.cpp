// SPDX-License-Identifier: MIT
// Eight threads create, use and close handles on one common shelf, so that each thread meets handles of the others:
// open, closing and closed. Run under ThreadSanitizer too.
//
// usage: threads [never | late]: a seccomp filter forbids membarrier(2) from the start, or after the first handle.
#include "check.h"
#include "sandbox.hpp"

#include <cstdio>
#include <cstring>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace
{
constexpr int threadCount = 8;
constexpr int rounds = 20000;

std::atomic<jm_handle> shelf[16];
std::atomic<long> closed {0};

void closeOne (jm_handle handle)
{
    if (handle != 0)
    {
        CHECK (jm_close (handle) == 0);  // the thread that took it off the shelf closes it
        ++closed;
    }
}

void use (jm_handle handle)
{
    const int64_t size = jm_size (handle);
    CHECK (size == 4096 || (size == -1 && (handle == 0 || jm_last_error () == EBADF)));
    const void* first = jm_get (handle, 0);
    CHECK (first != nullptr || jm_last_error () == EBADF);
    CHECK (jm_created (handle) != 0);
    char text[16];
    CHECK (jm_name (handle, text, sizeof text) <= 0);
}

// Calls that change the memory or read what changes, from several threads at a time.
void change (jm_handle handle, unsigned long which)
{
    bool fine = false;
    switch (which)
    {
        case 0:
            fine = jm_mbind (handle, 0) == 0;
            break;
        case 1:
            fine = jm_placement (handle, nullptr, 0) > 0;
            break;
        case 2:
            fine = jm_page_size (handle) == 4096;
            break;
        default:
            fine = (which % 2 == 0 ? jm_mlock (handle) : jm_munlock (handle)) == 0;
    }
    CHECK (fine || jm_last_error () == EBADF || jm_last_error () == ENOSYS || jm_last_error () == EPERM);
}

void work (unsigned seed)
{
    std::mt19937 random (seed);
    for (int i = 0; i < rounds; ++i)
    {
        std::atomic<jm_handle>& place = shelf[random () % 16];
        switch (random () % 8)
        {
            case 0:
            {
                const jm_handle made = jm_local_create (1);
                CHECK (made > 0);
                closeOne (place.exchange (made));
                break;
            }
            case 1:
                closeOne (place.exchange (0));
                break;
            case 2:
                change (place.load (), random () % 64);
                break;
            default:
                use (place.load ());
        }
    }
}
}  // namespace

int main (int count, char** words)
{
    CHECK (forbidBarrierAsTold (count, words));
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < threadCount; ++i)
    {
        threads.emplace_back (work, i);
    }
    for (std::thread& thread : threads)
    {
        thread.join ();
    }
    for (std::atomic<jm_handle>& place : shelf)
    {
        closeOne (place.exchange (0));
    }
    CHECK (closed.load () > threadCount);
    std::printf ("%ld handles closed\n", closed.load ());
    return 0;
}
