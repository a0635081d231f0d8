/* SPDX-License-Identifier: MIT */
/* The client in C99; record.h describes what it does. */
#include "record.h"

#include <errno.h>
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

static void provokeQueue (const char* name)
{
    element e = {0, 0, ""};
    jm_handle queue = jm_queue_open (JM_MPMC, 2, sizeof e, name);
    jm_queue_try_push (queue, &e);
    jm_queue_try_push (queue, &e);
    printError (jm_queue_try_push (queue, &e) == -1);
    printError (jm_queue_open (JM_MPMC, 2, 16, name) == JM_INVALID_HANDLE);
    jm_queue_shutdown (queue);
    printError (jm_queue_try_push (queue, &e) == -1);
    jm_unlink (name);
    jm_close (queue);
}

static uint32_t kindOf (const char* kind)
{
    return strcmp (kind, "spsc") == 0 ? JM_SPSC : strcmp (kind, "mpsc") == 0 ? JM_MPSC : JM_MPMC;
}

static jm_handle openQueue (const char* kind, const char* name)
{
    jm_handle queue = jm_queue_open (kindOf (kind), QUEUE_CAPACITY, sizeof (element), name);
    if (queue == JM_INVALID_HANDLE)
    {
        fail ();
    }
    return queue;
}

static void pushAll (jm_handle queue, uint64_t count, const char* language)
{
    element some[QUEUE_SOME];
    uint64_t next = 0;
    for (int one = 1; next < count; one = !one)
    {
        uint64_t n = one ? 1 : count - next < QUEUE_SOME ? count - next : QUEUE_SOME;
        memset (some, 0, sizeof some);
        for (uint64_t i = 0; i < n; ++i, ++next)
        {
            some[i].number = next;
            some[i].check = (next + 1) * ELEMENT_FACTOR;
            memcpy (some[i].text, language, strlen (language));
        }
        int64_t done =
            one ? jm_queue_push (queue, some, QUEUE_TIMEOUT) + 1 : jm_queue_push_n (queue, some, n, QUEUE_TIMEOUT);
        if (done != (int64_t) n)
        {
            fail ();
        }
    }
}

/* The elements of one language. */
typedef struct
{
    uint64_t count, sum;
    char text[8];
} writer;

static void take (writer* writers, const element* e)
{
    while (writers->count != 0 && memcmp (writers->text, e->text, sizeof e->text) != 0)
    {
        ++writers;
    }
    if (e->number != writers->count || e->check != (e->number + 1) * ELEMENT_FACTOR)
    {
        printf ("%" PRIu64 " %" PRIx64 " of %.8s after %" PRIu64 "\n", e->number, e->check, e->text, writers->count);
        exit (1);
    }
    memcpy (writers->text, e->text, sizeof e->text);
    ++writers->count;
    writers->sum += e->check;
}

static void popAll (jm_handle queue)
{
    element some[QUEUE_SOME];
    writer writers[8] = {{0, 0, ""}};
    int64_t n = 1;
    for (int one = 1; n > 0; one = !one)
    {
        n = one ? jm_queue_pop (queue, some, QUEUE_TIMEOUT) + 1
                : jm_queue_pop_some (queue, some, QUEUE_SOME, QUEUE_TIMEOUT);
        for (int64_t i = 0; i < n; ++i)
        {
            take (writers, &some[i]);
        }
    }
    if (jm_last_error () != EPIPE)
    {
        fail ();
    }
    for (const writer* w = writers; w->count != 0; ++w)
    {
        printf ("%.8s %" PRIu64 " %" PRIu64 "\n", w->text, w->count, w->sum);
    }
}

static int onQueue (int argc, char** argv)
{
    jm_handle queue = openQueue (argv[2], argv[3]);
    if (argc == 4 && strcmp (argv[1], "pop") == 0)
    {
        popAll (queue);
    }
    else if (argc >= 6 && strcmp (argv[1], "push") == 0)
    {
        pushAll (queue, strtoull (argv[4], NULL, 10), argv[5]);
    }
    else
    {
        return 2;
    }
    if ((argc == 7 && jm_queue_shutdown (queue) == -1) || jm_close (queue) == -1)
    {
        fail ();
    }
    return 0;
}

int main (int argc, char** argv)
{
    if (argc >= 4 && argv[1][0] == 'p')
    {
        return onQueue (argc, argv);
    }
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
        provokeQueue (argv[2]);
    }
    else
    {
        return 2;
    }
    return 0;
}
