/* SPDX-License-Identifier: MIT */
/* Zero copy: a region is a piece of a queue's memory, which exports a buffer and keeps the mapping. */
#include "core.h"

typedef struct
{
    PyObject_HEAD Queue* queue;
    void* address;
    uint64_t count; /* elements */
    int readOnly;
} Region;

static PyTypeObject* regionType;

void setRegionType (PyObject* type)
{
    regionType = (PyTypeObject*) type;
}

PyObject* makeRegion (Queue* queue, void* address, uint64_t count, int readOnly)
{
    Region* region = PyObject_GC_New (Region, regionType);
    if (region != NULL)
    {
        region->queue = (Queue*) Py_NewRef ((PyObject*) queue);
        region->address = address;
        region->count = count;
        region->readOnly = readOnly;
        ++queue->regions;
        PyObject_GC_Track (region);
    }
    return (PyObject*) region;
}

/* A queue of a subclass may have its own pieces as attributes. Those can be cleared, so a region need not be. */
static int visitRegion (PyObject* object, visitproc visit, void* arg)
{
    Py_VISIT (Py_TYPE (object));
    Py_VISIT ((PyObject*) ((Region*) object)->queue);
    return 0;
}

static void deleteRegion (PyObject* object)
{
    Region* self = (Region*) object;
    PyTypeObject* type = Py_TYPE (object);
    PyObject_GC_UnTrack (object);
    --self->queue->regions;
    closeIfUnused (self->queue);
    Py_DECREF ((PyObject*) self->queue);
    PyObject_GC_Del (object);
    Py_DECREF (type);
}

static int getBuffer (PyObject* object, Py_buffer* view, int flags)
{
    Region* self = (Region*) object;
    return PyBuffer_FillInfo (view, object, self->address, (Py_ssize_t) (self->count * self->queue->size),
                              self->readOnly, flags);
}

static Py_ssize_t regionLength (PyObject* object)
{
    return (Py_ssize_t) ((Region*) object)->count;
}

static PyType_Slot slots[] = {
    {Py_tp_doc, "A piece of a queue's memory."},
    {Py_tp_dealloc, deleteRegion},
    {Py_tp_traverse, visitRegion},
    {Py_sq_length, regionLength},
    {Py_bf_getbuffer, getBuffer},
    {0, NULL},
};

PyType_Spec regionSpec = {
    .name = "joinmem._core.Region",
    .basicsize = sizeof (Region),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

/* --- of a queue: _peek (count, timeout, waiting) and _reserve, then _release (count) and _commit --- */

static int attemptPeek (Wait* wait, int64_t timeoutNs)
{
    wait->done = wait->count;
    wait->address = (char*) (uintptr_t) jm_queue_peek (wait->handle, &wait->done);
    if (wait->address != NULL || !wait->waiting || jm_last_error () != EAGAIN)
    {
        return wait->address != NULL ? 0 : -1;
    }
    return jm_queue_await_element (wait->handle, 1, timeoutNs) == 0 ? 1 : -1;
}

static int attemptReserve (Wait* wait, int64_t timeoutNs)
{
    wait->done = wait->count;
    wait->address = jm_queue_reserve (wait->handle, &wait->done);
    if (wait->address != NULL || !wait->waiting || jm_last_error () != EAGAIN)
    {
        return wait->address != NULL ? 0 : -1;
    }
    return jm_queue_await_room (wait->handle, 1, timeoutNs) == 0 ? 1 : -1;
}

static PyObject* openRegion (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords,
                             Attempt attempt, CallKind call)
{
    static const char* const names[] = {"count", "timeout", "waiting", NULL};
    Queue* self = (Queue*) object;
    PyObject* values[3];
    int64_t timeoutNs = 0;
    Wait wait = {.attempt = attempt, .closing = &self->closing};
    if (readArguments ("_peek", names, 1, args, count, keywords, values) != 0
        || readNumber (values[0], &wait.count) != 0 || readTimeout (values[1], &timeoutNs) != 0
        || (wait.handle = openQueue (self)) == 0)
    {
        return NULL;
    }
    wait.waiting = values[2] == NULL || values[2] == Py_True;
    ++self->regions; /* close () on another thread leaves the mapping */
    PyObject* region = NULL;
    if (waitFor (&wait, timeoutNs) == 0)
    {
        region = makeRegion (self, wait.address, wait.done, call == POP_CALL);
    }
    else
    {
        raiseWait (&wait, call);
    }
    --self->regions;
    if (region == NULL)
    {
        closeIfUnused (self);
    }
    return region;
}

static PyObject* peekRegion (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    return openRegion (object, args, count, keywords, attemptPeek, POP_CALL);
}

static PyObject* reserveRegion (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    return openRegion (object, args, count, keywords, attemptReserve, PUSH_CALL);
}

static PyObject* finish (PyObject* object, PyObject* number, int (*call) (jm_handle, uint64_t), CallKind kind)
{
    uint64_t count = 0;
    const jm_handle handle = readNumber (number, &count) == 0 ? openQueue ((Queue*) object) : 0;
    if (handle == 0)
    {
        return NULL;
    }
    return call (handle, count) == 0 ? Py_NewRef (Py_None) : raiseLast (kind);
}

static PyObject* releaseRegion (PyObject* object, PyObject* number)
{
    return finish (object, number, jm_queue_release, POP_CALL);
}

static PyObject* commitRegion (PyObject* object, PyObject* number)
{
    return finish (object, number, jm_queue_commit, PUSH_CALL);
}

PyMethodDef regionMethods[] = {
    {"_peek", FAST (peekRegion), NULL},
    {"_reserve", FAST (reserveRegion), NULL},
    {"_release", releaseRegion, METH_O, NULL},
    {"_commit", commitRegion, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
