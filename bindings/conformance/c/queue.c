/* SPDX-License-Identifier: MIT */
/* The player's commands for queues. */
#include "player.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* const kinds[] = {"", "spsc", "mpsc", "mpmc"};

static uint32_t kind_of (const char* word)
{
    uint32_t kind = JM_SPSC;
    while (kind <= JM_MPMC && strcmp (kinds[kind], word) != 0)
    {
        ++kind;
    }
    return kind;
}

/* Sets one option, "key=value"; returns 0 if there is none of that name. */
static int set_option (char* word, jm_options* memory, jm_queue_options* options)
{
    char* value = strchr (word, '=');
    if (value == NULL)
    {
        return 0;
    }
    *value++ = 0;
    const uint64_t n = number (value);
    if (strcmp (word, "mode") == 0)
    {
        memory->open_mode = strcmp (value, "create") == 0 ? JM_CREATE_ONLY
                            : strcmp (value, "open") == 0 ? JM_OPEN_ONLY
                                                          : JM_CREATE_OR_OPEN;
    }
    else if (strcmp (word, "type_id") == 0)
    {
        options->type_id = n;
    }
    else if (strcmp (word, "tag") == 0)
    {
        options->tag = n;
    }
    else
    {
        uint32_t* field = strcmp (word, "max_producers") == 0 ? &options->max_producers
                          : strcmp (word, "owner_dead") == 0  ? &options->owner_dead
                          : strcmp (word, "exclusive") == 0   ? &options->exclusive
                                                              : NULL;
        if (field == NULL)
        {
            return 0;
        }
        *field = (uint32_t) n;
    }
    return 1;
}

void open_queue (char** words)
{
    jm_options memory;
    jm_queue_options options;
    jm_options_init (&memory, sizeof memory);
    jm_queue_options_init (&options, sizeof options);
    options.memory = &memory;
    for (char** word = words + 6; *word != NULL; ++word)
    {
        if (!set_option (*word, &memory, &options))
        {
            puts ("unknown");
            return;
        }
    }
    const uint32_t kind = kind_of (words[2]), size = (uint32_t) number (words[5]);
    const jm_handle queue = strcmp (words[3], "-") == 0
                                ? jm_queue_create_with (kind, number (words[4]), size, &options)
                                : jm_queue_open_with (kind, number (words[4]), size, words[3], &options);
    if (queue == JM_INVALID_HANDLE)
    {
        reply_error (jm_last_error ());
        return;
    }
    keep (words[1], queue, (uint64_t) jm_queue_element_size (queue));
    printf ("ok %d\n", jm_created (queue));
}

/* Replies EINVAL and returns 1 unless there are whole elements. A closed queue is refused by the library. */
static int refused (const object* queue, uint64_t bytes)
{
    if (queue->size != 0 && bytes % queue->size != 0)
    {
        reply_error (EINVAL);
        return 1;
    }
    return 0;
}

void push (char** words)
{
    const object* queue = named (words[1]);
    const int64_t timeout = nanoseconds (words[3]);
    if (!refused (queue, from_hex (words[2])))
    {
        reply_result (timeout == 0 ? jm_queue_try_push (queue->handle, words[2])
                                   : jm_queue_push (queue->handle, words[2], timeout));
    }
}

void pop (char** words)
{
    const object* queue = named (words[1]);
    const int64_t timeout = nanoseconds (words[2]);
    void* element = grown (NULL, queue->size);
    const int result = timeout == 0 ? jm_queue_try_pop (queue->handle, element)
                                    : jm_queue_pop (queue->handle, element, timeout);
    if (result == -1)
    {
        reply_error (jm_last_error ());
    }
    else
    {
        fputs ("ok ", stdout);
        print_hex (element, queue->size);
        putchar ('\n');
    }
    free (element);
}

static void reply_count (int64_t count)
{
    if (count < 0)
    {
        reply_error (jm_last_error ());
    }
    else
    {
        printf ("ok %" PRId64 "\n", count);
    }
}

static void reply_elements (const object* queue, const void* elements, int64_t count)
{
    if (count < 0)
    {
        reply_error (jm_last_error ());
        return;
    }
    printf ("ok %" PRId64 " ", count);
    print_hex (elements, (uint64_t) count * queue->size);
    putchar ('\n');
}

void push_many (char** words)
{
    const object* queue = named (words[1]);
    const uint64_t bytes = from_hex (words[2]);
    if (!refused (queue, bytes))
    {
        const uint64_t count = queue->size != 0 ? bytes / queue->size : 0;
        reply_count (jm_queue_push_n (queue->handle, words[2], count, nanoseconds (words[3])));
    }
}

void pop_many (char** words)
{
    const object* queue = named (words[1]);
    const uint64_t count = number (words[2]);
    void* elements = grown (NULL, count * queue->size);
    reply_elements (queue, elements, jm_queue_pop_n (queue->handle, elements, count, nanoseconds (words[3])));
    free (elements);
}

void reserve (char** words)
{
    object* queue = named (words[1]);
    uint64_t count = number (words[2]);
    void* room = jm_queue_reserve (queue->handle, &count);
    if (room != NULL)
    {
        queue->room = room;
    }
    reply_count (room != NULL ? (int64_t) count : -1);
}

void fill (char** words)
{
    const object* queue = named (words[1]);
    const uint64_t bytes = from_hex (words[2]);
    if (queue->room == NULL)
    {
        reply_error (EINVAL);
        return;
    }
    memcpy (queue->room, words[2], bytes);
    puts ("ok");
}

void commit (char** words)
{
    reply_result (jm_queue_commit (named (words[1])->handle, number (words[2])));
}

void peek (char** words)
{
    const object* queue = named (words[1]);
    uint64_t count = number (words[2]);
    const void* elements = jm_queue_peek (queue->handle, &count);
    reply_elements (queue, elements, elements != NULL ? (int64_t) count : -1);
}

void release (char** words)
{
    reply_result (jm_queue_release (named (words[1])->handle, number (words[2])));
}

void shut_down (char** words)
{
    reply_result (jm_queue_shutdown (named (words[1])->handle));
}

void info (char** words)
{
    const jm_handle queue = named (words[1])->handle;
    const uint32_t kind = jm_queue_kind (queue);
    if (kind == 0)
    {
        reply_error (jm_last_error ());
        return;
    }
    printf ("ok %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", kinds[kind], jm_queue_element_size (queue),
            jm_queue_capacity (queue), jm_queue_pending (queue), jm_queue_available (queue));
}

void stats (char** words)
{
    jm_queue_stats all;
    if (jm_queue_get_stats (named (words[1])->handle, &all, sizeof all) == -1)
    {
        reply_error (jm_last_error ());
        return;
    }
    printf ("ok %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 "\n", all.pushed, all.popped, all.deaths,
            all.skipped, all.shut_down);
}

void tag (char** words)
{
    uint64_t value = 0;
    if (jm_queue_tag (named (words[1])->handle, &value) == -1)
    {
        reply_error (jm_last_error ());
        return;
    }
    printf ("ok %" PRIu64 "\n", value);
}

void await_element (char** words)
{
    reply_result (jm_queue_await_element (named (words[1])->handle, number (words[2]), nanoseconds (words[3])));
}

void await_room (char** words)
{
    reply_result (jm_queue_await_room (named (words[1])->handle, number (words[2]), nanoseconds (words[3])));
}

enum { BATCH = 256 }; /* elements */

void flood (char** words)
{
    const object* queue = named (words[1]);
    uint64_t next = number (words[2]), left = number (words[3]);
    unsigned char* elements = calloc (BATCH, queue->size >= sizeof next ? queue->size : sizeof next);
    int64_t done = 0;
    while (left > 0 && done != -1)
    {
        const uint64_t count = left < BATCH ? left : BATCH;
        for (uint64_t i = 0; i < count; ++i)
        {
            const uint64_t value = next + i;
            for (unsigned byte = 0; byte < sizeof value; ++byte)
            {
                elements[i * queue->size + byte] = (unsigned char) (value >> 8 * byte);
            }
        }
        done = jm_queue_push_n (queue->handle, elements, count, -1);
        next += done > 0 ? (uint64_t) done : 0;
        left -= done > 0 ? (uint64_t) done : 0;
    }
    free (elements);
    reply_result (done);
}

void drain (char** words)
{
    const object* queue = named (words[1]);
    uint64_t left = number (words[2]), sum = 0;
    unsigned char* elements = calloc (BATCH, queue->size >= sizeof sum ? queue->size : sizeof sum);
    int64_t done = 0;
    while (left > 0 && done != -1)
    {
        done = jm_queue_pop_some (queue->handle, elements, left < BATCH ? left : BATCH, -1);
        for (int64_t i = 0; i < done; ++i)
        {
            for (unsigned byte = 0; byte < sizeof sum; ++byte)
            {
                sum += (uint64_t) elements[(uint64_t) i * queue->size + byte] << 8 * byte;
            }
        }
        left -= done > 0 ? (uint64_t) done : 0;
    }
    free (elements);
    if (done == -1)
    {
        reply_error (jm_last_error ());
        return;
    }
    printf ("ok %" PRIu64 "\n", sum);
}
