/* SPDX-License-Identifier: MIT */
/* Sends numbers to two worker processes through one queue, and receives their sums through another. */
// [readme]
#include <joinmem.h>
#include <stdio.h>
#include <unistd.h>

static int work (jm_handle numbers, jm_handle sums)
{
    uint64_t number, sum = 0;
    while (jm_queue_pop (numbers, &number, -1) == 0)
    {
        sum += number;
    }
    return jm_queue_push (sums, &sum, -1);
}

int main (void)
{
    jm_handle numbers = jm_queue_open (JM_MPMC, 64, sizeof (uint64_t), "/example-numbers");
    jm_handle sums = jm_queue_open (JM_MPMC, 2, sizeof (uint64_t), "/example-sums");
    uint64_t a, b;
    if (fork () == 0 || fork () == 0) /* a child may use inherited handles */
    {
        return work (numbers, sums);
    }
    for (uint64_t n = 1; n <= 1000; ++n)
    {
        jm_queue_push (numbers, &n, -1);
    }
    jm_queue_shutdown (numbers); /* the workers pop the remaining numbers, then pop returns -1 */
    if (jm_queue_pop (sums, &a, -1) == -1 || jm_queue_pop (sums, &b, -1) == -1)
    {
        return fprintf (stderr, "%s\n", jm_last_error_message ()), 1;
    }
    printf ("the sum of 1 to 1000 is %d\n", (int) (a + b));
    return jm_unlink ("/example-numbers") | jm_unlink ("/example-sums");
}
// [/readme]
