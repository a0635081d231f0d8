/* SPDX-License-Identifier: MIT */
/* Calls that wait: without the GIL, and with Python's signal handlers (PEP 475). */
#define _GNU_SOURCE
#include "core.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

/* A signal that arrives before the library sleeps does not interrupt it. So the main thread, which runs the handlers,
 * sleeps in slices, and Ctrl-C takes effect within this time in any case. */
static const int64_t sliceNs = 25 * 1000 * 1000;

static int64_t monotonicNow (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return (int64_t) time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t endOf (int64_t timeoutNs)
{
    const int64_t now = timeoutNs > 0 ? monotonicNow () : 0;
    return timeoutNs > INT64_MAX - now ? -1 : timeoutNs < 0 ? -1 : now + timeoutNs;
}

static int64_t timeLeft (int64_t end)
{
    if (end <= 0)
    {
        return end; /* no limit, or one attempt */
    }
    const int64_t now = monotonicNow ();
    return now < end ? end - now : 0;
}

int waitFor (Wait* wait, int64_t timeoutNs)
{
    const int sliced = gettid () == getpid ();
    const int64_t end = endOf (timeoutNs);
    for (;;)
    {
        const int64_t left = timeLeft (end);
        const int64_t slice = sliced && (left < 0 || left > sliceNs) ? sliceNs : left;
        int outcome = 0;
        Py_BEGIN_ALLOW_THREADS
        outcome = wait->attempt (wait, slice);
        wait->error = outcome == -1 ? jm_last_error () : 0;
        Py_END_ALLOW_THREADS
        if (outcome == 0)
        {
            return 0;
        }
        if (outcome == -1 && wait->error != EINTR && (wait->error != ETIMEDOUT || slice == left))
        {
            return -1;
        }
        wait->error = 0;
        if (PyErr_CheckSignals () != 0)
        {
            return -1;
        }
        if (*wait->closing)
        {
            wait->error = ECANCELED;
            return -1;
        }
    }
}

PyObject* raiseWait (const Wait* wait, CallKind call)
{
    if (wait->error == 0)
    {
        return NULL;
    }
    if (*wait->closing && (wait->error == EBADF || wait->error == ECANCELED))
    {
        return raiseNumber (ECANCELED, "the object was closed while this call waited", call);
    }
    return raiseLast (call);
}
