/* SPDX-License-Identifier: MIT */
/* Calls each function of joinmem.h that waits without taking, and provokes each error that it documents. */
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#define NONE JM_INVALID_HANDLE
#define MS INT64_C (1000000)

static char name[64];

static jm_handle queue_of (uint32_t kind, int shared)
{
    jm_handle queue = shared ? jm_queue_open (kind, 4, 8, name) : jm_queue_create (kind, 4, 8);
    CHECK (queue > 0 && jm_unlink (name) == 0);
    return queue;
}

static void push (jm_handle queue, int count)
{
    uint64_t value = 5;
    for (int i = 0; i < count; ++i)
    {
        CHECK (jm_queue_try_push (queue, &value) == 0);
    }
}

static void pop (jm_handle queue, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; ++i)
    {
        CHECK (jm_queue_try_pop (queue, &value) == 0 && value == 5);
    }
}

static int is_readable (int descriptor)
{
    struct pollfd entry = {descriptor, POLLIN, 0};
    CHECK (poll (&entry, 1, 0) != -1);
    return (entry.revents & POLLIN) != 0;
}

/* One queue: nothing is taken, and amounts are waited for whole. */
static void one_queue (uint32_t kind, int shared)
{
    jm_handle queue = queue_of (kind, shared);
    CHECK_FAILS (jm_queue_await_element (queue, 1, 0), -1, ETIMEDOUT, "time is up");
    CHECK_FAILS (jm_queue_await_element (queue, 1, MS), -1, ETIMEDOUT, "time is up");
    CHECK (jm_queue_await_room (queue, 4, -1) == 0);
    push (queue, 3);
    jm_clear_error ();
    CHECK (jm_queue_await_element (queue, 3, -1) == 0 && jm_queue_await_room (queue, 1, INT64_MAX) == 0);
    CHECK (jm_last_error () == 0 && jm_queue_pending (queue) == 3);
    CHECK_FAILS (jm_queue_await_element (queue, 4, MS), -1, ETIMEDOUT, "time is up");
    CHECK_FAILS (jm_queue_await_room (queue, 2, MS), -1, ETIMEDOUT, "time is up");
    for (int i = 0; i < 2; ++i)
    {
        const uint64_t amount = i == 0 ? 0 : 5;
        CHECK_FAILS (jm_queue_await_element (queue, amount, -1), -1, EINVAL, "amount");
        CHECK_FAILS (jm_queue_await_room (queue, amount, -1), -1, EINVAL, "amount");
    }
    CHECK_FAILS (jm_queue_await_element (queue, 1, -2), -1, EINVAL, "timeout");
    CHECK_FAILS (jm_queue_await_room (queue, 1, INT64_MIN), -1, EINVAL, "timeout");
    CHECK (jm_queue_cancel (queue) == 0 && jm_queue_await_element (queue, 3, -1) == 0);
    CHECK_FAILS (jm_queue_await_element (queue, 4, -1), -1, ECANCELED, "cancel");
    CHECK (jm_queue_resume (queue) == 0 && jm_queue_shutdown (queue) == 0);
    CHECK (jm_queue_await_element (queue, 4, -1) == 0); /* there are some, and no more will come */
    CHECK_FAILS (jm_queue_await_room (queue, 1, -1), -1, EPIPE, "shut down");
    pop (queue, 3);
    CHECK_FAILS (jm_queue_await_element (queue, 1, -1), -1, EPIPE, "drained");
    CHECK (jm_close (queue) == 0);
}

/* The next wait reports this key and these bits, and nothing else. */
static void reports (jm_handle set, uint64_t key, uint32_t ready)
{
    jm_wait_event events[4];
    memset (events, 0xa5, sizeof events);
    jm_clear_error ();
    CHECK (jm_wait (set, events, 4, 0) == 1 && jm_last_error () == 0);
    CHECK (events[0].key == key && events[0].ready == ready && events[0].reserved == 0);
    CHECK (events[1].ready == UINT32_C (0xa5a5a5a5));
}

static void reports_nothing (jm_handle set)
{
    jm_wait_event event;
    CHECK_FAILS (jm_wait (set, &event, 1, 0), -1, ETIMEDOUT, "time is up");
    CHECK_FAILS (jm_wait (set, &event, 1, MS), -1, ETIMEDOUT, "time is up");
}

static void levels_and_members (uint32_t kind, int shared)
{
    const uint64_t key = UINT64_C (0xfedcba9876543210);
    jm_handle queue = queue_of (kind, shared);
    jm_handle set = jm_wait_create ();
    CHECK (set > 0 && jm_wait_size (set) == 0);
    CHECK (jm_wait_add (set, queue, JM_READY_ELEMENT, key, 1) == 0 && jm_wait_size (set) == 1);
    CHECK_FAILS (jm_wait_add (set, queue, JM_READY_ROOM, 1, 1), -1, EEXIST, "already");
    reports_nothing (set);
    push (queue, 2);
    for (int i = 0; i < 3; ++i)
    {
        reports (set, key, JM_READY_ELEMENT);
    }
    CHECK (jm_wait_modify (set, queue, JM_READY_ELEMENT | JM_READY_ROOM, 7, 2) == 0);
    reports (set, 7, JM_READY_ELEMENT | JM_READY_ROOM);
    push (queue, 1);
    reports (set, 7, JM_READY_ELEMENT);
    pop (queue, 2);
    reports (set, 7, JM_READY_ROOM);
    CHECK (jm_queue_shutdown (queue) == 0);
    CHECK (jm_wait_modify (set, queue, JM_READY_ELEMENT, 8, 2) == 0);
    reports (set, 8, JM_READY_ELEMENT);
    pop (queue, 1);
    reports (set, 8, JM_READY_END); /* once */
    reports_nothing (set);
    CHECK (jm_wait_modify (set, queue, JM_READY_ELEMENT, 9, 1) == 0);
    reports (set, 9, JM_READY_END);
    CHECK (jm_wait_remove (set, queue) == 0 && jm_wait_size (set) == 0);
    reports_nothing (set);
    CHECK_FAILS (jm_wait_remove (set, queue), -1, ENOENT, "does not have");
    CHECK_FAILS (jm_wait_modify (set, queue, JM_READY_ELEMENT, 1, 1), -1, ENOENT, "does not have");
    CHECK (jm_wait_add (set, queue, JM_READY_ROOM, 3, 1) == 0);
    reports (set, 3, JM_READY_END);
    CHECK (jm_close (queue) == 0 && jm_wait_size (set) == 0); /* a closed queue leaves its sets */
    reports_nothing (set);
    CHECK (jm_close (set) == 0);
}

/* More words than futex_waitv(2) takes, and fewer events than ready queues: each queue is reported in its turn. */
static void many_queues (void)
{
    enum { COUNT = 300 };
    jm_handle queues[COUNT];
    jm_wait_event events[COUNT];
    unsigned char seen[COUNT] = {0};
    jm_handle set = jm_wait_create ();
    for (int i = 0; i < COUNT; ++i)
    {
        queues[i] = jm_queue_create ((uint32_t) i % 3 + 1, 2, 8);
        CHECK (jm_wait_add (set, queues[i], JM_READY_ELEMENT, (uint64_t) i, 1) == 0);
    }
    CHECK (jm_wait_size (set) == COUNT);
    push (queues[150], 1);
    reports (set, 150, JM_READY_ELEMENT);
    for (int i = 0; i < COUNT; ++i)
    {
        push (queues[i], 1);
    }
    for (int left = COUNT; left > 0;)
    {
        const int64_t count = jm_wait (set, events, 100, -1);
        CHECK (count > 0 && count <= 100);
        for (int64_t i = 0; i < count; ++i)
        {
            CHECK (events[i].key < COUNT && events[i].ready == JM_READY_ELEMENT);
            left -= seen[events[i].key] == 0 ? 1 : 0;
            seen[events[i].key] = 1;
        }
    }
    CHECK (jm_wait (set, events, UINT64_MAX, -1) == COUNT); /* no more than there are */
    for (int i = 0; i < COUNT; ++i)
    {
        CHECK (jm_close (queues[i]) == 0);
    }
    CHECK (jm_wait_size (set) == 0 && jm_close (set) == 0);
}

static void descriptor_and_wake (void)
{
    jm_wait_event event;
    jm_handle queue = jm_queue_create (JM_MPMC, 4, 8);
    jm_handle set = jm_wait_create ();
    int descriptor = jm_wait_fd (set);
    CHECK (descriptor > 2 && jm_wait_fd (set) == descriptor);
    CHECK (jm_wait_add (set, queue, JM_READY_ELEMENT, 1, 1) == 0);
    reports_nothing (set);
    CHECK (!is_readable (descriptor));
    push (queue, 2);
    for (int left = 2; left > 0; --left)
    {
        struct pollfd entry = {descriptor, POLLIN, 0};
        CHECK (poll (&entry, 1, -1) == 1);
        reports (set, 1, JM_READY_ELEMENT);
        CHECK (is_readable (descriptor));
        pop (queue, 1);
    }
    reports_nothing (set);
    CHECK (!is_readable (descriptor));
    CHECK (jm_wait_wake (set) == 0 && jm_wait_wake (set) == 0 && is_readable (descriptor));
    CHECK (jm_wait (set, &event, 1, -1) == 0);
    reports_nothing (set);
    CHECK (!is_readable (descriptor));
    CHECK (jm_close (set) == 0 && jm_close (queue) == 0);
    CHECK (close (descriptor) == -1 && errno == EBADF); /* it is the set's */
}

static void a_killed_producer (void)
{
    jm_queue_options options;
    jm_wait_event event;
    CHECK (jm_queue_options_init (&options, sizeof options) == 0);
    options.owner_dead = 1;
    jm_handle queue = jm_queue_open_with (JM_MPMC, 4, 8, name, &options);
    jm_handle set = jm_wait_create ();
    CHECK (queue > 0 && set > 0);
    CHECK (jm_wait_add (set, queue, JM_READY_ELEMENT, 6, 1) == 0);
    const pid_t child = fork ();
    if (child == 0)
    {
        push (queue, 1);
        raise (SIGKILL);
    }
    CHECK (waitpid (child, NULL, 0) == child);
    reports (set, 6, JM_READY_ELEMENT);
    pop (queue, 1);
    CHECK (jm_wait (set, &event, 1, -1) == 1 && event.key == 6 && event.ready == JM_READY_PRODUCERS_DEAD);
    reports_nothing (set); /* once */
    CHECK (jm_close (queue) == 0 && jm_close (set) == 0 && jm_unlink (name) == 0);
}

/* Every function that takes a set, with a handle that is not a set. */
static void refused_by_all (jm_handle handle, jm_handle queue, int error, const char* words)
{
    jm_wait_event event;
    CHECK_FAILS (jm_wait_add (handle, queue, JM_READY_ELEMENT, 1, 1), -1, error, words);
    CHECK_FAILS (jm_wait_modify (handle, queue, JM_READY_ELEMENT, 1, 1), -1, error, words);
    CHECK_FAILS (jm_wait_remove (handle, queue), -1, error, words);
    CHECK_FAILS (jm_wait_size (handle), -1, error, words);
    CHECK_FAILS (jm_wait (handle, &event, 1, -1), -1, error, words);
    CHECK_FAILS (jm_wait_fd (handle), -1, error, words);
    CHECK_FAILS (jm_wait_wake (handle), -1, error, words);
}

/* Every function that takes a set and a queue, with another handle in place of the queue. */
static void refused_as_queue (jm_handle set, jm_handle handle, int error, const char* words)
{
    CHECK_FAILS (jm_wait_add (set, handle, JM_READY_ELEMENT, 1, 1), -1, error, words);
    CHECK_FAILS (jm_wait_modify (set, handle, JM_READY_ELEMENT, 1, 1), -1, error, words);
    CHECK_FAILS (jm_wait_remove (set, handle), -1, error, words);
}

static void handles_of_another_sort (void)
{
    jm_handle memory = jm_local_create (4096);
    jm_handle queue = jm_queue_create (JM_SPSC, 8, 8);
    jm_handle set = jm_wait_create ();
    char text[8];
    refused_by_all (memory, queue, EINVAL, "needs a wait set");
    refused_by_all (queue, queue, EINVAL, "needs a wait set");
    refused_as_queue (set, memory, EINVAL, "needs a queue");
    refused_as_queue (set, set, EINVAL, "needs a queue");
    CHECK_FAILS (jm_get (set, 0), NULL, EINVAL, "needs memory");
    CHECK_FAILS (jm_queue_pop (set, text, -1), -1, EINVAL, "needs a queue");
    CHECK_FAILS (jm_queue_await_room (set, 1, -1), -1, EINVAL, "needs a queue");
    CHECK_FAILS (jm_name (set, text, sizeof text), -1, EINVAL, "needs memory or a queue");
    CHECK_FAILS (jm_placement (set, text, sizeof text), -1, EINVAL, "needs memory or a queue");
    CHECK (jm_close (memory) == 0 && jm_close (queue) == 0);
    refused_as_queue (set, queue, EBADF, "closed");
    refused_as_queue (set, 0, EBADF, "does not exist");
    refused_as_queue (set, INT64_MIN, EBADF, "does not exist");
    CHECK (jm_close (set) == 0);
    CHECK_FAILS (jm_close (set), -1, EBADF, "closed");
    refused_by_all (set, queue, EBADF, "closed");
    refused_by_all (0, 0, EBADF, "does not exist");
    refused_by_all (-1, -1, EBADF, "does not exist");
    refused_by_all (INT64_MAX, INT64_MAX, EBADF, "does not exist");
    refused_by_all ((int32_t) set, 0, EBADF, "does not exist");
}

static void arguments (void)
{
    static const uint32_t bits[] = {JM_READY_END, JM_READY_ELEMENT | JM_READY_DAMAGED, 32, UINT32_MAX};
    jm_wait_event event;
    jm_handle queue = jm_queue_create (JM_MPSC, 8, 8);
    jm_handle set = jm_wait_create ();
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; ++i)
    {
        CHECK_FAILS (jm_wait_add (set, queue, bits[i], 1, 1), -1, EINVAL, "bits");
        CHECK_FAILS (jm_wait_modify (set, queue, bits[i], 1, 1), -1, EINVAL, "bits");
    }
    CHECK_FAILS (jm_wait_add (set, queue, JM_READY_ROOM, 1, 0), -1, EINVAL, "amount");
    CHECK_FAILS (jm_wait_add (set, queue, JM_READY_ROOM, 1, 9), -1, EINVAL, "room for 8 elements");
    CHECK_FAILS (jm_wait_add (set, queue, JM_READY_ROOM, 1, UINT64_MAX), -1, EINVAL, "amount");
    CHECK (jm_wait_size (set) == 0 && jm_wait_add (set, queue, JM_READY_ROOM, 1, 8) == 0);
    CHECK_FAILS (jm_wait (set, NULL, 1, -1), -1, EINVAL, "null");
    CHECK_FAILS (jm_wait (set, &event, 0, -1), -1, EINVAL, "0");
    CHECK_FAILS (jm_wait (set, &event, 1, -2), -1, EINVAL, "timeout");
    CHECK_FAILS (jm_wait (set, &event, 1, INT64_MIN), -1, EINVAL, "timeout");
    CHECK (jm_wait (set, &event, 1, INT64_MAX) == 1 && event.key == 1 && event.ready == JM_READY_ROOM);
    CHECK (jm_close (set) == 0 && jm_close (queue) == 0);
}

static void options (void)
{
    static const uint32_t sizes[] = {0, 1, 4, 7, 5000, UINT32_MAX};
    jm_wait_options given;
    struct
    {
        jm_wait_options known;
        uint64_t more;
    } newer;
    CHECK_FAILS (jm_wait_create_with (NULL), NONE, EINVAL, "null");
    CHECK_FAILS (jm_wait_options_init (NULL, sizeof given), -1, EINVAL, "null");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i)
    {
        CHECK (jm_wait_options_init (&given, sizeof given) == 0 && given.interruptible == 0);
        CHECK_FAILS (jm_wait_options_init (&given, sizes[i]), -1, EINVAL, "jm_wait_options");
        given.struct_size = sizes[i];
        CHECK_FAILS (jm_wait_create_with (&given), NONE, EINVAL, "jm_wait_options");
    }
    CHECK (jm_wait_options_init (&given, sizeof given) == 0 && given.struct_size == sizeof given);
    given.interruptible = 2;
    CHECK_FAILS (jm_wait_create_with (&given), NONE, EINVAL, "interruptible is 2");
    given.interruptible = 1;
    jm_handle set = jm_wait_create_with (&given);
    CHECK (set > 0 && jm_close (set) == 0);
    memset (&newer, 0xff, sizeof newer);
    CHECK (jm_wait_options_init (&newer.known, sizeof newer) == 0 && newer.more == 0);
    set = jm_wait_create_with (&newer.known);
    CHECK (set > 0 && jm_close (set) == 0);
    newer.more = 1;
    CHECK_FAILS (jm_wait_create_with (&newer.known), NONE, EINVAL, "does not know");
}

int main (void)
{
    snprintf (name, sizeof name, "/joinmem-wait-walk-%ld", (long) getpid ());
    CHECK (sizeof (jm_wait_event) == 16 && offsetof (jm_wait_event, ready) == 8);
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        for (int shared = 0; shared < 2; ++shared)
        {
            one_queue (kind, shared);
            levels_and_members (kind, shared);
        }
    }
    many_queues ();
    descriptor_and_wake ();
    a_killed_producer ();
    handles_of_another_sort ();
    arguments ();
    options ();
    puts ("every function waited as documented");
    return 0;
}
