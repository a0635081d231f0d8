/* SPDX-License-Identifier: MIT */
/* Receives what stream sends, and prints its SHA-256 or the sum of its words.
 *     receive sha256|words NAME      from the queue of that name
 *     receive sha256|words           from stdin, a pipe or a socket */
#include "chunk.h"

#include <errno.h>
#include <joinmem.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

static int fail (const char* what)
{
    fprintf (stderr, "demo, receiving in C: %s\n", what);
    return 1;
}

/* The work on the bytes. */
typedef struct
{
    EVP_MD_CTX* hash; /* NULL: adds up words */
    uint64_t words;
} work;

static void take (work* w, const unsigned char* bytes, uint64_t length)
{
    if (w->hash != NULL)
    {
        EVP_DigestUpdate (w->hash, bytes, length);
    }
    else
    {
        w->words = addWords (w->words, bytes, length);
    }
}

static int finish (work* w)
{
    if (w->hash == NULL)
    {
        printf ("%016llx\n", (unsigned long long) w->words);
        return fflush (stdout) == 0 ? 0 : fail ("cannot write");
    }
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex (w->hash, hash, &size);
    for (unsigned int i = 0; i < size; ++i)
    {
        printf ("%02x", hash[i]);
    }
    puts ("");
    return fflush (stdout) == 0 ? 0 : fail ("cannot write");
}

static void ready (void)
{
    puts ("ready");
    fflush (stdout);
}

static int fromQueue (work* w, const char* name)
{
    static chunk own;
    jm_handle queue = jm_queue_open (JM_SPSC, CHUNKS, sizeof (chunk), name);
    if (queue == JM_INVALID_HANDLE)
    {
        return fail (jm_last_error_message ());
    }
    ready ();
    for (;;)
    {
        /* Reads the chunk where the sender wrote it. If the queue is empty, a pop sleeps until a chunk arrives. */
        uint64_t count = 1;
        const chunk* peeked = jm_queue_peek (queue, &count);
        const chunk* c = peeked != NULL ? peeked : &own;
        if (peeked == NULL && (jm_last_error () != EAGAIN || jm_queue_pop (queue, &own, -1) == -1))
        {
            break;
        }
        const uint32_t length = c->length; /* read once, so that the checked value is the one used */
        if (length > CHUNK_BYTES)
        {
            return fail ("this is not a chunk");
        }
        take (w, c->bytes, length);
        if (peeked != NULL)
        {
            jm_queue_release (queue, 1);
        }
    }
    if (jm_last_error () != EPIPE) /* EPIPE: shut down and drained */
    {
        return fail (jm_last_error_message ());
    }
    return finish (w) | jm_close (queue);
}

static int fromStdin (work* w)
{
    static unsigned char bytes[CHUNK_BYTES];
    ready ();
    for (ssize_t n = 1; n > 0;)
    {
        size_t length = 0; /* whole chunks, as from the queue */
        while (length < sizeof bytes && (n = read (STDIN_FILENO, bytes + length, sizeof bytes - length)) > 0)
        {
            length += (size_t) n;
        }
        take (w, bytes, length);
        if (n == -1)
        {
            return fail ("cannot read");
        }
    }
    return finish (w);
}

int main (int argc, char** argv)
{
    if (argc < 2 || argc > 3)
    {
        return fail ("usage: receive sha256|words [NAME]");
    }
    work w = {NULL, 0};
    if (strcmp (argv[1], "sha256") == 0)
    {
        w.hash = EVP_MD_CTX_new ();
        if (w.hash == NULL || EVP_DigestInit_ex (w.hash, EVP_sha256 (), NULL) != 1)
        {
            return fail ("libcrypto cannot hash");
        }
    }
    return argc == 3 ? fromQueue (&w, argv[2]) : fromStdin (&w);
}
