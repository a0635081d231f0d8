/* SPDX-License-Identifier: MIT */
/* The conformance player in C99, on joinmem.h; README.md describes its commands. */
#define _GNU_SOURCE
#include "player.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static object* objects;

object* find (const char* label)
{
    object* found = objects;
    while (found != NULL && strcmp (found->label, label) != 0)
    {
        found = found->next;
    }
    return found;
}

/* A label that was never used has a handle that the library refuses. */
object* named (const char* label)
{
    static object none = {NULL, "", JM_INVALID_HANDLE, 0, 0, NULL};
    object* found = find (label);
    return found != NULL ? found : &none;
}

void keep (const char* label, jm_handle handle, uint64_t size)
{
    object* kept = find (label);
    if (kept == NULL)
    {
        kept = calloc (1, sizeof *kept);
        if (kept == NULL)
        {
            abort ();
        }
        snprintf (kept->label, sizeof kept->label, "%s", label);
        kept->next = objects;
        objects = kept;
    }
    kept->handle = handle;
    kept->size = size;
    kept->read_only = 0;
    kept->room = NULL;
}

void* grown (void* old, uint64_t size)
{
    void* made = realloc (old, size != 0 ? size : 1);
    if (made == NULL)
    {
        abort ();
    }
    return made;
}

void reply_error (int error)
{
    const char* name = error == ENOTSUP ? "ENOTSUP" : strerrorname_np (error);
    if (name != NULL)
    {
        printf ("error %s\n", name);
    }
    else
    {
        printf ("error E%d\n", error);
    }
}

void reply_result (int64_t result)
{
    if (result < 0)
    {
        reply_error (jm_last_error ());
    }
    else
    {
        puts ("ok");
    }
}

void print_hex (const void* bytes, uint64_t count)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char* next = bytes;
    if (count == 0)
    {
        putchar ('-');
    }
    for (uint64_t i = 0; i < count; ++i)
    {
        putchar (digits[next[i] >> 4]);
        putchar (digits[next[i] & 15]);
    }
}

static unsigned digit (char c)
{
    return (unsigned) (c <= '9' ? c - '0' : c - 'a' + 10);
}

uint64_t from_hex (char* text)
{
    uint64_t count = strcmp (text, "-") == 0 ? 0 : strlen (text) / 2;
    for (uint64_t i = 0; i < count; ++i)
    {
        text[i] = (char) (unsigned char) (digit (text[2 * i]) << 4 | digit (text[2 * i + 1]));
    }
    return count;
}

uint64_t number (const char* word)
{
    return strtoull (word, NULL, 10);
}

int64_t nanoseconds (const char* word)
{
    const int64_t milliseconds = strtoll (word, NULL, 10);
    return milliseconds < 0 ? -1 : milliseconds * 1000000;
}

static void version (char** words)
{
    (void) words;
    printf ("ok %s\n", jm_version_string ());
}

static void quit (char** words)
{
    (void) words;
    puts ("ok");
    fflush (stdout);
    exit (0);
}

/* A closed object stays, so that the library refuses its handle. */
static void close_object (char** words)
{
    reply_result (jm_close (named (words[1])->handle));
}

static void unlink_name (char** words)
{
    reply_result (jm_unlink (words[1]));
}

static const command commands[] = {
    {"version", 1, version},
    {"shm", 5, shm},
    {"local", 3, local},
    {"write", 4, write_bytes},
    {"read", 4, read_bytes},
    {"placement", 3, placement},
    {"initialise", 3, initialise},
    {"initialised", 4, initialised},
    {"close", 2, close_object},
    {"unlink", 2, unlink_name},
    {"queue", 6, open_queue},
    {"push", 4, push},
    {"pop", 3, pop},
    {"push_many", 4, push_many},
    {"pop_many", 4, pop_many},
    {"reserve", 3, reserve},
    {"fill", 3, fill},
    {"commit", 3, commit},
    {"peek", 3, peek},
    {"release", 3, release},
    {"shutdown", 2, shut_down},
    {"info", 2, info},
    {"stats", 2, stats},
    {"tag", 2, tag},
    {"await_element", 4, await_element},
    {"await_room", 4, await_room},
    {"flood", 4, flood},
    {"drain", 3, drain},
    {"set", 2, open_set},
    {"add", 6, add},
    {"modify", 6, modify},
    {"remove", 3, remove_queue},
    {"wait", 4, wait_set},
    {"wake", 2, wake},
    {"poll", 3, poll_set},
    {"quit", 1, quit},
};

static void answer (char** words, int count)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; ++i)
    {
        if (strcmp (words[0], commands[i].name) == 0 && count >= commands[i].words)
        {
            commands[i].run (words);
            return;
        }
    }
    puts ("unknown");
}

int main (void)
{
    enum { MOST = 32 };
    char* line = NULL;
    size_t room = 0;
    while (getline (&line, &room, stdin) != -1)
    {
        char* words[MOST + 1] = {NULL};
        int count = 0;
        for (char* word = strtok (line, " \n"); word != NULL && count < MOST; word = strtok (NULL, " \n"))
        {
            words[count++] = word;
        }
        words[count] = NULL;
        if (count > 0)
        {
            answer (words, count);
        }
        else
        {
            puts ("unknown");
        }
        fflush (stdout);
    }
    free (line);
    return 0;
}
