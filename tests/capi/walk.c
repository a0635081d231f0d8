/* SPDX-License-Identifier: MIT */
/* Calls each memory function of the C API in C99, and provokes each error that joinmem.h documents. */
#include "check.h"

#include <stdint.h>

static char name[64];

static void library_and_last_error (void)
{
    char version[32];
    CHECK (jm_last_error () == 0);
    CHECK (jm_last_error_message () != NULL);
    snprintf (version, sizeof version, "%u.%u.%u", jm_version () >> 16, jm_version () >> 8 & 255, jm_version () & 255);
    CHECK (strcmp (version, jm_version_string ()) == 0);
    CHECK (jm_close (0) == -1);
    CHECK (jm_last_error () == EBADF);
    jm_clear_error ();
    CHECK (jm_last_error () == 0);
}

static void private_memory (void)
{
    char text[8] = "xxxxxxx";
    jm_handle memory = jm_local_create (5000);
    CHECK (memory > 0);
    CHECK (jm_size (memory) == 8192);
    CHECK (jm_page_size (memory) == 4096);
    CHECK (jm_created (memory) == 1);
    CHECK (jm_name (memory, text, sizeof text) == 0 && text[0] == '\0');
    memset (jm_get (memory, 0), 1, 8192);
    CHECK ((char *) jm_get (memory, 8191) - (char *) jm_get (memory, 0) == 8191);
    CHECK_FAILS (jm_get (memory, 8192), NULL, ERANGE, "8192");
    CHECK_FAILS (jm_get (memory, UINT64_MAX), NULL, ERANGE, "past the end");
    CHECK (jm_mlock (memory) == 0);
    CHECK (jm_munlock (memory) == 0);
    if (jm_mbind (memory, 0) == 0)
    {
        CHECK (jm_node_of (memory, 0) == 0);
        CHECK_FAILS (jm_mbind (memory, -1), -1, EINVAL, "node -1");
        CHECK_FAILS (jm_mbind (memory, INT32_MAX), -1, EINVAL, "node 2147483647");
        CHECK_FAILS (jm_node_of (memory, 8192), -1, ERANGE, "past the end");
    }
    else
    {
        CHECK (jm_last_error () == ENOSYS || jm_last_error () == EPERM);
    }
    CHECK (jm_close (memory) == 0);
    CHECK_FAILS (jm_close (memory), -1, EBADF, "closed");
    CHECK_FAILS (jm_get (memory, 0), NULL, EBADF, "closed");
    CHECK_FAILS (jm_size (memory), -1, EBADF, "closed");
    CHECK_FAILS (jm_page_size (memory), -1, EBADF, "closed");
    CHECK_FAILS (jm_created (memory), -1, EBADF, "closed");
    CHECK_FAILS (jm_name (memory, NULL, 0), -1, EBADF, "closed");
    CHECK_FAILS (jm_placement (memory, NULL, 0), -1, EBADF, "closed");
    CHECK_FAILS (jm_mbind (memory, 0), -1, EBADF, "closed");
    CHECK_FAILS (jm_mlock (memory), -1, EBADF, "closed");
    CHECK_FAILS (jm_munlock (memory), -1, EBADF, "closed");
    CHECK_FAILS (jm_node_of (memory, 0), -1, EBADF, "closed");
    CHECK_FAILS (jm_local_create (0), JM_INVALID_HANDLE, EINVAL, "0 bytes");
    CHECK_FAILS (jm_local_create (UINT64_MAX), JM_INVALID_HANDLE, ENOMEM, "EiB");
    CHECK_FAILS (jm_local_create (UINT64_C (1) << 45), JM_INVALID_HANDLE, ENOMEM, "32 TiB");
}

static void shared_memory (void)
{
    char text[80];
    jm_options options;
    jm_handle first = jm_shm_open (4096, name);
    jm_handle second = jm_shm_open (4096, name + 1); /* without the slash */
    CHECK (first > 0 && second > 0);
    CHECK (jm_created (first) == 1 && jm_created (second) == 0);
    strcpy (jm_get (first, 10), "seen");
    CHECK (strcmp (jm_get (second, 10), "seen") == 0);
    CHECK (jm_name (second, text, sizeof text) == (int64_t) strlen (name) && strcmp (text, name) == 0);
    CHECK (jm_name (second, text, 4) == (int64_t) strlen (name) && strncmp (text, name, 3) == 0 && text[3] == '\0');
    CHECK (jm_name (second, NULL, 0) == (int64_t) strlen (name));
    CHECK_FAILS (jm_name (second, NULL, 1), -1, EINVAL, "null");
    CHECK_FAILS (jm_shm_open (8192, name), JM_INVALID_HANDLE, EINVAL, name);
    CHECK (jm_options_init (&options, sizeof options) == 0);
    options.open_mode = JM_CREATE_ONLY;
    CHECK_FAILS (jm_shm_open_with (4096, name, &options), JM_INVALID_HANDLE, EEXIST, name);
    options.open_mode = JM_OPEN_ONLY;
    options.read_only = 1;
    CHECK (jm_close (second) == 0);
    second = jm_shm_open_with (0, name, &options);
    CHECK (second > 0 && jm_size (second) == 4096);
    CHECK (strcmp (jm_get (second, 10), "seen") == 0);
    CHECK (jm_named (first) == 1 && jm_named (second) == 1);
    CHECK (jm_unlink (name) == 0);
    CHECK (jm_named (first) == 0 && jm_named (second) == 0);
    CHECK_FAILS (jm_named (-1), -1, EBADF, "handle -1");
    CHECK (jm_unlink (name) == 0);
    CHECK_FAILS (jm_shm_open_with (4096, name, &options), JM_INVALID_HANDLE, ENOENT, "JM_CREATE_OR_OPEN");
    CHECK (strcmp (jm_get (first, 10), "seen") == 0);
    CHECK (jm_close (first) == 0 && jm_close (second) == 0);
}

static void names (void)
{
    char longest[300];
    const char *bad[] = {NULL, "", "/", "a/b", "//a", ".", "/.."};
    memset (longest, 'j', sizeof longest);
    longest[256] = '\0';
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i)
    {
        CHECK_FAILS (jm_shm_open (4096, bad[i]), JM_INVALID_HANDLE, EINVAL, "name");
        CHECK_FAILS (jm_unlink (bad[i]), -1, EINVAL, "name");
    }
    CHECK_FAILS (jm_shm_open (4096, longest), JM_INVALID_HANDLE, ENAMETOOLONG, "256");
    CHECK_FAILS (jm_unlink (longest), -1, ENAMETOOLONG, "256");
    CHECK_FAILS (jm_shm_open (0, name), JM_INVALID_HANDLE, EINVAL, "JM_OPEN_ONLY");
    CHECK_FAILS (jm_shm_open (INT64_MAX, name), JM_INVALID_HANDLE, EOVERFLOW, "9223372036854775807");
    CHECK_FAILS (jm_shm_open (UINT64_MAX, name), JM_INVALID_HANDLE, EOVERFLOW, "larger than a file");
    CHECK_FAILS (jm_shm_open (UINT64_C (1) << 45, name), JM_INVALID_HANDLE, ENOSPC, "/dev/shm has");
}

/* Sets one field to an invalid value. */
#define CHECK_REFUSED(field, value, words)                                                                    \
    do                                                                                                        \
    {                                                                                                         \
        jm_options bad;                                                                                       \
        CHECK (jm_options_init (&bad, sizeof bad) == 0);                                                      \
        bad.field = (value);                                                                                  \
        CHECK_FAILS (jm_local_create_with (4096, &bad), JM_INVALID_HANDLE, EINVAL, words);                    \
        CHECK_FAILS (jm_shm_open_with (4096, name, &bad), JM_INVALID_HANDLE, EINVAL, words);                  \
    } while (0)

static void options_that_are_none (void)
{
    CHECK_FAILS (jm_options_init (NULL, sizeof (jm_options)), -1, EINVAL, "null");
    CHECK_FAILS (jm_local_create_with (4096, NULL), JM_INVALID_HANDLE, EINVAL, "null");
    CHECK_FAILS (jm_shm_open_with (4096, name, NULL), JM_INVALID_HANDLE, EINVAL, "null");
    CHECK_REFUSED (struct_size, 0, "struct_size 0");
    CHECK_REFUSED (struct_size, 4, "struct_size 4");
    CHECK_REFUSED (struct_size, 12, "struct_size 12");
    CHECK_REFUSED (struct_size, 22, "struct_size 22");
    CHECK_REFUSED (struct_size, UINT32_MAX, "struct_size");
    CHECK_REFUSED (huge, 3, "huge pages mode 3 does not exist: 0 prefers");
    CHECK_REFUSED (huge, UINT32_MAX, "huge pages");
    CHECK_REFUSED (huge_page_size, 3, "power of two");
    CHECK_REFUSED (huge_page_size, 4096, "huge pages of 4 KiB");
    CHECK_REFUSED (numa_node, -2, "node -2");
    CHECK_REFUSED (prefault, 2, "prefault is 2");
    CHECK_REFUSED (lock, UINT32_MAX, "lock is");
    CHECK_REFUSED (open_mode, 3, "open mode 3 does not exist: 0 creates or opens");
    CHECK_REFUSED (permissions, 01000, "above 0777");
    CHECK_REFUSED (read_only, 1, "JM_OPEN_ONLY");
    CHECK_REFUSED (read_only, 2, "read_only is 2");
    CHECK_REFUSED (only_ours, 2, "only_ours is 2");
    CHECK_REFUSED (reserved, 1, "reserved is 1");
    jm_options only;
    CHECK (jm_options_init (&only, sizeof only) == 0);
    only.open_mode = JM_OPEN_ONLY;
    CHECK_FAILS (jm_local_create_with (4096, &only), JM_INVALID_HANDLE, EINVAL, "JM_OPEN_ONLY");
}

/* The report of memory created with these options contains these words. */
#define CHECK_ARRIVES(field, value, words)                                                                    \
    do                                                                                                        \
    {                                                                                                         \
        jm_options given;                                                                                     \
        char text[4096];                                                                                      \
        CHECK (jm_options_init (&given, sizeof given) == 0);                                                  \
        given.field = (value);                                                                                \
        jm_handle memory = jm_local_create_with (4096, &given);                                               \
        CHECK (memory > 0);                                                                                   \
        CHECK (jm_placement (memory, text, sizeof text) < (int64_t) sizeof text);                             \
        CHECK (strstr (text, (words)) != NULL);                                                               \
        CHECK (jm_close (memory) == 0);                                                                       \
    } while (0)

static void options_that_arrive (void)
{
    CHECK_ARRIVES (huge, JM_HUGE_NEVER, "\"requested_huge\":\"never\"");
    CHECK_ARRIVES (huge_page_size, 2097152, "\"requested_page_size\":2097152");
    CHECK_ARRIVES (prefault, 0, "\"requested_prefault\":false");
    CHECK_ARRIVES (prefault, 1, "\"requested_prefault\":true");
    CHECK_ARRIVES (lock, 1, "\"requested_lock\":true");
    CHECK_ARRIVES (lock, 0, "\"requested_lock\":false");
}

static void structs_of_another_age (void)
{
    struct
    {
        jm_options known;
        uint64_t more;
    } newer;
    union
    {
        jm_options whole;
        unsigned char bytes[sizeof (jm_options)];
    } older;
    jm_handle memory;
    memset (&newer, 0xff, sizeof newer);
    CHECK (jm_options_init (&newer.known, sizeof newer) == 0);
    CHECK (newer.known.struct_size == sizeof newer && newer.more == 0);
    memory = jm_local_create_with (4096, &newer.known);
    CHECK (memory > 0 && jm_close (memory) == 0);
    newer.more = UINT64_C (1) << 60;
    CHECK_FAILS (jm_local_create_with (4096, &newer.known), JM_INVALID_HANDLE, EINVAL, "does not know");
    memset (older.bytes, 0xff, sizeof older.bytes);
    CHECK (jm_options_init (&older.whole, 20) == 0); /* ends after numa_node */
    CHECK (older.bytes[20] == 0xff);                 /* what is past its end is not written */
    memory = jm_local_create_with (4096, &older.whole);
    CHECK (memory > 0 && jm_close (memory) == 0);    /* nor read */
}

int main (void)
{
    snprintf (name, sizeof name, "/joinmem-walk-%ld", (long) getpid ());
    library_and_last_error ();
    private_memory ();
    shared_memory ();
    names ();
    options_that_are_none ();
    options_that_arrive ();
    structs_of_another_age ();
    puts ("every function walked");
    return 0;
}
