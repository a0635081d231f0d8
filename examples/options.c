/* SPDX-License-Identifier: MIT */
/* Options in C: creates a segment that must not exist yet, that the group may read, and that is on base pages. Opens it
 * again, read-only, with its existing size, and prints the placement report as JSON. */
#include <joinmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "/example-options"

static jm_handle checked (jm_handle handle)
{
    if (handle == JM_INVALID_HANDLE)
    {
        fprintf (stderr, "options: %s (errno %d)\n", jm_last_error_message (), jm_last_error ());
        exit (1);
    }
    return handle;
}

static void printPlacement (jm_handle memory)
{
    /* As with snprintf: the first call returns the length, the second one the text. */
    int64_t length = jm_placement (memory, NULL, 0);
    char* text = length >= 0 ? malloc ((size_t) length + 1) : NULL;
    if (text == NULL || jm_placement (memory, text, (uint64_t) length + 1) < 0)
    {
        fprintf (stderr, "options: %s\n", length < 0 ? jm_last_error_message () : "out of memory");
        exit (1);
    }
    puts (text);
    free (text);
}

int main (void)
{
    jm_options options;
    jm_options_init (&options, sizeof options);
    options.open_mode = JM_CREATE_ONLY;
    options.permissions = 0640; /* the umask has no effect */
    options.huge = JM_HUGE_NEVER;
    jm_handle writer = checked (jm_shm_open_with (100000, NAME, &options));
    strcpy (jm_get (writer, 0), "written through the first handle");

    /* The segment exists now: the same call fails, and the message states the reason. */
    if (jm_shm_open_with (100000, NAME, &options) == JM_INVALID_HANDLE)
    {
        printf ("again: errno %d, %s\n", jm_last_error (), jm_last_error_message ());
    }

    jm_options_init (&options, sizeof options);
    options.open_mode = JM_OPEN_ONLY;
    options.read_only = 1;
    jm_handle reader = checked (jm_shm_open_with (0, NAME, &options));
    printf ("%lld bytes: %s\n", (long long) jm_size (reader), (const char*) jm_get (reader, 0));
    printPlacement (writer);

    jm_unlink (NAME);
    jm_close (reader);
    jm_close (writer);
    return 0;
}
