/* SPDX-License-Identifier: MIT */
/* What the clients share; each language has its own words for it. At offset 128 `count` bytes follow, byte i being
 * (31 * i + 7) % 256. A client is called so:
 *     CLIENT write NAME LANGUAGE   makes the segment, says "ready", waits for a line, prints the reply, removes the name
 *     CLIENT read NAME LANGUAGE    opens it, prints what is there, leaves a reply
 *     CLIENT errors NAME           provokes errors, prints errno and message of each in a line */
#ifndef FFI_RECORD_H
#define FFI_RECORD_H

#include <stdint.h>

#define RECORD_MAGIC UINT64_C (0x1122334455667788)
#define RECORD_SEGMENT 100000 /* no whole number of pages */
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

/* Adler-32, as in zlib. */
static uint32_t recordSum (const unsigned char* bytes, uint32_t count)
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
