/* SPDX-License-Identifier: MIT */
/* What a queue reports, and calls that change its state. */
#include "core.h"

static PyObject* noneOf (int result)
{
    return result == -1 ? raiseLast (ANY_CALL) : Py_NewRef (Py_None);
}

/* Calls of one handle that return 0 or -1. */
#define SIMPLE(name, call)                                    \
    static PyObject* name (PyObject* object, PyObject* none)  \
    {                                                         \
        (void) none;                                          \
        const jm_handle handle = openQueue ((Queue*) object); \
        return handle != 0 ? noneOf (call (handle)) : NULL;   \
    }

SIMPLE (shutdownQueue, jm_queue_shutdown)
SIMPLE (cancelQueue, jm_queue_cancel)
SIMPLE (resumeQueue, jm_queue_resume)
SIMPLE (releaseRole, jm_queue_release_role)

static PyObject* lockQueue (PyObject* object, PyObject* none)
{
    (void) none;
    const jm_handle handle = openQueue ((Queue*) object);
    int result = 0;
    Py_BEGIN_ALLOW_THREADS
    result = handle != 0 ? jm_queue_mlock (handle) : 0;
    Py_END_ALLOW_THREADS
    return handle != 0 ? noneOf (result) : NULL;
}

static PyObject* bindQueue (PyObject* object, PyObject* node)
{
    int number = 0;
    const jm_handle handle = readNode (node, &number) == 0 ? openQueue ((Queue*) object) : 0;
    if (handle == 0)
    {
        return NULL;
    }
    int result = 0;
    Py_BEGIN_ALLOW_THREADS
    result = jm_queue_mbind (handle, number);
    Py_END_ALLOW_THREADS
    return noneOf (result);
}

static int attemptElement (Wait* wait, int64_t timeoutNs)
{
    return jm_queue_await_element (wait->handle, wait->count, timeoutNs);
}

static int attemptRoom (Wait* wait, int64_t timeoutNs)
{
    return jm_queue_await_room (wait->handle, wait->count, timeoutNs);
}

static PyObject* awaitAmount (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords,
                              const char* function, Attempt attempt)
{
    static const char* const names[] = {"amount", "timeout", NULL};
    Queue* self = (Queue*) object;
    PyObject* values[2];
    int64_t timeoutNs = 0;
    Wait wait = {.attempt = attempt, .closing = &self->closing, .count = 1};
    if (readArguments (function, names, 0, args, count, keywords, values) != 0
        || (values[0] != NULL && readNumber (values[0], &wait.count) != 0) || readTimeout (values[1], &timeoutNs) != 0
        || (wait.handle = openQueue (self)) == 0)
    {
        return NULL;
    }
    if (attempt (&wait, 0) != 0)
    {
        wait.error = jm_last_error ();
        const CallKind call = attempt == attemptElement ? POP_CALL : PUSH_CALL;
        if (wait.error != ETIMEDOUT || timeoutNs == 0 || waitFor (&wait, timeoutNs) != 0)
        {
            return raiseWait (&wait, call);
        }
    }
    Py_RETURN_NONE;
}

static PyObject* awaitElement (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    return awaitAmount (object, args, count, keywords, "await_element", attemptElement);
}

static PyObject* awaitRoom (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    return awaitAmount (object, args, count, keywords, "await_room", attemptRoom);
}

static PyObject* queueStats (PyObject* object, PyObject* none)
{
    (void) none;
    jm_queue_stats stats;
    const jm_handle handle = openQueue ((Queue*) object);
    if (handle == 0)
    {
        return NULL;
    }
    if (jm_queue_get_stats (handle, &stats, sizeof (stats)) != 0)
    {
        return raiseLast (ANY_CALL);
    }
    return Py_BuildValue ("(KKKKN)", (unsigned long long) stats.pushed, (unsigned long long) stats.popped,
                          (unsigned long long) stats.deaths, (unsigned long long) stats.skipped,
                          PyBool_FromLong (stats.shut_down != 0));
}

static PyObject* queueProducers (PyObject* object, PyObject* none)
{
    (void) none;
    const jm_handle handle = openQueue ((Queue*) object);
    return handle != 0 ? listProducers (handle, NULL) : NULL;
}

static PyObject* queuePlacement (PyObject* object, PyObject* none)
{
    (void) none;
    const jm_handle handle = openQueue ((Queue*) object);
    return handle != 0 ? readText (jm_placement, handle) : NULL;
}

static PyObject* getClosed (PyObject* object, void* none)
{
    (void) none;
    return PyBool_FromLong (((Queue*) object)->handle == 0 || ((Queue*) object)->closing);
}

static PyObject* getElementSize (PyObject* object, void* none)
{
    (void) none;
    return PyLong_FromUnsignedLong (((Queue*) object)->size);
}

static PyObject* getCapacity (PyObject* object, void* none)
{
    (void) none;
    return PyLong_FromUnsignedLongLong (((Queue*) object)->capacity);
}

static PyObject* getKind (PyObject* object, void* none)
{
    (void) none;
    static const char* const names[] = {"", "spsc", "mpsc", "mpmc"};
    const jm_handle handle = openQueue ((Queue*) object);
    const uint32_t kind = handle != 0 ? jm_queue_kind (handle) : 0;
    return handle == 0 ? NULL : kind == 0 || kind > 3 ? raiseLast (ANY_CALL) : PyUnicode_FromString (names[kind]);
}

static PyObject* getNumber (PyObject* object, void* call)
{
    const jm_handle handle = openQueue ((Queue*) object);
    const int64_t number = handle != 0 ? (*(int64_t (**) (jm_handle)) call) (handle) : 0;
    return handle == 0 ? NULL : number == -1 ? raiseLast (ANY_CALL) : PyLong_FromLongLong (number);
}

static PyObject* getTag (PyObject* object, void* none)
{
    (void) none;
    uint64_t tag = 0;
    const jm_handle handle = openQueue ((Queue*) object);
    return handle == 0                         ? NULL
           : jm_queue_tag (handle, &tag) == -1 ? raiseLast (ANY_CALL)
                                               : PyLong_FromUnsignedLongLong (tag);
}

static PyObject* getFlag (PyObject* object, void* call)
{
    const jm_handle handle = openQueue ((Queue*) object);
    const int flag = handle != 0 ? (*(int (**) (jm_handle)) call) (handle) : 0;
    return handle == 0 ? NULL : flag == -1 ? raiseLast (ANY_CALL) : PyBool_FromLong (flag);
}

static PyObject* getName (PyObject* object, void* none)
{
    (void) none;
    const jm_handle handle = openQueue ((Queue*) object);
    return handle != 0 ? readText (jm_name, handle) : NULL;
}

static int64_t (*pendingCall) (jm_handle) = jm_queue_pending;
static int64_t (*availableCall) (jm_handle) = jm_queue_available;
static int (*createdCall) (jm_handle) = jm_created;
static int (*namedCall) (jm_handle) = jm_named;

PyGetSetDef stateGetters[] = {
    {"closed", getClosed, NULL, "Whether close() was called.", NULL},
    {"kind", getKind, NULL, "'spsc', 'mpsc' or 'mpmc'.", NULL},
    {"element_size", getElementSize, NULL, "The bytes of an element.", NULL},
    {"capacity", getCapacity, NULL, "How many elements fit, a power of two.", NULL},
    {"pending", getNumber, NULL, "How many elements there are; exact when no call is in progress.", &pendingCall},
    {"available", getNumber, NULL, "How many elements fit now; exact when no call is in progress.", &availableCall},
    {"tag", getTag, NULL, "The tag with which the queue was created.", NULL},
    {"created", getFlag, NULL, "Whether this object created the queue.", &createdCall},
    {"named", getFlag, NULL, "Whether the name still refers to this queue.", &namedCall},
    {"name", getName, NULL, "The name with its leading slash, '' for a private queue.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyMethodDef stateMethods[] = {
    {"await_element", FAST (awaitElement), "Waits until amount elements can be popped, and takes none."},
    {"await_room", FAST (awaitRoom), "Waits until amount elements fit, and pushes none."},
    {"shutdown", shutdownQueue, METH_NOARGS, "Ends the stream for all processes; pops get the remaining elements."},
    {"cancel", cancelQueue, METH_NOARGS, "Ends the waits of this object, and all until resume(), with Canceled."},
    {"resume", resumeQueue, METH_NOARGS, "Undoes cancel(), once the cancelled calls have returned."},
    {"release_role", releaseRole, METH_NOARGS, "Gives up the roles of this object in a shared spsc."},
    {"mbind", bindQueue, METH_O, "Binds the queue to a NUMA node, and moves its pages there."},
    {"mlock", lockQueue, METH_NOARGS, "Locks all pages of the queue in RAM."},
    {"_stats", queueStats, METH_NOARGS, NULL},
    {"_producers", queueProducers, METH_NOARGS, NULL},
    {"_placement", queuePlacement, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
