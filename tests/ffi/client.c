/* SPDX-License-Identifier: MIT */
/* The client in C99; record.h says what it does. */
#include "record.h"

#include <inttypes.h>
#include <joinmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail (void)
{
    printf ("%d %s\n", jm_last_error (), jm_last_error_message ());
    exit (1);
}

static jm_handle openWith (uint64_t size, const char* name, uint32_t mode)
{
    jm_options options;
    if (jm_options_init (&options, sizeof options) == -1)
    {
        fail ();
    }
    options.open_mode = mode;
    return jm_shm_open_with (size, name, &options);
}

static void* at (jm_handle memory, uint64_t offset)
{
    void* address = jm_get (memory, offset);
    if (address == NULL)
    {
        fail ();
    }
    return address;
}

static void writeAll (const char* name, const char* language)
{
    jm_handle memory = openWith (RECORD_SEGMENT, name, JM_CREATE_ONLY);
    record* r = at (memory, 0);
    r->magic = RECORD_MAGIC;
    r->count = RECORD_SEGMENT - RECORD_BYTES;
    r->below = -5;
    r->ratio = 0.1;
    snprintf (r->text, sizeof r->text, "written in %s", language);
    unsigned char* bytes = at (memory, RECORD_BYTES);
    for (uint32_t i = 0; i < r->count; ++i)
    {
        bytes[i] = (unsigned char) (31 * i + 7);
    }
    puts ("ready");
    fflush (stdout);
    getchar ();
    puts (r->reply);
    if (jm_unlink (name) == -1 || jm_close (memory) == -1)
    {
        fail ();
    }
}

static void readAll (const char* name, const char* language)
{
    jm_handle memory = openWith (0, name, JM_OPEN_ONLY);
    record* r = at (memory, 0);
    printf ("%" PRId64 " %" PRIx64 " %" PRIu32 " %" PRId32 " %.17g %" PRIu32 " %s\n", jm_size (memory), r->magic,
            r->count, r->below, r->ratio, recordSum (at (memory, RECORD_BYTES), r->count), r->text);
    snprintf (r->reply, sizeof r->reply, "read in %s", language);
    if (jm_close (memory) == -1)
    {
        fail ();
    }
}

static void printError (int failed)
{
    printf ("%d %s\n", failed ? jm_last_error () : 0, jm_last_error_message ());
}

static void provoke (const char* name)
{
    char absent[300];
    snprintf (absent, sizeof absent, "%s-absent", name);
    jm_handle memory = jm_shm_open (4096, name);
    printError (openWith (0, absent, JM_OPEN_ONLY) == JM_INVALID_HANDLE);
    printError (jm_shm_open (3 * 4096, name) == JM_INVALID_HANDLE);
    printError (jm_get (memory, 54321) == NULL);
    jm_unlink (name);
    jm_close (memory);
    printError (jm_mbind (memory, 0) == -1);
}

int main (int argc, char** argv)
{
    if (argc == 4 && strcmp (argv[1], "write") == 0)
    {
        writeAll (argv[2], argv[3]);
    }
    else if (argc == 4 && strcmp (argv[1], "read") == 0)
    {
        readAll (argv[2], argv[3]);
    }
    else if (argc == 3 && strcmp (argv[1], "errors") == 0)
    {
        provoke (argv[2]);
    }
    else
    {
        return 2;
    }
    return 0;
}
