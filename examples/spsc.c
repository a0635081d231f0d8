/* SPDX-License-Identifier: MIT */
/* Pops the first tick of spsc.cpp, pushes a tick of its own, and ends the stream. */
// [readme]
#include <joinmem.h>
#include <stdio.h>

typedef struct
{
    uint64_t number;
    double price;
} tick;

int main (void)
{
    tick t;
    jm_handle ticks = jm_queue_open (JM_SPSC, 1024, sizeof t, "/example-ticks");
    if (jm_queue_pop (ticks, &t, 1000 * 1000 * 1000) == -1) /* waits for at most a second */
    {
        return fprintf (stderr, "%s\n", jm_last_error_message ()), 1;
    }
    printf ("C popped tick %d at %.1f\n", (int) t.number, t.price);
    t.number = 4;
    jm_queue_push (ticks, &t, -1); /* waits for room without a limit */
    jm_queue_shutdown (ticks);     /* ends the stream: pops take the remaining ticks, then fail with EPIPE */
    return jm_close (ticks);
}
// [/readme]
