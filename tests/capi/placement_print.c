/* SPDX-License-Identifier: MIT */
/* Prints the placement report of private memory, then of a segment of each name on the command line, one line each.
 * Also checks that the text is truncated as snprintf(3) does. */
#include "check.h"

static void report (jm_handle memory)
{
    char whole[8192];
    char cut[10];
    int64_t length;
    CHECK (memory > 0);
    length = jm_placement (memory, NULL, 0);
    CHECK (length > 0 && length < (int64_t) sizeof whole);
    CHECK (jm_placement (memory, whole, sizeof whole) == (int64_t) strlen (whole));
    CHECK (jm_placement (memory, cut, sizeof cut) == (int64_t) strlen (whole));
    CHECK (memcmp (cut, whole, sizeof cut - 1) == 0 && cut[sizeof cut - 1] == '\0');
    CHECK_FAILS (jm_placement (memory, NULL, 1), -1, EINVAL, "null");
    CHECK (jm_close (memory) == 0);
    puts (whole);
}

int main (int count, char **names)
{
    report (jm_local_create (1 << 20));
    for (int i = 1; i < count; ++i)
    {
        report (jm_shm_open (4096, names[i]));
        CHECK (jm_unlink (names[i]) == 0);
    }
    return 0;
}
