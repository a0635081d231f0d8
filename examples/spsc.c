/* SPDX-License-Identifier: MIT */
/* Pops what spsc.cpp pushed first, pushes a tick of its own, and says that it was the last. */
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
    if (jm_queue_pop (ticks, &t, 1000 * 1000 * 1000) == -1) /* waits a second at most */
    {
        return fprintf (stderr, "%s\n", jm_last_error_message ()), 1;
    }
    printf ("C popped tick %d at %.1f\n", (int) t.number, t.price);
    t.number = 4;
    jm_queue_push (ticks, &t, -1); /* waits for room, for ever */
    jm_queue_shutdown (ticks);     /* no more pushes: who pops what is left learns that it was all */
    return jm_close (ticks);
}
// [/readme]
