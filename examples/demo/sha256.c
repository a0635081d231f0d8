/* SPDX-License-Identifier: MIT */
/* Opens by name the segment that put created, and prints the SHA-256 of the file in it, hashed in place. */
#include "file_segment.h"

#include <joinmem.h>
#include <openssl/evp.h>
#include <stdio.h>

static int fail (const char* what)
{
    fprintf (stderr, "demo, in C: %s\n", what);
    return 1;
}

static int printHash (const void* bytes, uint64_t length)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest (bytes, (size_t) length, hash, &size, EVP_sha256 (), NULL) != 1)
    {
        return fail ("libcrypto cannot hash");
    }
    for (unsigned int i = 0; i < size; ++i)
    {
        printf ("%02x", hash[i]);
    }
    return putchar ('\n') == '\n' && fflush (stdout) == 0 ? 0 : fail ("cannot write");
}

int main (int argc, char** argv)
{
    if (argc != 2)
    {
        return fail ("usage: sha256 NAME");
    }
    jm_options options;
    if (jm_options_init (&options, sizeof options) == -1)
    {
        return fail (jm_last_error_message ());
    }
    options.open_mode = JM_OPEN_ONLY;
    options.read_only = 1;
    jm_handle memory = jm_shm_open_with (0, argv[1], &options);
    if (memory == JM_INVALID_HANDLE)
    {
        return fail (jm_last_error_message ());
    }
    const file_segment* segment = jm_get (memory, 0);
    const void* bytes = jm_get (memory, FILE_SEGMENT_BYTES);
    if (segment == NULL || bytes == NULL)
    {
        return fail (jm_last_error_message ());
    }
    const file_segment header = *segment; /* read once, so that the checked values are the ones used */
    if (header.magic != FILE_SEGMENT_MAGIC || header.length > (uint64_t) jm_size (memory) - FILE_SEGMENT_BYTES)
    {
        return fail ("there is no file in that segment");
    }
    return printHash (bytes, header.length) | jm_close (memory);
}
