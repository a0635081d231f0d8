// SPDX-License-Identifier: MIT
// A forked child has its parent's queues: a shared queue is the same, and the child is a producer of its own; a private
// one is a copy. Threads of the parent that were inside a call do not exist in the child. A process without a slot gets
// an error.
#include "check.h"

#include "../asleep.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <sys/wait.h>
#include <thread>

namespace
{
char name[64];

int endOf (pid_t child)
{
    int status = 0;
    CHECK (waitpid (child, &status, 0) == child);
    return WIFEXITED (status) ? WEXITSTATUS (status) : 1000 + WTERMSIG (status);
}

void inChild (const std::function<void ()>& body)
{
    const pid_t child = ::fork ();
    if (child == 0)
    {
        ::alarm (20);  // ends a child that waits for a thread that it lacks
        body ();
        ::_exit (0);
    }
    CHECK (endOf (child) == 0);
}

void push (jm_handle queue, uint64_t value)
{
    CHECK (jm_queue_try_push (queue, &value) == 0);
}

void pop (jm_handle queue, uint64_t expected)
{
    uint64_t value = 0;
    CHECK (jm_queue_try_pop (queue, &value) == 0 && value == expected);
}

void bothUse (uint32_t kind)
{
    jm_queue_options options;
    CHECK (jm_queue_options_init (&options, sizeof options) == 0);
    options.exclusive = 0;  // parent and child use it in turn
    const jm_handle shared = jm_queue_open_with (kind, 8, 8, name, &options);
    const jm_handle local = jm_queue_create (kind, 8, 8);
    CHECK (shared > 0 && local > 0 && jm_unlink (name) == 0);
    push (shared, 1);
    push (local, 1);
    inChild ([&] {
        pop (local, 1);
        push (local, 2);
        push (shared, 3);
        CHECK (jm_close (local) == 0);
        CHECK (jm_close (shared) == 0);
        const jm_handle own = jm_queue_create (kind, 8, 8);
        CHECK (own > 0 && own != shared && jm_close (own) == 0);
    });
    push (shared, 4);
    pop (shared, 1);
    pop (shared, 3);
    pop (shared, 4);
    pop (local, 1);
    CHECK (jm_queue_pending (local) == 0 && jm_queue_pending (shared) == 0);
    CHECK (jm_close (local) == 0 && jm_close (shared) == 0);
}

void whileAThreadWaits (bool shared)
{
    const jm_handle queue = shared ? jm_queue_open (JM_MPMC, 8, 8, name) : jm_queue_create (JM_MPMC, 8, 8);
    CHECK (queue > 0 && jm_unlink (name) == 0);
    std::atomic<pid_t> id {0};
    std::thread waiter ([&] {
        uint64_t value = 0;
        id = ::gettid ();
        CHECK (jm_queue_pop (queue, &value, -1) == 0 && value == 9);
    });
    for (int i = 0; i < 20; ++i)
    {
        untilAsleep (id);
        inChild ([&] {
            CHECK (jm_queue_capacity (queue) == 8);
            CHECK (jm_placement (queue, nullptr, 0) > 0);
            CHECK (jm_close (queue) == 0);  // waits for no thread, interrupts none
        });
    }
    push (queue, 9);
    waiter.join ();
    CHECK (jm_close (queue) == 0);
}

// One thread opens and closes continuously: each child destroys the queue that this thread was about to destroy.
void whileAThreadCloses ()
{
    std::atomic<bool> stop {false};
    std::thread closer ([&] {
        while (!stop)
        {
            const jm_handle queue = jm_queue_open (JM_MPSC, 8, 8, name);
            CHECK (queue > 0);
            push (queue, 1);
            pop (queue, 1);
            CHECK (jm_close (queue) == 0);
        }
    });
    for (int i = 0; i < 100; ++i)
    {
        inChild ([] {
            const jm_handle own = jm_queue_open (JM_MPSC, 8, 8, name);
            CHECK (own > 0);
            CHECK (jm_queue_capacity (own) == 8 && jm_close (own) == 0);
        });
    }
    stop = true;
    closer.join ();
    CHECK (jm_unlink (name) == 0);
}

void withoutAPlace ()
{
    jm_queue_options options;
    CHECK (jm_queue_options_init (&options, sizeof options) == 0);
    options.max_producers = 1;
    const jm_handle queue = jm_queue_open_with (JM_MPMC, 8, 8, name, &options);
    CHECK (queue > 0 && jm_unlink (name) == 0);
    push (queue, 1);
    inChild ([&] {
        uint64_t value = 2;
        CHECK_FAILS (jm_queue_try_push (queue, &value), -1, EUSERS, "producer slots");
        CHECK_FAILS (jm_queue_push (queue, &value, -1), -1, EUSERS, "option maxProducers, 1022 at most");
        CHECK_FAILS (jm_queue_push_n (queue, &value, 1, -1), -1, EUSERS, "option maxProducers, 1022 at most");
        pop (queue, 1);
    });
    std::thread ([&] { push (queue, 3); }).join ();  // threads of one process share
    pop (queue, 3);
    CHECK (jm_close (queue) == 0);
}
}  // namespace

int main ()
{
    std::snprintf (name, sizeof name, "/joinmem-queue-fork-%ld", static_cast<long> (::getpid ()));
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        bothUse (kind);
    }
    whileAThreadWaits (false);
    whileAThreadWaits (true);
    whileAThreadCloses ();
    withoutAPlace ();
    std::puts ("children used and closed the queues that they inherited");
    return 0;
}
