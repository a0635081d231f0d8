/* SPDX-License-Identifier: MIT */
/* Calls each queue function of the C API in C99, and provokes each error that joinmem.h documents. */
#include "check.h"

#include <stdint.h>

#define NONE JM_INVALID_HANDLE
#define MS INT64_C (1000000)

static char name[64];

typedef struct tick
{
    uint64_t number;
    char text[20];
} tick;

static tick tick_of (uint64_t number)
{
    tick made;
    memset (&made, 0, sizeof made);
    made.number = number;
    snprintf (made.text, sizeof made.text, "tick %d", (int) number);
    return made;
}

/* One element and several, waiting and not, of each kind; element sizes with an instance of their own, and others. */
static void one_and_some (jm_handle queue, uint32_t size)
{
    unsigned char in[8 * 100], out[8 * 100];
    for (size_t i = 0; i < sizeof in; ++i)
    {
        in[i] = (unsigned char) (i * 7 + size);
    }
    CHECK (jm_queue_element_size (queue) == size && jm_queue_capacity (queue) == 8);
    for (int i = 0; i < 8; ++i)
    {
        CHECK ((i % 2 == 0 ? jm_queue_try_push (queue, in + (size_t) i * size)
                           : jm_queue_push (queue, in + (size_t) i * size, -1))
               == 0);
        CHECK (jm_queue_pending (queue) == i + 1 && jm_queue_available (queue) == 7 - i);
    }
    CHECK_FAILS (jm_queue_try_push (queue, in), -1, EAGAIN, "full");
    CHECK_FAILS (jm_queue_push (queue, in, 0), -1, ETIMEDOUT, "time is up");
    CHECK_FAILS (jm_queue_push (queue, in, MS), -1, ETIMEDOUT, "time is up");
    CHECK_FAILS (jm_queue_push_n (queue, in, 3, MS), -1, ETIMEDOUT, "time is up");
    for (int i = 0; i < 8; ++i)
    {
        CHECK ((i % 2 == 0 ? jm_queue_try_pop (queue, out) : jm_queue_pop (queue, out, INT64_MAX)) == 0);
        CHECK (memcmp (out, in + (size_t) i * size, size) == 0);
    }
    CHECK_FAILS (jm_queue_try_pop (queue, out), -1, EAGAIN, "empty");
    CHECK_FAILS (jm_queue_pop (queue, out, 0), -1, ETIMEDOUT, "time is up");
    CHECK_FAILS (jm_queue_pop_some (queue, out, 8, MS), -1, ETIMEDOUT, "time is up");
    char before[512];
    CHECK (jm_shm_open (1, "/") == JM_INVALID_HANDLE); /* its message survives a batch that is cut short */
    snprintf (before, sizeof before, "%s", jm_last_error_message ());
    CHECK (jm_queue_push_n (queue, in, 9, MS) == 8 && strcmp (before, jm_last_error_message ()) == 0);
    CHECK (jm_queue_pop_n (queue, out, 9, MS) == 8 && strcmp (before, jm_last_error_message ()) == 0);
    jm_clear_error ();
    CHECK (jm_queue_try_push_n (queue, in, 5) == 5);
    CHECK (jm_queue_try_pop_n (queue, out, 2) == 2 && memcmp (out, in, 2 * size) == 0);
    CHECK (jm_queue_push_n (queue, in + 5 * size, 3, -1) == 3);
    CHECK (jm_queue_pop_n (queue, out, 6, -1) == 6 && memcmp (out, in + 2 * size, 6 * size) == 0);
    CHECK (jm_queue_try_push_n (queue, in, 100) == 8); /* n beyond the capacity: as many as fit */
    CHECK (jm_queue_pop_some (queue, out, 100, -1) == 8 && memcmp (out, in, 8 * size) == 0);
    CHECK (jm_last_error () == 0);
}

static void every_kind_and_size (void)
{
    static const uint32_t sizes[] = {1, 3, 4, 8, 12, 16, 24, 32, 64, 100};
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i)
        {
            jm_handle local = jm_queue_create (kind, 5, sizes[i]);
            jm_handle shared = jm_queue_open (kind, 7, sizes[i], name);
            CHECK (local > 0 && shared > 0);
            CHECK (jm_queue_kind (local) == kind && jm_queue_kind (shared) == kind);
            one_and_some (local, sizes[i]);
            one_and_some (shared, sizes[i]);
            CHECK (jm_close (local) == 0 && jm_close (shared) == 0 && jm_unlink (name) == 0);
        }
    }
}

/* A partial success leaves the last error unchanged, with its message; so does a call that waits and then succeeds. */
static void a_success_leaves_the_last_error (void)
{
    char said[200];
    int values[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    jm_handle queue = jm_queue_create (JM_MPSC, 4, sizeof (int));
    CHECK (jm_local_create (0) == NONE);
    snprintf (said, sizeof said, "%s", jm_last_error_message ());
    CHECK (jm_queue_push_n (queue, values, 8, MS) == 4);
    CHECK (jm_last_error () == EINVAL && strcmp (said, jm_last_error_message ()) == 0);
    CHECK (jm_queue_pop_n (queue, values, 8, 0) == 4);
    CHECK (jm_last_error () == EINVAL && strcmp (said, jm_last_error_message ()) == 0);
    CHECK (jm_queue_push_n (queue, values, 2, 0) == 2 && jm_queue_shutdown (queue) == 0);
    CHECK (jm_queue_pop_n (queue, values, 8, -1) == 2);
    CHECK (jm_last_error () == EINVAL && strcmp (said, jm_last_error_message ()) == 0);
    CHECK (jm_close (queue) == 0);
}

static void in_place (void)
{
    uint64_t count = 6;
    jm_handle queue = jm_queue_create (JM_SPSC, 8, sizeof (tick));
    tick* room = jm_queue_reserve (queue, &count);
    CHECK (room != NULL && count == 6);
    for (uint64_t i = 0; i < 5; ++i)
    {
        room[i] = tick_of (i);
    }
    CHECK_FAILS (jm_queue_commit (queue, 7), -1, EINVAL, "more than was reserved");
    CHECK_FAILS (jm_queue_commit (queue, 0), -1, EINVAL, "or 0");
    CHECK (jm_queue_commit (queue, 5) == 0);
    CHECK_FAILS (jm_queue_commit (queue, 1), -1, EINVAL, "more than was reserved");
    count = 100;
    const tick* peeked = jm_queue_peek (queue, &count);
    CHECK (peeked != NULL && count == 5 && peeked[4].number == 4 && strcmp (peeked[4].text, "tick 4") == 0);
    CHECK_FAILS (jm_queue_release (queue, 6), -1, EINVAL, "peeked");
    CHECK (jm_queue_release (queue, 5) == 0);
    count = UINT64_MAX; /* in one piece: up to the ring's end */
    CHECK (jm_queue_reserve (queue, &count) == (void*) (room + 5) && count == 3);
    CHECK (jm_queue_commit (queue, 3) == 0);
    count = 9;
    CHECK (jm_queue_reserve (queue, &count) == (void*) room && count == 5 && jm_queue_commit (queue, 5) == 0);
    CHECK_FAILS (jm_queue_reserve (queue, &count), NULL, EAGAIN, "full");
    CHECK (count == 5);
    count = 0;
    CHECK_FAILS (jm_queue_reserve (queue, &count), NULL, EINVAL, "0");
    CHECK_FAILS (jm_queue_peek (queue, &count), NULL, EINVAL, "0");
    CHECK_FAILS (jm_queue_reserve (queue, NULL), NULL, EINVAL, "null");
    CHECK_FAILS (jm_queue_peek (queue, NULL), NULL, EINVAL, "null");
    CHECK (jm_close (queue) == 0);
    for (uint32_t kind = JM_MPSC; kind <= JM_MPMC; ++kind)
    {
        queue = jm_queue_create (kind, 8, 8);
        count = 1;
        CHECK_FAILS (jm_queue_reserve (queue, &count), NULL, ENOTSUP, "JM_SPSC");
        CHECK_FAILS (jm_queue_commit (queue, 1), -1, ENOTSUP, "JM_SPSC");
        CHECK_FAILS (jm_queue_peek (queue, &count), NULL, ENOTSUP, "JM_SPSC");
        CHECK_FAILS (jm_queue_release (queue, 1), -1, ENOTSUP, "JM_SPSC");
        CHECK (jm_close (queue) == 0);
    }
}

static void the_end_of_a_stream (void)
{
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        uint64_t value = 7;
        uint64_t count = 1;
        jm_handle queue = jm_queue_open (kind, 8, 8, name);
        CHECK (jm_queue_try_push (queue, &value) == 0);
        CHECK (jm_queue_shutdown (queue) == 0 && jm_queue_shutdown (queue) == 0);
        CHECK_FAILS (jm_queue_try_push (queue, &value), -1, EPIPE, "shut down");
        CHECK_FAILS (jm_queue_push (queue, &value, -1), -1, EPIPE, "shut down");
        CHECK_FAILS (jm_queue_push_n (queue, &value, 1, -1), -1, EPIPE, "shut down");
        CHECK_FAILS (jm_queue_try_push_n (queue, &value, 1), -1, EPIPE, "shut down");
        CHECK (jm_queue_pop (queue, &value, -1) == 0 && value == 7);
        CHECK_FAILS (jm_queue_try_pop (queue, &value), -1, EPIPE, "drained");
        CHECK_FAILS (jm_queue_pop (queue, &value, -1), -1, EPIPE, "drained");
        CHECK_FAILS (jm_queue_pop_some (queue, &value, 1, -1), -1, EPIPE, "drained");
        if (kind == JM_SPSC)
        {
            CHECK_FAILS (jm_queue_reserve (queue, &count), NULL, EPIPE, "shut down");
            CHECK_FAILS (jm_queue_peek (queue, &count), NULL, EPIPE, "drained");
        }
        CHECK (jm_close (queue) == 0 && jm_unlink (name) == 0);
    }
}

static void what_there_is (void)
{
    char text[2000];
    uint64_t tag = 0;
    jm_queue_options options;
    CHECK (jm_queue_options_init (&options, sizeof options) == 0);
    options.tag = 0x7461674d79;
    jm_handle first = jm_queue_open_with (JM_MPMC, 100, 24, name, &options);
    jm_handle second = jm_queue_open (JM_MPMC, 128, 24, name + 1); /* without the slash; 100 rounds up to 128 */
    CHECK (first > 0 && second > 0 && jm_created (first) == 1 && jm_created (second) == 0);
    CHECK (jm_queue_tag (second, &tag) == 0 && tag == 0x7461674d79);
    CHECK_FAILS (jm_queue_tag (second, NULL), -1, EINVAL, "null");
    CHECK (jm_name (second, text, sizeof text) == (int64_t) strlen (name) && strcmp (text, name) == 0);
    CHECK (jm_placement (second, text, sizeof text) < (int64_t) sizeof text);
    CHECK (strstr (text, "\"shared\":true") != NULL && strstr (text, name) != NULL);
    CHECK (jm_queue_mlock (first) == 0);
    CHECK (jm_queue_mbind (first, 0) == 0 || jm_last_error () == ENOSYS || jm_last_error () == EPERM);
    CHECK (jm_queue_mbind (first, -1) == -1);
    CHECK (jm_close (first) == 0 && jm_close (second) == 0);
    first = jm_queue_create_with (JM_SPSC, 0, 1, &options);
    CHECK (jm_created (first) == 1 && jm_queue_capacity (first) == 1 && jm_name (first, text, 9) == 0);
    CHECK (jm_placement (first, text, sizeof text) > 0 && strstr (text, "\"shared\":false") != NULL);
    CHECK (jm_queue_tag (first, &tag) == 0 && tag == 0x7461674d79);
    CHECK (jm_close (first) == 0);
}

/* Continues with the queue of what_there_is (), and removes it at the end. */
static void opening_what_is_there (void)
{
    jm_options memory;
    jm_queue_options options;
    jm_handle queue;
    CHECK (jm_options_init (&memory, sizeof memory) == 0 && jm_queue_options_init (&options, sizeof options) == 0);
    CHECK_FAILS (jm_queue_open (JM_MPSC, 100, 24, name), NONE, EINVAL, "kind Mpmc");
    CHECK_FAILS (jm_queue_open (JM_MPMC, 64, 24, name), NONE, EINVAL, "capacity of 128");
    CHECK_FAILS (jm_queue_open (JM_MPMC, 100, 32, name), NONE, EINVAL, "elements of 24");
    memory.open_mode = JM_OPEN_ONLY;
    options.memory = &memory;
    queue = jm_queue_open_with (0, 0, 0, name, &options);
    CHECK (jm_queue_kind (queue) == JM_MPMC && jm_queue_capacity (queue) == 128);
    CHECK (jm_queue_element_size (queue) == 24 && jm_close (queue) == 0);
    CHECK_FAILS (jm_queue_open_with (9, 0, 0, name, &options), NONE, EINVAL, "kind");
    CHECK_FAILS (jm_queue_open_with (0, 3, 0, name, &options), NONE, EINVAL, "capacity");
    CHECK_FAILS (jm_queue_open_with (0, 0, UINT32_MAX, name, &options), NONE, EINVAL, "elements");
    options.type_id = 5; /* the segment has none: not compared */
    queue = jm_queue_open_with (0, 0, 0, name, &options);
    CHECK (queue > 0 && jm_close (queue) == 0);
    memory.read_only = 1;
    CHECK_FAILS (jm_queue_open_with (0, 0, 0, name, &options), NONE, EINVAL, "read-only");
    memory.read_only = 0;
    CHECK (jm_unlink (name) == 0);
    CHECK_FAILS (jm_queue_open_with (0, 0, 0, name, &options), NONE, ENOENT, name);
    memory.open_mode = JM_CREATE_ONLY;
    queue = jm_queue_open_with (JM_SPSC, 1, 1, name, &options);
    CHECK (queue > 0 && jm_close (queue) == 0);
    CHECK_FAILS (jm_queue_open_with (JM_SPSC, 1, 1, name, &options), NONE, EEXIST, name);
    memory.open_mode = JM_CREATE_OR_OPEN;
    options.type_id = 6;
    CHECK_FAILS (jm_queue_open_with (JM_SPSC, 1, 1, name, &options), NONE, EINVAL, "type");
    CHECK (jm_unlink (name) == 0);
    jm_handle plain = jm_shm_open (4096, name);
    CHECK_FAILS (jm_queue_open (JM_SPSC, 1, 1, name), NONE, EBADMSG, "no queue");
    memset (jm_get (plain, 0), 0xff, 4096);
    CHECK_FAILS (jm_queue_open (JM_SPSC, 1, 1, name), NONE, EBADMSG, "no queue");
    CHECK (jm_close (plain) == 0 && jm_unlink (name) == 0);
}

static void places (void)
{
    jm_queue_options options;
    int value = 1;
    CHECK (jm_queue_options_init (&options, sizeof options) == 0);
    options.max_producers = 1023;
    CHECK_FAILS (jm_queue_create_with (JM_MPMC, 1, 4, &options), NONE, EINVAL, "1022");
    options.max_producers = 1;
    jm_handle queue = jm_queue_open_with (JM_MPSC, 4, sizeof value, name, &options);
    CHECK (jm_queue_try_push (queue, &value) == 0);
    CHECK (jm_close (queue) == 0 && jm_unlink (name) == 0);
}

static void who_is_there (void)
{
    struct
    {
        jm_producer known;
        uint64_t newer[2];
    } list[2];
    jm_queue_stats stats;
    uint64_t value = 1;
    jm_handle queue = jm_queue_open (JM_MPMC, 4, sizeof value, name);
    CHECK (jm_queue_producers (queue, NULL, 0, sizeof (jm_producer)) == 0);
    CHECK (jm_queue_try_push (queue, &value) == 0);
    memset (list, 0xff, sizeof list);
    CHECK (jm_queue_producers (queue, &list[0].known, 2, sizeof list[0]) == 1);
    CHECK (list[0].known.struct_size == sizeof list[0] && list[0].known.slot == 1);
    CHECK (list[0].known.pid == (int32_t) getpid () && list[0].known.alive == 1);
    CHECK (list[0].newer[0] == 0 && list[0].newer[1] == 0 && list[1].newer[0] == UINT64_MAX);
    CHECK (jm_queue_producers (queue, NULL, 0, sizeof (jm_producer)) == 1);
    CHECK_FAILS (jm_queue_producers (queue, NULL, 1, sizeof (jm_producer)), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_producers (queue, &list[0].known, 1, 0), -1, EINVAL, "struct_size");
    CHECK_FAILS (jm_queue_producers (queue, &list[0].known, 1, sizeof (jm_producer) - 1), -1, EINVAL, "struct_size");
    CHECK_FAILS (jm_queue_producers (queue, &list[0].known, 1, UINT32_MAX), -1, EINVAL, "struct_size");
    CHECK (jm_queue_try_pop (queue, &value) == 0 && jm_queue_shutdown (queue) == 0);
    CHECK (jm_queue_get_stats (queue, &stats, sizeof stats) == 0 && stats.struct_size == sizeof stats);
    CHECK (stats.pushed == 1 && stats.popped == 1 && stats.deaths == 0 && stats.skipped == 0 && stats.shut_down == 1);
    CHECK_FAILS (jm_queue_get_stats (queue, NULL, sizeof stats), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_get_stats (queue, &stats, sizeof stats - 1), -1, EINVAL, "struct_size");
    CHECK (jm_close (queue) == 0 && jm_unlink (name) == 0);
}

static void exclusive_sides (void)
{
    jm_queue_options options;
    int value = 1;
    CHECK (jm_queue_options_init (&options, sizeof options) == 0);
    CHECK (options.exclusive == 1 && options.owner_dead == 0);
    options.exclusive = 2;
    CHECK_FAILS (jm_queue_open_with (JM_SPSC, 4, sizeof value, name, &options), NONE, EINVAL, "exclusive");
    options.exclusive = 1;
    options.owner_dead = 2;
    CHECK_FAILS (jm_queue_open_with (JM_SPSC, 4, sizeof value, name, &options), NONE, EINVAL, "owner_dead");
    options.owner_dead = 1;
    jm_handle first = jm_queue_open_with (JM_SPSC, 4, sizeof value, name, &options);
    jm_handle second = jm_queue_open_with (JM_SPSC, 4, sizeof value, name, &options);
    CHECK (jm_queue_try_push (first, &value) == 0);
    CHECK_FAILS (jm_queue_try_push (second, &value), -1, EBUSY, name);
    CHECK (jm_queue_pop (second, &value, -1) == 0);
    CHECK_FAILS (jm_queue_pop (second, &value, 1000000), -1, ETIMEDOUT, "time");
    CHECK_FAILS (jm_queue_pop (first, &value, 0), -1, EBUSY, name);
    CHECK (jm_queue_release_role (first) == 0);
    CHECK (jm_queue_try_push (second, &value) == 0);
    CHECK_FAILS (jm_queue_try_push (first, &value), -1, EBUSY, "producer");
    CHECK (jm_queue_release_role (second) == 0 && jm_queue_try_push (first, &value) == 0);
    CHECK_FAILS (jm_queue_release_role (0), -1, EBADF, "handle");
    CHECK (jm_close (first) == 0);
    CHECK (jm_queue_try_push (second, &value) == 0);
    CHECK (jm_close (second) == 0 && jm_unlink (name) == 0);
}

int main (void)
{
    snprintf (name, sizeof name, "/joinmem-queue-walk-%ld", (long) getpid ());
    every_kind_and_size ();
    a_success_leaves_the_last_error ();
    in_place ();
    the_end_of_a_stream ();
    what_there_is ();
    opening_what_is_there ();
    places ();
    who_is_there ();
    exclusive_sides ();
    puts ("every queue function walked");
    return 0;
}
