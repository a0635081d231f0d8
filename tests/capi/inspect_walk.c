/* SPDX-License-Identifier: MIT */
/* Calls each function of the C API that inspects segments by name, and provokes each error that joinmem.h documents. */
#include "check.h"

#include <stdint.h>

static char name[64];
static char other[64];

static int contains (const char* names, int64_t bytes, const char* wanted)
{
    for (int64_t i = 0; i < bytes; i += (int64_t) strlen (names + i) + 1)
    {
        if (strcmp (names + i, wanted) == 0)
        {
            return 1;
        }
    }
    return 0;
}

static void names_are_listed (void)
{
    jm_handle memory = jm_shm_open (4096, name);
    const int64_t needed = jm_segment_names (NULL, 0);
    CHECK (memory != JM_INVALID_HANDLE && needed > 0);
    char* names = malloc ((size_t) needed + 4096);
    const int64_t bytes = jm_segment_names (names, (uint64_t) needed + 4096);
    CHECK (bytes > 0 && bytes <= needed + 4096 && contains (names, bytes, name));
    memset (names, 0x5a, 3);
    CHECK (jm_segment_names (names, 2) > 2 && names[0] == 0 && names[1] == 0 && names[2] == 0x5a);
    CHECK_FAILS (jm_segment_names (NULL, 1), -1, EINVAL, "null");
    free (names);
    CHECK (jm_close (memory) == 0 && jm_unlink (name) == 0);
}

static void a_queue_is_told (void)
{
    char text[2048];
    struct
    {
        jm_producer known;
        uint64_t newer[2];
    } list[2];
    uint64_t value = 1;
    jm_handle queue = jm_queue_open (JM_MPMC, 4, sizeof value, name);
    CHECK (jm_queue_try_push (queue, &value) == 0);
    const int64_t length = jm_inspect (name, text, sizeof text);
    CHECK (length > 0 && length < (int64_t) sizeof text && (int64_t) strlen (text) == length);
    CHECK (strstr (text, "\"kind\":\"mpmc\"") && strstr (text, "\"pending\":1") && strstr (text, "\"users\":1"));
    CHECK (strstr (text, "\"fault\":null") && strstr (text, "\"in_use\":true") && strstr (text, "\"shut_down\":false"));
    CHECK (jm_inspect (name, text, 5) >= length - 20 && strlen (text) == 4);
    CHECK_FAILS (jm_inspect (name, NULL, 1), -1, EINVAL, "null");

    memset (list, 0xff, sizeof list);
    CHECK (jm_inspect_producers (name, &list[0].known, 2, sizeof list[0]) == 1);
    CHECK (list[0].known.slot == 1 && list[0].known.alive == 1 && list[0].known.in_push == 0);
    CHECK (list[0].known.pid == (int32_t) getpid () && list[0].newer[1] == 0 && list[1].newer[0] == UINT64_MAX);
    CHECK (jm_inspect_producers (name, NULL, 0, sizeof (jm_producer)) == 1);
    CHECK_FAILS (jm_inspect_producers (name, NULL, 1, sizeof (jm_producer)), -1, EINVAL, "null");
    CHECK_FAILS (jm_inspect_producers (name, &list[0].known, 1, 3), -1, EINVAL, "struct_size");
    /* As a program that was built before `in_push` was added. */
    memset (list, 0xff, sizeof list);
    CHECK (jm_queue_producers (queue, &list[0].known, 1, 16) == 1 && list[0].known.struct_size == 16);
    CHECK (list[0].known.alive == 1 && list[0].known.in_push == UINT32_MAX);

    CHECK (jm_inspect_pages (name, UINT64_MAX, text, sizeof text) > 0 && strstr (text, "\"page_size\":"));
    CHECK_FAILS (jm_inspect_pages (name, UINT64_MAX, NULL, 1), -1, EINVAL, "null");
    CHECK_FAILS (jm_remove_unused (name), -1, EBUSY, "in use");
    CHECK (jm_close (queue) == 0 && jm_remove_unused (name) == 0);
    CHECK_FAILS (jm_remove_unused (name), -1, ENOENT, name);
}

static void what_cannot_be_looked_at (void)
{
    static const char* const bad[] = {NULL, "", "a/b", "/"};
    jm_producer one;
    char text[16];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i)
    {
        CHECK_FAILS (jm_inspect (bad[i], text, sizeof text), -1, EINVAL, "name");
        CHECK_FAILS (jm_inspect_producers (bad[i], &one, 1, sizeof one), -1, EINVAL, "name");
        CHECK_FAILS (jm_inspect_pages (bad[i], 1, text, sizeof text), -1, EINVAL, "name");
        CHECK_FAILS (jm_remove_unused (bad[i]), -1, EINVAL, "name");
    }
    CHECK_FAILS (jm_inspect (other, text, sizeof text), -1, ENOENT, other);
    CHECK_FAILS (jm_inspect_producers (other, &one, 1, sizeof one), -1, ENOENT, other);
    CHECK_FAILS (jm_inspect_pages (other, 1, text, sizeof text), -1, ENOENT, other);
    jm_handle memory = jm_shm_open (4096, other);
    CHECK_FAILS (jm_inspect_producers (other, &one, 1, sizeof one), -1, EBADMSG, other);
    CHECK (jm_close (memory) == 0 && jm_remove_unused (other) == 0);
}

static uint64_t number_of (const char* key)
{
    char text[2048], quoted[40];
    CHECK (jm_inspect (name, text, sizeof text) > 0);
    snprintf (quoted, sizeof quoted, "\"%s\":", key);
    const char* found = strstr (text, quoted);
    CHECK (found != NULL);
    return strtoull (found + strlen (quoted), NULL, 10);
}

static void what_was_used_since_stays (void)
{
    uint64_t value = 1;
    jm_handle queue = jm_queue_open (JM_SPSC, 4, sizeof value, name);
    const uint64_t device = number_of ("device"), inode = number_of ("inode");
    CHECK_FAILS (jm_remove_unused_if_unchanged (name, device, inode, 0, 0), -1, EBUSY, "in use");
    CHECK (jm_queue_try_push (queue, &value) == 0 && jm_close (queue) == 0);
    CHECK_FAILS (jm_remove_unused_if_unchanged (name, device, inode, 0, 0), -1, EAGAIN, "meanwhile");
    CHECK_FAILS (jm_remove_unused_if_unchanged (name, device, inode + 1, 1, 0), -1, EAGAIN, "meanwhile");
    CHECK (jm_remove_unused_if_unchanged (name, device, inode, 1, 0) == 0);
    CHECK_FAILS (jm_remove_unused_if_unchanged (name, device, inode, 1, 0), -1, ENOENT, name);
}

int main (void)
{
    snprintf (name, sizeof name, "/joinmem-look-%ld", (long) getpid ());
    snprintf (other, sizeof other, "/joinmem-look-%ld-other", (long) getpid ());
    names_are_listed ();
    a_queue_is_told ();
    what_was_used_since_stays ();
    what_cannot_be_looked_at ();
    puts ("every function that looks walked");
    return 0;
}
