/* SPDX-License-Identifier: MIT */
/* Creates a queue and a memory from C for other programs to inspect: maker NAME. It waits for the end of its input. */
#include <joinmem.h>

#include <stdio.h>
#include <unistd.h>

int main(int count, char **words)
{
    char name[300];
    double value = 0.5;
    char end;
    if (count != 2)
        return 2;
    jm_handle queue = jm_queue_open(JM_MPMC, 100, sizeof value, words[1]);
    snprintf(name, sizeof name, "%s.memory", words[1]);
    jm_handle memory = jm_shm_open(3 << 20, name);
    if (queue == JM_INVALID_HANDLE || memory == JM_INVALID_HANDLE || jm_queue_push(queue, &value, -1) != 0)
        return 1;
    puts("ready");
    fflush(stdout);
    while (read(0, &end, 1) > 0)
        ;
    return jm_close(queue) == 0 && jm_close(memory) == 0 ? 0 : 1;
}
