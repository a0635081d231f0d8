/* SPDX-License-Identifier: MIT */
/* A signal handler interrupts a push of its thread and pushes to the same queue: over shared memory that fails with
   EDEADLK, and the interrupted push continues undisturbed. A fault interrupts the push in the middle of its copy. */
#define _GNU_SOURCE /* NOLINT: sigaction and mprotect, with -std=c99 */
#include "check.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

static jm_handle queue;
static jm_handle other;
static void* page;
static size_t page_size;
static volatile sig_atomic_t faults;

static void on_fault (int signal)
{
    const uint64_t inner = 2;
    (void) signal;
    ++faults;
    CHECK (mprotect (page, page_size, PROT_READ | PROT_WRITE) == 0);
    CHECK_FAILS (jm_queue_try_push (queue, &inner), -1, EDEADLK, "not complete");
    CHECK_FAILS (jm_queue_try_push_n (queue, &inner, 1), -1, EDEADLK, "not complete");
    CHECK (jm_queue_try_push (other, &inner) == 0); /* another queue is not affected */
    jm_clear_error ();
}

static void by_kind (uint32_t kind)
{
    char name[64];
    uint64_t got = 0;
    snprintf (name, sizeof name, "/joinmem-queue-nested-%ld", (long) getpid ());
    queue = jm_queue_open (kind, 4, 8, name);
    CHECK (queue > 0 && jm_unlink (name) == 0);
    other = jm_queue_open (kind, 4, 8, name);
    CHECK (other > 0 && jm_unlink (name) == 0);
    faults = 0;
    *(uint64_t*) page = 1;
    CHECK (mprotect (page, page_size, PROT_NONE) == 0);
    CHECK (jm_queue_try_push (queue, page) == 0);
    CHECK (faults == 1 && jm_last_error () == 0);
    CHECK (jm_queue_try_push (queue, page) == 0);
    CHECK (jm_queue_try_pop (queue, &got) == 0 && got == 1);
    CHECK (jm_queue_try_pop (queue, &got) == 0 && got == 1);
    CHECK (jm_queue_pending (queue) == 0);
    CHECK (jm_queue_try_pop (other, &got) == 0 && got == 2);
    CHECK (jm_close (queue) == 0 && jm_close (other) == 0);
}

int main (void)
{
    struct sigaction action;
    memset (&action, 0, sizeof action);
    action.sa_handler = on_fault;
    action.sa_flags = SA_NODEFER;
    page_size = (size_t) sysconf (_SC_PAGESIZE);
    page = mmap (NULL, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK (page != MAP_FAILED && sigaction (SIGSEGV, &action, NULL) == 0);
    by_kind (JM_MPSC);
    by_kind (JM_MPMC);
    puts ("reported, and nothing lost");
    return 0;
}
