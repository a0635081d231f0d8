/* SPDX-License-Identifier: MIT */
/* The layout of a segment that holds a file. A segment consists of whole pages, a file does not, so the segment begins
 * with the length of the file. sha256.py has the same two numbers. */
#ifndef DEMO_FILE_SEGMENT_H
#define DEMO_FILE_SEGMENT_H

#include <stdint.h>

#define FILE_SEGMENT_MAGIC UINT64_C (0x656c69666d6e696a) /* "jinmfile" in memory, little endian */
#define FILE_SEGMENT_BYTES 64                            /* the file begins here */

typedef struct
{
    uint64_t magic;  /* written last: marks the file as complete */
    uint64_t length; /* length of the file in bytes */
} file_segment;

#endif
