/* SPDX-License-Identifier: MIT */
/* Push and pop of one element. Each call tries first, without releasing the GIL, and waits only if it has to. */
#include "core.h"

static int attemptPush (Wait* wait, int64_t timeoutNs)
{
    return jm_queue_push (wait->handle, wait->address, timeoutNs);
}

static int attemptPop (Wait* wait, int64_t timeoutNs)
{
    return jm_queue_pop (wait->handle, wait->address, timeoutNs);
}

/* value, timeout: the common case is a value alone. */
static int readPush (PyObject* const* args, Py_ssize_t count, PyObject* keywords, PyObject** value, int64_t* timeoutNs)
{
    static const char* const names[] = {"value", "timeout", NULL};
    PyObject* values[2];
    *timeoutNs = -1;
    if (count == 1 && keywords == NULL)
    {
        *value = args[0];
        return 0;
    }
    if (readArguments ("push", names, 1, args, count, keywords, values) != 0)
    {
        return -1;
    }
    *value = values[0];
    return readTimeout (values[1], timeoutNs);
}

static PyObject* pushElement (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    Queue* self = (Queue*) object;
    PyObject* value = NULL;
    int64_t timeoutNs = 0;
    Elements elements;
    jm_handle handle = 0;
    if (readPush (args, count, keywords, &value, &timeoutNs) != 0
        || encodeElement (self, value, &elements, &handle) != 0)
    {
        return NULL;
    }
    PyObject* result = Py_None;
    if (jm_queue_try_push (handle, elements.address) != 0)
    {
        Wait wait = {.attempt = attemptPush, .handle = handle, .closing = &self->closing};
        wait.address = (char*) (uintptr_t) elements.address;
        wait.error = jm_last_error ();
        if (wait.error != EAGAIN || waitFor (&wait, timeoutNs) != 0)
        {
            result = raiseWait (&wait, PUSH_CALL);
        }
    }
    releaseElements (&elements);
    return Py_XNewRef (result);
}

static PyObject* tryPushElement (PyObject* object, PyObject* value)
{
    Queue* self = (Queue*) object;
    Elements elements;
    jm_handle handle = 0;
    if (encodeElement (self, value, &elements, &handle) != 0)
    {
        return NULL;
    }
    const int pushed = jm_queue_try_push (handle, elements.address);
    if (pushed != 0)
    {
        raiseLast (PUSH_CALL);
    }
    releaseElements (&elements);
    return pushed == 0 ? Py_NewRef (Py_None) : NULL;
}

/* push_async: whether the queue had room. */
static PyObject* offerElement (PyObject* object, PyObject* value)
{
    Queue* self = (Queue*) object;
    Elements elements;
    jm_handle handle = 0;
    if (encodeElement (self, value, &elements, &handle) != 0)
    {
        return NULL;
    }
    const int pushed = jm_queue_try_push (handle, elements.address);
    const int full = pushed != 0 && jm_last_error () == EAGAIN;
    PyObject* result = pushed == 0 || full ? PyBool_FromLong (pushed == 0) : raiseLast (PUSH_CALL);
    releaseElements (&elements);
    return result;
}

/* Room for one popped element: small ones on the stack, others in a bytes object, which may become the value. */
typedef struct
{
    _Alignas(16) char small[MAX_INLINE];
    char* address;
    PyObject* bytes;
} Room;

static int makeRoom (const Queue* queue, Room* room)
{
    room->bytes = NULL;
    room->address = room->small;
    if (queue->size > MAX_INLINE)
    {
        room->bytes = PyBytes_FromStringAndSize (NULL, (Py_ssize_t) queue->size);
        room->address = room->bytes != NULL ? PyBytes_AsString (room->bytes) : NULL;
    }
    return room->address != NULL ? 0 : -1;
}

static PyObject* takeValue (Queue* queue, Room* room)
{
    PyObject* value = decodeElement (queue, room->address, room->bytes);
    Py_XDECREF (room->bytes);
    return value;
}

/* Pops one element. At the end of the stream a loop ends with NULL and no exception. */
static PyObject* popWithin (Queue* self, jm_handle handle, int64_t timeoutNs, int looping)
{
    Room room;
    if (makeRoom (self, &room) != 0)
    {
        return NULL;
    }
    if (jm_queue_try_pop (handle, room.address) != 0)
    {
        Wait wait = {.attempt = attemptPop, .handle = handle, .closing = &self->closing, .address = room.address};
        wait.error = jm_last_error ();
        if (wait.error != EAGAIN || waitFor (&wait, timeoutNs) != 0)
        {
            Py_XDECREF (room.bytes);
            return looping && wait.error == EPIPE ? NULL : raiseWait (&wait, POP_CALL);
        }
    }
    return takeValue (self, &room);
}

static PyObject* popElement (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    static const char* const names[] = {"timeout", NULL};
    PyObject* timeout = NULL;
    int64_t timeoutNs = -1;
    if ((count != 0 || keywords != NULL)
        && (readArguments ("pop", names, 0, args, count, keywords, &timeout) != 0
            || readTimeout (timeout, &timeoutNs) != 0))
    {
        return NULL;
    }
    const jm_handle handle = openQueue ((Queue*) object);
    return handle != 0 ? popWithin ((Queue*) object, handle, timeoutNs, 0) : NULL;
}

PyObject* queueNext (PyObject* object)
{
    const jm_handle handle = openQueue ((Queue*) object);
    return handle != 0 ? popWithin ((Queue*) object, handle, -1, 1) : NULL;
}

static PyObject* tryPopElement (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    static const char* const names[] = {"default", NULL};
    Queue* self = (Queue*) object;
    PyObject* instead = NULL;
    Room room;
    const jm_handle handle = openQueue (self);
    if (handle == 0
        || ((count != 0 || keywords != NULL)
            && readArguments ("try_pop", names, 0, args, count, keywords, &instead) != 0)
        || makeRoom (self, &room) != 0)
    {
        return NULL;
    }
    if (jm_queue_try_pop (handle, room.address) == 0)
    {
        return takeValue (self, &room);
    }
    Py_XDECREF (room.bytes);
    return instead != NULL && jm_last_error () == EAGAIN ? Py_NewRef (instead) : raiseLast (POP_CALL);
}

PyMethodDef transferMethods[] = {
    {"push", FAST (pushElement), "Pushes one element, and waits while the queue is full."},
    {"try_push", tryPushElement, METH_O, "Pushes one element, or raises Full."},
    {"_offer", offerElement, METH_O, NULL},
    {"pop", FAST (popElement), "Pops the oldest element, and waits while the queue is empty."},
    {"try_pop", FAST (tryPopElement), "Pops the oldest element, or raises Empty, or returns the default."},
    {NULL, NULL, 0, NULL},
};
