// SPDX-License-Identifier: MIT
// Eight threads create, use and close handles that lie in one common place, so that each meets those of the others,
// open, closing and closed. Run under ThreadSanitizer too.
#include "check.h"

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
        CHECK (jm_close (handle) == 0);  // who took it off the shelf is the one who closes it
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
                jm_munlock (place.load ());
                break;
            default:
                use (place.load ());
        }
    }
}
}  // namespace

int main ()
{
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
