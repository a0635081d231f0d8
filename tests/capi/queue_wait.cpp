// SPDX-License-Identifier: MIT
// Calls that wait: close and shutdown interrupt them, room and elements end them, and thread cancellation does not.
#include "check.h"

#include "../asleep.hpp"

#include <atomic>
#include <cstdio>
#include <functional>
#include <pthread.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

namespace
{
char name[64];

jm_handle open (uint32_t kind, bool shared)
{
    const jm_handle queue = shared ? jm_queue_open (kind, 4, 8, name) : jm_queue_create (kind, 4, 8);
    CHECK (queue > 0);
    CHECK (!shared || jm_unlink (name) == 0);
    return queue;
}

// Another thread makes the call and waits; `end` must make it fail with this errno. The timeout of the test finds a
// call that does not return.
void ends (int error, jm_handle queue, const std::function<int64_t (jm_handle)>& call,
           const std::function<int (jm_handle)>& end)
{
    std::atomic<pid_t> id {0};
    std::thread waiter ([&] {
        CHECK (jm_last_error () == 0);
        id = ::gettid ();
        errno = 0;
        CHECK (call (queue) == -1);
        CHECK (errno == error && jm_last_error () == error && jm_last_error_message ()[0] != '\0');
    });
    untilAsleep (id);
    CHECK (end (queue) == 0);
    waiter.join ();
}

void eachWait (uint32_t kind, bool shared, int error, const std::function<int (jm_handle)>& end)
{
    static uint64_t room[8];
    const std::vector<std::function<int64_t (jm_handle)>> pops {
        [] (jm_handle q) { return int64_t (jm_queue_pop (q, room, -1)); },
        [] (jm_handle q) { return int64_t (jm_queue_pop (q, room, INT64_MAX)); },
        [] (jm_handle q) { return jm_queue_pop_n (q, room, 8, -1); },
        [] (jm_handle q) { return jm_queue_pop_some (q, room, 8, -1); },
        [] (jm_handle q) { return int64_t (jm_queue_await_element (q, 2, -1)); },
    };
    const std::vector<std::function<int64_t (jm_handle)>> pushes {
        [] (jm_handle q) { return int64_t (jm_queue_push (q, room, -1)); },
        [] (jm_handle q) { return jm_queue_push_n (q, room, 8, -1); },
        [] (jm_handle q) { return int64_t (jm_queue_await_room (q, 2, INT64_MAX)); },
    };
    for (const auto& pop : pops)
    {
        const jm_handle queue = open (kind, shared);
        ends (error, queue, pop, end);
        jm_close (queue);
    }
    for (const auto& push : pushes)
    {
        const jm_handle queue = open (kind, shared);
        CHECK (jm_queue_push_n (queue, room, 4, 0) == 4);
        ends (error, queue, push, end);
        jm_close (queue);
    }
}

// Many threads wait on one queue, half of them without a timeout; all return when it is closed, and then it is gone.
void manyAreInterrupted ()
{
    const jm_handle queue = open (JM_MPMC, true);
    std::vector<std::thread> waiters;
    std::atomic<pid_t> ids[8] = {};
    std::atomic<int> interrupted {0};
    for (int i = 0; i < 8; ++i)
    {
        waiters.emplace_back ([&, i] {
            uint64_t element = 0;
            ids[i] = ::gettid ();
            CHECK (jm_queue_pop (queue, &element, i % 2 == 0 ? -1 : INT64_C (60000000000)) == -1);
            CHECK (jm_last_error () == ECANCELED);
            ++interrupted;
        });
    }
    for (const std::atomic<pid_t>& id : ids)
    {
        untilAsleep (id);
    }
    CHECK (jm_close (queue) == 0);
    for (std::thread& waiter : waiters)
    {
        waiter.join ();
    }
    CHECK (interrupted == 8);
}

// The call succeeds and leaves errno unchanged.
template <typename Call>
bool keepsErrno (Call call)
{
    errno = EXFULL;
    return call () == 0 && errno == EXFULL;
}

// A call that waits and then succeeds leaves the last error and errno unchanged, and so does the call that wakes it.
void successAfterWaiting ()
{
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        const jm_handle queue = open (kind, true);
        uint64_t value = 0;
        const std::atomic<pid_t> producer {::gettid ()};
        std::atomic<pid_t> id {0};
        std::thread consumer ([&] {
            uint64_t got = 0;
            id = ::gettid ();
            CHECK (keepsErrno ([&] { return jm_queue_pop (queue, &got, -1); }) && got == 0);
            untilAsleep (producer);
            for (uint64_t i = 1; i < 6; ++i)
            {
                const bool hasElement =
                    jm_queue_pending (queue) != 0;  // otherwise the producer has woken but not pushed
                CHECK (keepsErrno ([&] {
                           return i % 2 == 0 && hasElement ? jm_queue_try_pop (queue, &got)
                                                           : jm_queue_pop (queue, &got, -1);
                       })
                       && got == i);
            }
            CHECK (jm_last_error () == 0);
        });
        untilAsleep (id);
        CHECK (jm_close (0) == -1);
        for (; value < 6; ++value)
        {
            // The first wakes the consumer; the fifth or sixth finds the queue full.
            CHECK (keepsErrno (
                [&] { return value == 0 ? jm_queue_try_push (queue, &value) : jm_queue_push (queue, &value, -1); }));
        }
        CHECK (jm_last_error () == EBADF);
        consumer.join ();
        CHECK (jm_close (queue) == 0);
        jm_clear_error ();
    }
}

std::atomic<pid_t> cancelled;

void* popOnce (void* handle)
{
    cancelled = ::gettid ();
    uint64_t value = 0;
    CHECK (jm_queue_pop (*static_cast<jm_handle*> (handle), &value, -1) == 0 && value == 5);
    CHECK (jm_queue_try_push (*static_cast<jm_handle*> (handle), &value) == 0);  // a first push: it opens a file
    ::pthread_testcancel ();
    return nullptr;
}

// A thread that is cancelled while it waits continues to wait, and ends after the call.
void cancelledInside ()
{
    jm_handle queue = open (JM_MPMC, true);
    for (int i = 0; i < 20; ++i)
    {
        pthread_t thread;
        cancelled = 0;
        CHECK (::pthread_create (&thread, nullptr, popOnce, &queue) == 0);
        if (i % 4 >= 2)
        {
            untilAsleep (cancelled);
        }
        CHECK (::pthread_cancel (thread) == 0);
        if (i % 4 == 3)
        {
            untilAsleep (cancelled);
        }
        uint64_t value = 5;
        CHECK (jm_queue_push (queue, &value, -1) == 0);
        void* result = nullptr;
        CHECK (::pthread_join (thread, &result) == 0 && result == PTHREAD_CANCELED);
        // Cancelled before the first call or after both: one element is left either way.
        CHECK (jm_queue_try_pop (queue, &value) == 0 && value == 5);
        CHECK (jm_queue_pending (queue) == 0);
    }
    CHECK (jm_close (queue) == 0);
}
}  // namespace

int main ()
{
    std::snprintf (name, sizeof name, "/joinmem-queue-wait-%ld", static_cast<long> (::getpid ()));
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        for (bool shared : {false, true})
        {
            eachWait (kind, shared, ECANCELED, jm_close);
            eachWait (kind, shared, EPIPE, jm_queue_shutdown);
        }
    }
    manyAreInterrupted ();
    successAfterWaiting ();
    cancelledInside ();
    std::puts ("every wait ended");
    return 0;
}
