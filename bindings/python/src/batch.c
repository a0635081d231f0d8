/* SPDX-License-Identifier: MIT */
/* Push and pop of many elements. */
#include "core.h"

/* More bytes are copied without the GIL, so that other threads run meanwhile. */
static const uint64_t maxWithGil = 256 * 1024;

/* How many a call transfers: what is possible now; at least one; all. */
typedef enum
{
    TRY,
    SOME,
    ALL
} Extent;

static int attemptPushAll (Wait* wait, int64_t timeoutNs)
{
    const char* next = wait->address + wait->done * wait->size;
    const int64_t n = jm_queue_push_n (wait->handle, next, wait->count - wait->done, timeoutNs);
    wait->done += n > 0 ? (uint64_t) n : 0;
    return n == -1 ? -1 : wait->done < wait->count;
}

static int attemptPopAll (Wait* wait, int64_t timeoutNs)
{
    char* next = wait->address + wait->done * wait->size;
    const int64_t n = jm_queue_pop_n (wait->handle, next, wait->count - wait->done, timeoutNs);
    wait->done += n > 0 ? (uint64_t) n : 0;
    return n == -1 ? -1 : wait->done < wait->count;
}

static int attemptPopSome (Wait* wait, int64_t timeoutNs)
{
    const int64_t n = jm_queue_pop_some (wait->handle, wait->address, wait->count, timeoutNs);
    wait->done = n > 0 ? (uint64_t) n : 0;
    return n == -1 ? -1 : 0;
}

static int attemptTryPush (Wait* wait, int64_t timeoutNs)
{
    (void) timeoutNs;
    const int64_t n = jm_queue_try_push_n (wait->handle, wait->address, wait->count);
    wait->done = n > 0 ? (uint64_t) n : 0;
    return n == -1 ? -1 : 0;
}

static int attemptTryPop (Wait* wait, int64_t timeoutNs)
{
    (void) timeoutNs;
    const int64_t n = jm_queue_try_pop_n (wait->handle, wait->address, wait->count);
    wait->done = n > 0 ? (uint64_t) n : 0;
    return n == -1 ? -1 : 0;
}

/* Transfers at once what is possible, then waits for the rest. Returns 0, or -1: wait->error has the reason, and
 * wait->done the number that was transferred before. */
static int transfer (Wait* wait, Extent extent, Attempt first, int64_t timeoutNs)
{
    const Attempt rest = wait->attempt;
    int outcome = 0;
    if (wait->count == 0)
    {
        return 0;
    }
    if (wait->count * wait->size <= maxWithGil)
    {
        outcome = first (wait, 0);
        wait->error = outcome != 0 ? jm_last_error () : 0;
    }
    else if (extent == TRY)
    {
        wait->attempt = first;
        outcome = waitFor (wait, 0);
    }
    else
    {
        wait->error = EAGAIN;
        outcome = -1;
    }
    if (outcome != 0 && wait->error != EAGAIN)
    {
        return -1;
    }
    if (extent == TRY || wait->done == wait->count || (extent == SOME && wait->done > 0))
    {
        return 0;
    }
    wait->attempt = rest;
    return waitFor (wait, timeoutNs);
}

/* Adds the part that was done to the exception of a signal handler, as its attribute `partial`. Steals the part. */
static void addPartial (PyObject* part)
{
    PyObject *type, *error, *trace;
    PyErr_Fetch (&type, &error, &trace);
    PyErr_NormalizeException (&type, &error, &trace);
    if (part == NULL || error == NULL || PyObject_SetAttrString (error, "partial", part) != 0)
    {
        PyErr_Clear ();
    }
    Py_XDECREF (part);
    PyErr_Restore (type, error, trace);
}

static PyObject* pushMany (Queue* self, PyObject* values, Extent extent, int64_t timeoutNs)
{
    Elements elements;
    jm_handle handle = 0;
    if (encodeElements (self, values, &elements, &handle) != 0)
    {
        return NULL;
    }
    Wait wait = {.attempt = attemptPushAll, .handle = handle, .closing = &self->closing, .size = self->size};
    wait.address = (char*) (uintptr_t) elements.address;
    wait.count = (uint64_t) elements.length / self->size;
    const int outcome = transfer (&wait, extent, attemptTryPush, timeoutNs);
    PyObject* result = NULL;
    if (outcome != 0 && wait.error == 0)
    {
        addPartial (PyLong_FromUnsignedLongLong (wait.done));
    }
    else
    {
        result = outcome == 0 || wait.done > 0 ? PyLong_FromUnsignedLongLong (wait.done) : raiseWait (&wait, PUSH_CALL);
    }
    releaseElements (&elements);
    return result;
}

static PyObject* pushAll (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    static const char* const names[] = {"values", "timeout", NULL};
    PyObject* values[2];
    int64_t timeoutNs = 0;
    if (readArguments ("push_many", names, 1, args, count, keywords, values) != 0
        || readTimeout (values[1], &timeoutNs) != 0)
    {
        return NULL;
    }
    return pushMany ((Queue*) object, values[0], ALL, timeoutNs);
}

static PyObject* tryPushMany (PyObject* object, PyObject* values)
{
    return pushMany ((Queue*) object, values, TRY, 0);
}

/* push_many_async: the elements as bytes, and a push of as many as fit of those after the first. */
static PyObject* encodeMany (PyObject* object, PyObject* values)
{
    Elements elements;
    jm_handle handle = 0;
    if (encodeElements ((Queue*) object, values, &elements, &handle) != 0)
    {
        return NULL;
    }
    PyObject* bytes = PyBytes_FromStringAndSize (elements.address, elements.length);
    releaseElements (&elements);
    return bytes;
}

static PyObject* offerMany (PyObject* object, PyObject* args)
{
    Queue* self = (Queue*) object;
    PyObject* bytes;
    Py_ssize_t first;
    const jm_handle handle = openQueue (self);
    if (handle == 0 || !PyArg_ParseTuple (args, "Sn", &bytes, &first))
    {
        return NULL;
    }
    Wait wait = {.attempt = attemptTryPush, .handle = handle, .closing = &self->closing, .size = self->size};
    const Py_ssize_t all = PyBytes_Size (bytes) / (Py_ssize_t) self->size;
    if (first < 0 || first >= all)
    {
        return PyLong_FromLong (0);
    }
    wait.address = PyBytes_AsString (bytes) + first * (Py_ssize_t) self->size;
    wait.count = (uint64_t) (all - first);
    return transfer (&wait, TRY, attemptTryPush, 0) == 0 ? PyLong_FromUnsignedLongLong (wait.done)
                                                         : raiseWait (&wait, PUSH_CALL);
}

static int popInto (Queue* self, Wait* wait, jm_handle handle, char* address, uint64_t count, Extent extent,
                    int64_t timeoutNs)
{
    *wait = (Wait) {.attempt = extent == ALL ? attemptPopAll : attemptPopSome,
                    .handle = handle,
                    .closing = &self->closing,
                    .address = address,
                    .size = self->size,
                    .count = count};
    return transfer (wait, extent, attemptTryPop, timeoutNs);
}

/* The popped elements as an object: of the buffer that the Python layer made, or of a bytes object. Steals it. */
static PyObject* finishBatch (Queue* self, PyObject* batch, uint64_t count, uint64_t done)
{
    if (self->makeMany != NULL)
    {
        PyObject* number = PyLong_FromUnsignedLongLong (done);
        PyObject* part = number != NULL ? PyObject_CallFunctionObjArgs (self->finishMany, batch, number, NULL) : NULL;
        Py_XDECREF (number);
        Py_DECREF (batch);
        return part;
    }
    if (self->code != 0)
    {
        PyObject* list = decodeNumbers (self, PyBytes_AsString (batch), done);
        Py_DECREF (batch);
        return list;
    }
    if (done < count)
    {
        PyObject* part = PyBytes_FromStringAndSize (PyBytes_AsString (batch), (Py_ssize_t) (done * self->size));
        Py_DECREF (batch);
        batch = part;
    }
    if (batch == NULL || self->decodeMany == NULL)
    {
        return batch;
    }
    PyObject* values = PyObject_CallFunctionObjArgs (self->decodeMany, batch, NULL);
    Py_DECREF (batch);
    return values;
}

static PyObject* makeBatch (Queue* self, uint64_t count, Py_buffer* view, char** address)
{
    if (count > (uint64_t) PY_SSIZE_T_MAX / self->size)
    {
        return PyErr_NoMemory ();
    }
    if (self->makeMany == NULL)
    {
        PyObject* bytes = PyBytes_FromStringAndSize (NULL, (Py_ssize_t) (count * self->size));
        *address = bytes != NULL ? PyBytes_AsString (bytes) : NULL;
        return bytes;
    }
    PyObject* number = PyLong_FromUnsignedLongLong (count);
    PyObject* batch = number != NULL ? PyObject_CallFunctionObjArgs (self->makeMany, number, NULL) : NULL;
    Py_XDECREF (number);
    if (batch != NULL && PyObject_GetBuffer (batch, view, PyBUF_CONTIG) != 0)
    {
        Py_CLEAR (batch);
    }
    if (batch != NULL && (uint64_t) view->len != count * self->size)
    {
        PyErr_SetString (PyExc_RuntimeError, "the array for the popped elements has another size than they");
        PyBuffer_Release (view);
        Py_CLEAR (batch);
    }
    *address = batch != NULL ? view->buf : NULL;
    return batch;
}

static PyObject* popMany (Queue* self, PyObject* number, Extent extent, int64_t timeoutNs)
{
    uint64_t count = 0;
    if (readNumber (number, &count) != 0 || openQueue (self) == 0)
    {
        return NULL;
    }
    if (extent != ALL && count > self->capacity)
    {
        count = self->capacity;
    }
    Py_buffer view;
    char* address = NULL;
    Wait wait;
    PyObject* batch = makeBatch (self, count, &view, &address);
    const jm_handle handle = batch != NULL ? openQueue (self) : 0; /* the array was made by code of Python */
    const int outcome = handle != 0 ? popInto (self, &wait, handle, address, count, extent, timeoutNs) : -1;
    if (batch != NULL && self->makeMany != NULL)
    {
        PyBuffer_Release (&view);
    }
    if (handle == 0 || (outcome != 0 && wait.error != 0 && wait.done == 0))
    {
        PyObject* result = handle != 0 ? raiseWait (&wait, POP_CALL) : NULL;
        Py_XDECREF (batch);
        return result;
    }
    if (outcome == 0 || wait.error != 0)
    {
        return finishBatch (self, batch, count, wait.done);
    }
    PyObject *type, *error, *trace;
    PyErr_Fetch (&type, &error, &trace);
    PyObject* part = finishBatch (self, batch, count, wait.done);
    PyErr_Restore (type, error, trace);
    addPartial (part);
    return NULL;
}

static PyObject* readPopMany (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords,
                              Extent extent)
{
    static const char* const names[] = {"count", "timeout", NULL};
    PyObject* values[2];
    int64_t timeoutNs = 0;
    if (readArguments (extent == ALL ? "pop_many" : "pop_some", names, 1, args, count, keywords, values) != 0
        || readTimeout (values[1], &timeoutNs) != 0)
    {
        return NULL;
    }
    return popMany ((Queue*) object, values[0], extent, timeoutNs);
}

static PyObject* popAll (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    return readPopMany (object, args, count, keywords, ALL);
}

static PyObject* popSome (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    return readPopMany (object, args, count, keywords, SOME);
}

static PyObject* tryPopMany (PyObject* object, PyObject* number)
{
    return popMany ((Queue*) object, number, TRY, 0);
}

static PyObject* popBuffer (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords,
                            Extent extent)
{
    static const char* const names[] = {"buffer", "timeout", NULL};
    Queue* self = (Queue*) object;
    PyObject* values[2];
    int64_t timeoutNs = 0;
    Py_buffer view;
    Wait wait;
    if (readArguments ("pop_into", names, 1, args, count, keywords, values) != 0
        || readTimeout (values[1], &timeoutNs) != 0 || PyObject_GetBuffer (values[0], &view, PyBUF_CONTIG) != 0)
    {
        return NULL;
    }
    PyObject* result = NULL;
    const jm_handle handle = openQueue (self);
    if (handle != 0 && view.len % (Py_ssize_t) self->size != 0)
    {
        PyErr_Format (PyExc_ValueError, "a buffer of %zd bytes holds no whole number of elements of %zd bytes",
                      view.len, (Py_ssize_t) self->size);
    }
    else if (handle != 0)
    {
        const uint64_t most = (uint64_t) view.len / self->size;
        const int outcome = popInto (self, &wait, handle, view.buf, most, extent, timeoutNs);
        if (outcome != 0 && wait.error == 0)
        {
            addPartial (PyLong_FromUnsignedLongLong (wait.done));
        }
        else
        {
            result =
                outcome == 0 || wait.done > 0 ? PyLong_FromUnsignedLongLong (wait.done) : raiseWait (&wait, POP_CALL);
        }
    }
    PyBuffer_Release (&view);
    return result;
}

static PyObject* popAllInto (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    return popBuffer (object, args, count, keywords, ALL);
}

static PyObject* popSomeInto (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    return popBuffer (object, args, count, keywords, SOME);
}

PyMethodDef batchMethods[] = {
    {"push_many", FAST (pushAll), "Pushes all values, waits while the queue is full, and returns how many it pushed."},
    {"try_push_many", tryPushMany, METH_O, "Pushes as many values as fit, and returns how many."},
    {"_encode_many", encodeMany, METH_O, NULL},
    {"_offer_many", offerMany, METH_VARARGS, NULL},
    {"pop_many", FAST (popAll), "Pops count elements, and waits until it has all of them."},
    {"pop_some", FAST (popSome), "Waits for an element, and pops as many as there are, up to count."},
    {"try_pop_many", tryPopMany, METH_O, "Pops as many elements as there are, up to count."},
    {"pop_into", FAST (popAllInto), "Fills a writable buffer with elements, and returns how many it popped."},
    {"pop_some_into", FAST (popSomeInto), "As pop_some(), into a writable buffer; returns how many it popped."},
    {NULL, NULL, 0, NULL},
};
