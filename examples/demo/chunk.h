/* SPDX-License-Identifier: MIT */
/* What stream and its receivers agree on: the element of a queue that a file goes through. An element has one size, the
 * last piece of a file has another, so the length travels in front. receive.py has the same numbers. */
#ifndef DEMO_CHUNK_H
#define DEMO_CHUNK_H

#include <stdint.h>
#include <string.h>

#define CHUNK_BYTES 65528 /* with what is in front of them 64 KiB, the largest element there is */
#define CHUNKS 16         /* 1 MiB of room, as much as a pipe may have */

typedef struct
{
    uint32_t length; /* of the bytes that count */
    uint32_t zero;
    unsigned char bytes[CHUNK_BYTES];
} chunk;

/* Work that is as good as none, but looks at every byte: the sum of the words of 8 bytes, the last one filled with zeros. */
static inline uint64_t addWords (uint64_t sum, const unsigned char* bytes, uint64_t length)
{
    uint64_t word = 0;
    for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word)
    {
        memcpy (&word, bytes, sizeof word);
        sum += word;
    }
    word = 0;
    memcpy (&word, bytes, length);
    return sum + word;
}

#endif
