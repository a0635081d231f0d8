/* SPDX-License-Identifier: MIT */
/* The player's commands for wait sets. */
#include "player.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void open_set (char** words)
{
    const jm_handle set = jm_wait_create ();
    if (set != JM_INVALID_HANDLE)
    {
        keep (words[1], set, 0);
    }
    reply_result (set);
}

static uint32_t ready_of (const char* word)
{
    return (strchr (word, 'e') != NULL ? JM_READY_ELEMENT : 0U) | (strchr (word, 'r') != NULL ? JM_READY_ROOM : 0U);
}

void add (char** words)
{
    reply_result (jm_wait_add (named (words[1])->handle, named (words[2])->handle, ready_of (words[3]),
                               number (words[4]), number (words[5])));
}

void modify (char** words)
{
    reply_result (jm_wait_modify (named (words[1])->handle, named (words[2])->handle, ready_of (words[3]),
                                  number (words[4]), number (words[5])));
}

void remove_queue (char** words)
{
    reply_result (jm_wait_remove (named (words[1])->handle, named (words[2])->handle));
}

static int by_key (const void* a, const void* b)
{
    const uint64_t first = ((const jm_wait_event*) a)->key, second = ((const jm_wait_event*) b)->key;
    return first < second ? -1 : first > second ? 1 : 0;
}

void wait_set (char** words)
{
    const uint64_t most = number (words[2]);
    jm_wait_event* events = calloc (most != 0 ? most : 1, sizeof *events);
    const int64_t count = jm_wait (named (words[1])->handle, events, most, nanoseconds (words[3]));
    if (count < 0)
    {
        reply_error (jm_last_error ());
    }
    else
    {
        qsort (events, (size_t) count, sizeof *events, by_key);
        fputs ("ok", stdout);
        for (int64_t i = 0; i < count; ++i)
        {
            printf (" %" PRIu64 ":%" PRIu32, events[i].key, events[i].ready);
        }
        putchar ('\n');
    }
    free (events);
}

void wake (char** words)
{
    reply_result (jm_wait_wake (named (words[1])->handle));
}

void poll_set (char** words)
{
    struct pollfd entry = {jm_wait_fd (named (words[1])->handle), POLLIN, 0};
    if (entry.fd == -1)
    {
        reply_error (jm_last_error ());
        return;
    }
    const int count = poll (&entry, 1, atoi (words[2]));
    if (count == -1)
    {
        reply_error (errno);
        return;
    }
    printf ("ok %d\n", count);
}
