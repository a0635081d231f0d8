// SPDX-License-Identifier: MIT
// Eight threads create queues, push to, pop from and close those on one common shelf, so that each thread meets queues
// of the others: open, closing and closed, with waiting calls inside. What is popped is intact. Run under
// ThreadSanitizer too.
//
// usage: queue_threads [never | late | ROUNDS]: when a seccomp filter forbids membarrier(2); or the rounds of each
// thread
#include "check.h"
#include "sandbox.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

namespace
{
constexpr int threadCount = 8;
int rounds = 10000;

char name[64];
std::atomic<jm_handle> shelf[8];
std::atomic<long> closed {0};
std::atomic<long> popped {0};

struct Element
{
    uint64_t value;
    uint64_t inverse;
    uint64_t third;
};

void closeOne (jm_handle handle)
{
    if (handle != 0)
    {
        CHECK (jm_close (handle) == 0);  // the thread that took it off the shelf closes it
        ++closed;
    }
}

jm_handle make (unsigned long which)
{
    const jm_handle made = which % 2 == 0 ? jm_queue_create (JM_MPMC, 4, sizeof (Element))
                                          : jm_queue_open (JM_MPMC, 4, sizeof (Element), name);
    CHECK (made > 0);
    return made;
}

// A call on the handle failed with an allowed error.
void expect (bool fine)
{
    const int error = jm_last_error ();
    CHECK (fine || error == EBADF || error == EAGAIN || error == ETIMEDOUT || error == ECANCELED || error == EPIPE);
}

void push (jm_handle handle, unsigned long which)
{
    Element elements[3];
    for (Element& element : elements)
    {
        element = Element {which, ~which, which * 3};
    }
    switch (which % 4)
    {
        case 0:
            return expect (jm_queue_push (handle, elements, 200000) == 0);
        case 1:
            return expect (jm_queue_push_n (handle, elements, 3, 200000) > 0);
        case 2:
            return expect (jm_queue_try_push_n (handle, elements, 3) > 0);
        default:
            return expect (jm_queue_try_push (handle, elements) == 0);
    }
}

void pop (jm_handle handle, unsigned long which)
{
    Element elements[3];
    int64_t got = 0;
    switch (which % 4)
    {
        case 0:
            got = jm_queue_pop (handle, elements, 200000) + 1;
            break;
        case 1:
            got = jm_queue_pop_n (handle, elements, 3, 200000);
            break;
        case 2:
            got = jm_queue_pop_some (handle, elements, 3, 200000);
            break;
        default:
            got = jm_queue_try_pop (handle, elements) + 1;
    }
    expect (got > 0);
    for (int64_t i = 0; i < got; ++i)
    {
        CHECK (elements[i].inverse == ~elements[i].value && elements[i].third == elements[i].value * 3);
        ++popped;
    }
}

void look (jm_handle handle)
{
    const int64_t pending = jm_queue_pending (handle);
    CHECK (pending <= 4 && jm_queue_available (handle) <= 4);
    expect (pending >= 0);
    CHECK (jm_queue_kind (handle) == JM_MPMC || jm_last_error () == EBADF);
    char text[64];
    CHECK (jm_name (handle, text, sizeof text) >= 0 || jm_last_error () == EBADF);
}

void work (unsigned seed)
{
    std::mt19937 random (seed);
    for (int i = 0; i < rounds; ++i)
    {
        std::atomic<jm_handle>& place = shelf[random () % 8];
        const unsigned long which = random ();
        switch (random () % 32)
        {
            case 0:
                closeOne (place.exchange (make (which)));
                break;
            case 1:
                closeOne (place.exchange (0));
                break;
            case 2:
                CHECK (which % 8 != 0 || jm_queue_shutdown (place.load ()) == 0 || jm_last_error () == EBADF);
                break;
            case 3:
                CHECK (which % 8 != 0 || jm_unlink (name) == 0);
                break;
            case 4:
                CHECK (jm_placement (place.load (), nullptr, 0) > 0 || jm_last_error () == EBADF);
                break;
            case 5:
            case 6:
                look (place.load ());
                break;
            default:
                which % 2 == 0 ? push (place.load (), which / 2) : pop (place.load (), which / 2);
        }
    }
}
}  // namespace

int main (int count, char** words)
{
    std::snprintf (name, sizeof name, "/joinmem-queue-threads-%ld", static_cast<long> (::getpid ()));
    const int told = count > 1 ? std::atoi (words[1]) : 0;
    rounds = told > 0 ? told : rounds;
    CHECK (told > 0 || forbidBarrierAsTold (count, words));
    for (std::atomic<jm_handle>& place : shelf)
    {
        place = make (1);
    }
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
    CHECK (jm_unlink (name) == 0);
    CHECK (closed.load () > threadCount && popped.load () > threadCount);
    std::printf ("%ld queues closed, %ld elements popped\n", closed.load (), popped.load ());
    return 0;
}
