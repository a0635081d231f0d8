/* SPDX-License-Identifier: MIT */
/* The element of the queue between stream and its receivers. Elements have a fixed size, but the last piece of a file
 * is smaller, so each element begins with its length. receive.py has the same numbers. */
#ifndef DEMO_CHUNK_H
#define DEMO_CHUNK_H

#include <stdint.h>
#include <string.h>

#define CHUNK_BYTES 65528 /* with the 8 bytes before them 64 KiB, the largest element */
/* A capacity of 4 MiB. A side that finds the queue full or empty sleeps, and the kernel needs tens of microseconds to
 * wake it, in which the other side moves several chunks. With 64 chunks the two sides sleep a quarter less often than
 * with 16 (counted as voluntary context switches of whole runs). */
#define CHUNKS 64

typedef struct
{
    uint32_t length; /* number of valid bytes */
    uint32_t zero;
    unsigned char bytes[CHUNK_BYTES];
} chunk;

/* Minimal work that still reads every byte: the sum of the 8-byte words, the last one padded with zeros. */
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
