/* SPDX-License-Identifier: MIT */
/* What the demo's processes agree on: a segment that holds a file. Segments are whole pages, files are not, so the
 * length travels in front. sha256.py has the same two numbers. */
#ifndef DEMO_FILE_SEGMENT_H
#define DEMO_FILE_SEGMENT_H

#include <stdint.h>

#define FILE_SEGMENT_MAGIC UINT64_C (0x656c69666d6e696a) /* "jinmfile" in memory, little endian */
#define FILE_SEGMENT_BYTES 64                            /* the file begins here */

typedef struct
{
    uint64_t magic;  /* written last: the file is whole */
    uint64_t length; /* of the file, in bytes */
} file_segment;

#endif
