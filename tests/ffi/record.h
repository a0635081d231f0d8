/* SPDX-License-Identifier: MIT */
/* What the clients share; each language declares it itself. At offset 128 `count` bytes follow, byte i being
 * (31 * i + 7) % 256. Usage of a client:
 *     CLIENT write NAME LANGUAGE   creates the segment, prints "ready", reads a line, prints the reply, unlinks the name
 *     CLIENT read NAME LANGUAGE    opens it, prints its content, writes a reply
 *     CLIENT errors NAME           provokes errors, prints errno and message of each on a line
 * and for the queue of that name, KIND being spsc, mpsc or mpmc:
 *     CLIENT push KIND NAME COUNT LANGUAGE [shutdown]   pushes elements 0 to COUNT, one and then some at a time, and
 *                                                       shuts the queue down if requested
 *     CLIENT pop KIND NAME          pops one and then some at a time until EPIPE, checks each language's order;
 *                                   prints a line for each: LANGUAGE, the count, the sum of the checks
 * and, in Python, for Mpmc queues of these names:
 *     CLIENT wait NAME...           pops from all of them until each is at its end, waits for the descriptor of a wait
 *                                   set; prints a line for each queue and language, which begins with the NAME */
#ifndef FFI_RECORD_H
#define FFI_RECORD_H

#include <stdint.h>

#define RECORD_MAGIC UINT64_C (0x1122334455667788)
#define RECORD_SEGMENT 100000 /* not a whole number of pages */
#define RECORD_BYTES 128      /* where the bytes begin */

typedef struct
{
    uint64_t magic;
    uint32_t count;
    int32_t below; /* -5 */
    double ratio;  /* 0.1 */
    char text[40]; /* "written in ..." */
    char reply[64];
} record;

#define QUEUE_CAPACITY 64
#define QUEUE_SOME 16 /* elements in one call */
#define QUEUE_TIMEOUT INT64_C (60000000000) /* a watchdog that only finds a hang */
#define ELEMENT_FACTOR UINT64_C (0x9E3779B97F4A7C15)

typedef struct
{
    uint64_t number;
    uint64_t check; /* (number + 1) * ELEMENT_FACTOR, modulo 2^64 */
    char text[8];   /* the language, padded with zeros */
} element;

/* Adler-32, as in zlib. */
static inline uint32_t recordSum (const unsigned char* bytes, uint32_t count)
{
    uint32_t a = 1, b = 0;
    for (uint32_t i = 0; i < count; ++i)
    {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

#endif
