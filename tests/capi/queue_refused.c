/* SPDX-License-Identifier: MIT */
/* Invalid arguments of queue functions cause an error with a message, and leave everything unchanged. */
#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>

#define NONE JM_INVALID_HANDLE

static char name[64];

/* Every function that takes a queue, with a handle that is not a queue. */
static void refused_by_all (jm_handle handle, int error, const char* words)
{
    uint64_t room[4] = {0, 0, 0, 0};
    uint64_t count = 1;
    jm_queue_stats stats;
    CHECK_FAILS (jm_queue_try_push (handle, room), -1, error, words);
    CHECK_FAILS (jm_queue_try_pop (handle, room), -1, error, words);
    CHECK_FAILS (jm_queue_try_push_n (handle, room, 1), -1, error, words);
    CHECK_FAILS (jm_queue_try_pop_n (handle, room, 1), -1, error, words);
    CHECK_FAILS (jm_queue_push (handle, room, -1), -1, error, words);
    CHECK_FAILS (jm_queue_pop (handle, room, -1), -1, error, words);
    CHECK_FAILS (jm_queue_push_n (handle, room, 1, -1), -1, error, words);
    CHECK_FAILS (jm_queue_pop_n (handle, room, 1, -1), -1, error, words);
    CHECK_FAILS (jm_queue_pop_some (handle, room, 1, -1), -1, error, words);
    CHECK_FAILS (jm_queue_await_element (handle, 1, -1), -1, error, words);
    CHECK_FAILS (jm_queue_await_room (handle, 1, -1), -1, error, words);
    CHECK_FAILS (jm_queue_shutdown (handle), -1, error, words);
    CHECK_FAILS (jm_queue_cancel (handle), -1, error, words);
    CHECK_FAILS (jm_queue_resume (handle), -1, error, words);
    CHECK_FAILS (jm_queue_reserve (handle, &count), NULL, error, words);
    CHECK_FAILS (jm_queue_commit (handle, 1), -1, error, words);
    CHECK_FAILS (jm_queue_peek (handle, &count), NULL, error, words);
    CHECK_FAILS (jm_queue_release (handle, 1), -1, error, words);
    CHECK_FAILS (jm_queue_kind (handle), 0, error, words);
    CHECK_FAILS (jm_queue_element_size (handle), -1, error, words);
    CHECK_FAILS (jm_queue_capacity (handle), -1, error, words);
    CHECK_FAILS (jm_queue_pending (handle), -1, error, words);
    CHECK_FAILS (jm_queue_available (handle), -1, error, words);
    CHECK_FAILS (jm_queue_tag (handle, &count), -1, error, words);
    CHECK_FAILS (jm_queue_producers (handle, NULL, 0, sizeof (jm_producer)), -1, error, words);
    CHECK_FAILS (jm_queue_get_stats (handle, &stats, sizeof stats), -1, error, words);
    CHECK_FAILS (jm_queue_mbind (handle, 0), -1, error, words);
    CHECK_FAILS (jm_queue_mlock (handle), -1, error, words);
}

static void handles_of_another_sort (void)
{
    jm_handle memory = jm_local_create (4096);
    jm_handle queue = jm_queue_create (JM_SPSC, 8, 8);
    refused_by_all (memory, EINVAL, "needs a queue");
    CHECK_FAILS (jm_get (queue, 0), NULL, EINVAL, "needs memory");
    CHECK_FAILS (jm_size (queue), -1, EINVAL, "needs memory");
    CHECK_FAILS (jm_page_size (queue), -1, EINVAL, "needs memory");
    CHECK_FAILS (jm_mbind (queue, 0), -1, EINVAL, "needs memory");
    CHECK_FAILS (jm_mlock (queue), -1, EINVAL, "needs memory");
    CHECK_FAILS (jm_munlock (queue), -1, EINVAL, "needs memory");
    CHECK_FAILS (jm_node_of (queue, 0), -1, EINVAL, "needs memory");
    CHECK (jm_close (memory) == 0 && jm_close (queue) == 0);
    refused_by_all (queue, EBADF, "closed");
    refused_by_all (memory, EBADF, "closed");
    refused_by_all (0, EBADF, "does not exist");
    refused_by_all (-1, EBADF, "does not exist");
    refused_by_all (INT64_MIN, EBADF, "does not exist");
    refused_by_all (INT64_MAX, EBADF, "does not exist");
    refused_by_all ((int32_t) queue, EBADF, "does not exist");
}

static void elements_and_counts (jm_handle queue)
{
    uint64_t room[4] = {1, 2, 3, 4};
    CHECK_FAILS (jm_queue_try_push (queue, NULL), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_try_pop (queue, NULL), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_push (queue, NULL, -1), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_pop (queue, NULL, -1), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_try_push_n (queue, NULL, 1), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_try_pop_n (queue, NULL, 1), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_push_n (queue, NULL, 1, -1), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_pop_n (queue, NULL, 1, -1), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_pop_some (queue, NULL, 1, -1), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_try_push_n (queue, room, 0), -1, EINVAL, "their number 0");
    CHECK_FAILS (jm_queue_try_pop_n (queue, room, 0), -1, EINVAL, "their number 0");
    CHECK (jm_queue_push_n (queue, room, 0, -1) == 0 && jm_queue_push_n (queue, NULL, 0, 0) == 0);
    CHECK (jm_queue_pop_n (queue, room, 0, -1) == 0 && jm_queue_pop_n (queue, NULL, 0, 1000) == 0);
    CHECK_FAILS (jm_queue_pop_some (queue, room, 0, -1), -1, EINVAL, "their number 0");
    CHECK (jm_queue_pending (queue) == 0);
}

static void timeouts (jm_handle queue)
{
    static const int64_t bad[] = {INT64_MIN, -2, -INT64_C (1000000000)};
    uint64_t room[4] = {1, 2, 3, 4};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i)
    {
        CHECK_FAILS (jm_queue_push (queue, room, bad[i]), -1, EINVAL, "timeout");
        CHECK_FAILS (jm_queue_pop (queue, room, bad[i]), -1, EINVAL, "timeout");
        CHECK_FAILS (jm_queue_push_n (queue, room, 1, bad[i]), -1, EINVAL, "timeout");
        CHECK_FAILS (jm_queue_pop_n (queue, room, 1, bad[i]), -1, EINVAL, "timeout");
        CHECK_FAILS (jm_queue_pop_some (queue, room, 1, bad[i]), -1, EINVAL, "timeout");
    }
    CHECK (jm_queue_pending (queue) == 0);
    CHECK_FAILS (jm_queue_pop (queue, room, 0), -1, ETIMEDOUT, "time");
    CHECK (jm_queue_push (queue, room, 0) == 0 && jm_queue_push (queue, room, INT64_MAX) == 0);
    CHECK (jm_queue_pop (queue, room, 0) == 0 && jm_queue_pop (queue, room, INT64_MAX) == 0);
}

/* The shape, of a private and of a shared queue. */
static void refused_shape (uint32_t kind, uint64_t capacity, uint32_t size, int error, int shared_error,
                           const char* words)
{
    char path[80];
    CHECK_FAILS (jm_queue_create (kind, capacity, size), NONE, error, words);
    CHECK_FAILS (jm_queue_open (kind, capacity, size, name), NONE, shared_error, words);
    snprintf (path, sizeof path, "/dev/shm%s", name);
    CHECK (access (path, F_OK) == -1); /* nothing is left */
}

static void shapes (void)
{
    refused_shape (0, 8, 8, EINVAL, EINVAL, "kind 0");
    refused_shape (9, 8, 8, EINVAL, EINVAL, "kind 9");
    refused_shape (UINT32_MAX, 8, 8, EINVAL, EINVAL, "kind");
    refused_shape (JM_SPSC, 8, 0, EINVAL, EINVAL, "0 bytes");
    refused_shape (JM_MPSC, 8, 65537, EINVAL, EINVAL, "65537 bytes");
    refused_shape (JM_MPMC, 8, UINT32_MAX, EINVAL, EINVAL, "4294967295 bytes");
    refused_shape (JM_MPMC, (UINT64_C (1) << 32) + 1, 1, EINVAL, EINVAL, "4294967296");
    refused_shape (JM_SPSC, UINT64_C (1) << 60, 64, EOVERFLOW, EOVERFLOW, "past what a file can have");
    refused_shape (JM_MPMC, UINT64_MAX, 1, EOVERFLOW, EOVERFLOW, "past what a file can have");
    refused_shape (JM_MPSC, UINT64_C (1) << 32, 65536, ENOMEM, ENOSPC, "TiB");
    jm_handle largest = jm_queue_create (JM_MPMC, 2, 65536);
    CHECK (largest > 0 && jm_close (largest) == 0);
}

static void names (void)
{
    char longest[300];
    const char* bad[] = {NULL, "", "/", "a/b", "//a", ".", "/..", "/.joinmem-x"};
    memset (longest, 'j', sizeof longest);
    longest[256] = '\0';
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i)
    {
        CHECK_FAILS (jm_queue_open (JM_SPSC, 8, 8, bad[i]), NONE, EINVAL, "name");
    }
    CHECK_FAILS (jm_queue_open (JM_SPSC, 8, 8, longest), NONE, ENAMETOOLONG, "256");
}

static void options_that_are_none (void)
{
    static const uint32_t sizes[] = {0, 4, 7, 12, 20, 28, 5000, UINT32_MAX};
    jm_options memory;
    jm_queue_options options;
    struct
    {
        jm_queue_options known;
        uint64_t more;
    } newer;
    CHECK_FAILS (jm_queue_options_init (NULL, sizeof options), -1, EINVAL, "null");
    CHECK_FAILS (jm_queue_create_with (JM_SPSC, 8, 8, NULL), NONE, EINVAL, "null");
    CHECK_FAILS (jm_queue_open_with (JM_SPSC, 8, 8, name, NULL), NONE, EINVAL, "null");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i)
    {
        CHECK (jm_queue_options_init (&options, sizeof options) == 0);
        CHECK_FAILS (jm_queue_options_init (&options, sizes[i]), -1, EINVAL, "jm_queue_options");
        options.struct_size = sizes[i];
        CHECK_FAILS (jm_queue_create_with (JM_SPSC, 8, 8, &options), NONE, EINVAL, "jm_queue_options");
    }
    CHECK (jm_queue_options_init (&options, sizeof options) == 0 && jm_options_init (&memory, sizeof memory) == 0);
    options.memory = &memory;
    memory.huge = 3;
    CHECK_FAILS (jm_queue_create_with (JM_SPSC, 8, 8, &options), NONE, EINVAL, "huge pages mode 3");
    CHECK_FAILS (jm_queue_open_with (JM_SPSC, 8, 8, name, &options), NONE, EINVAL, "huge pages mode 3");
    memory.huge = JM_HUGE_NEVER;
    memory.struct_size = 3;
    CHECK_FAILS (jm_queue_create_with (JM_SPSC, 8, 8, &options), NONE, EINVAL, "jm_options");
    memset (&newer, 0xff, sizeof newer);
    CHECK (jm_queue_options_init (&newer.known, sizeof newer) == 0 && newer.more == 0);
    jm_handle queue = jm_queue_create_with (JM_SPSC, 8, 8, &newer.known);
    CHECK (queue > 0 && jm_close (queue) == 0);
    newer.more = 1;
    CHECK_FAILS (jm_queue_create_with (JM_SPSC, 8, 8, &newer.known), NONE, EINVAL, "does not know");
}

/* Another program overwrites the indices: the call reports it and accesses nothing outside the queue. */
static void damaged (void)
{
    uint64_t value = 1;
    unsigned char scribble[8];
    memset (scribble, 0x55, sizeof scribble);
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        jm_handle queue = jm_queue_open (kind, 8, 8, name);
        int bytes = shm_open (name, O_RDWR, 0);
        CHECK (queue > 0 && bytes != -1 && jm_unlink (name) == 0);
        CHECK (jm_queue_try_push (queue, &value) == 0);
        CHECK (lseek (bytes, 512, SEEK_SET) == 512); /* tail */
        CHECK (write (bytes, scribble, sizeof scribble) == sizeof scribble);
        CHECK (jm_queue_pending (queue) >= 0 && jm_queue_pending (queue) <= 8);
        for (int i = 0; i < 8; ++i)
        {
            (void) jm_queue_try_push (queue, &value);
        }
        CHECK_FAILS (jm_queue_try_push (queue, &value), -1, EBADMSG, "damaged");
        CHECK_FAILS (jm_queue_push (queue, &value, -1), -1, EBADMSG, "damaged");
        if (kind == JM_SPSC)
        {
            CHECK_FAILS (jm_queue_try_pop (queue, &value), -1, EBADMSG, "damaged");
            CHECK_FAILS (jm_queue_pop_some (queue, &value, 1, -1), -1, EBADMSG, "damaged");
            CHECK_FAILS (jm_queue_await_element (queue, 1, -1), -1, EBADMSG, "damaged");
        }
        CHECK (jm_close (queue) == 0 && close (bytes) == 0);
    }
}

int main (void)
{
    snprintf (name, sizeof name, "/joinmem-queue-refused-%ld", (long) getpid ());
    handles_of_another_sort ();
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        jm_handle queue = jm_queue_create (kind, 8, 8);
        elements_and_counts (queue);
        timeouts (queue);
        CHECK (jm_close (queue) == 0);
    }
    shapes ();
    names ();
    options_that_are_none ();
    damaged ();
    puts ("every refusal reported");
    return 0;
}
