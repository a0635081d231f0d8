/* SPDX-License-Identifier: MIT */
/* The player's commands for memory. */
#include "player.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void shm (char** words)
{
    const int reads = strcmp (words[4], "read") == 0;
    jm_options options;
    jm_options_init (&options, sizeof options);
    options.open_mode = strcmp (words[4], "create") == 0   ? JM_CREATE_ONLY
                        : strcmp (words[4], "either") == 0 ? JM_CREATE_OR_OPEN
                                                           : JM_OPEN_ONLY;
    options.read_only = reads ? 1 : 0;
    jm_handle memory = jm_shm_open_with (number (words[3]), words[2], &options);
    if (memory == JM_INVALID_HANDLE)
    {
        reply_error (jm_last_error ());
        return;
    }
    keep (words[1], memory, 0);
    find (words[1])->read_only = reads;
    printf ("ok %d %" PRId64 "\n", jm_created (memory), jm_size (memory));
}

void local (char** words)
{
    jm_handle memory = jm_local_create (number (words[2]));
    if (memory == JM_INVALID_HANDLE)
    {
        reply_error (jm_last_error ());
        return;
    }
    keep (words[1], memory, 0);
    printf ("ok %" PRId64 "\n", jm_size (memory));
}

/* The address of count bytes, if all of them are in the memory; replies to the command if they are not. */
static void* address (jm_handle memory, uint64_t offset, uint64_t count)
{
    void* first = jm_get (memory, offset);
    if (first == NULL || (count > 1 && jm_get (memory, offset + count - 1) == NULL))
    {
        reply_error (jm_last_error ());
        return NULL;
    }
    return first;
}

void write_bytes (char** words)
{
    const object* memory = named (words[1]);
    const uint64_t count = from_hex (words[3]);
    void* to = address (memory->handle, number (words[2]), count);
    if (to != NULL && memory->read_only)
    {
        reply_error (EROFS);
    }
    else if (to != NULL)
    {
        memcpy (to, words[3], count);
        puts ("ok");
    }
}

void read_bytes (char** words)
{
    const uint64_t count = number (words[3]);
    const void* from = address (named (words[1])->handle, number (words[2]), count);
    if (from != NULL)
    {
        fputs ("ok ", stdout);
        print_hex (from, count);
        putchar ('\n');
    }
}

/* Where the value ends that begins at text, in a JSON object that has arrays of texts and numbers. */
static const char* end_of_value (const char* text)
{
    int quoted = 0, depth = 0;
    for (; quoted || depth > 0 || (*text != ',' && *text != '}'); ++text)
    {
        if (*text == '\\')
        {
            ++text;
        }
        else if (*text == '"')
        {
            quoted = !quoted;
        }
        else if (!quoted)
        {
            depth += *text == '[' ? 1 : *text == ']' ? -1 : 0;
        }
    }
    return text;
}

void placement (char** words)
{
    const jm_handle memory = named (words[1])->handle;
    enum { ROOM = 65536 };
    char* report = grown (NULL, ROOM);
    if (jm_placement (memory, report, ROOM) < 0)
    {
        reply_error (jm_last_error ());
        free (report);
        return;
    }
    char key[64];
    snprintf (key, sizeof key, "\"%s\":", words[2]);
    const char* found = strstr (report, key);
    if (found != NULL)
    {
        const char* value = found + strlen (key);
        printf ("ok %.*s\n", (int) (end_of_value (value) - value), value);
    }
    else
    {
        reply_error (ENOENT);
    }
    free (report);
}

void initialise (char** words)
{
    const int first = jm_initialise_begin (named (words[1])->handle, number (words[2]), -1);
    if (first == -1)
    {
        reply_error (jm_last_error ());
    }
    else
    {
        printf ("ok %d\n", first);
    }
}

void initialised (char** words)
{
    reply_result (jm_initialise_end (named (words[1])->handle, number (words[2]), atoi (words[3])));
}
