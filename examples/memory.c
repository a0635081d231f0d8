/* SPDX-License-Identifier: MIT */
/* Reads the text that memory.cpp wrote, and writes a second one for memory.py. */
// [readme]
#include <joinmem.h>
#include <stdio.h>

int main (void)
{
    jm_handle memory = jm_shm_open (64 << 20, "/greeting");
    if (memory == JM_INVALID_HANDLE)
    {
        return fprintf (stderr, "%s\n", jm_last_error_message ()), 1;
    }
    char* text = jm_get (memory, 4096);
    printf ("C reads: %s\n", text);
    snprintf (text + 64, 64, "hello from C");
    return jm_close (memory);
}
// [/readme]
