/* SPDX-License-Identifier: MIT */
/* Wait sets. Keys are numbers here; the Python layer finds the queue and its data by them. */
#include "core.h"

typedef struct
{
    PyObject_HEAD jm_handle handle; /* 0: closed, or never opened */
    int closing;
} WaitSet;

static PyTypeObject* queueType;

void setQueueType (PyObject* type)
{
    queueType = (PyTypeObject*) type;
}

static int initSet (PyObject* object, PyObject* args, PyObject* keywords)
{
    WaitSet* self = (WaitSet*) object;
    static char* names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords (args, keywords, "", names))
    {
        return -1;
    }
    if (self->handle != 0 || self->closing)
    {
        PyErr_SetString (PyExc_RuntimeError, "this wait set is open, or was");
        return -1;
    }
    const jm_handle handle = jm_wait_create ();
    if (handle == JM_INVALID_HANDLE)
    {
        raiseLast (ANY_CALL);
        return -1;
    }
    self->handle = handle;
    return 0;
}

static void closeHandle (WaitSet* self)
{
    const jm_handle handle = self->handle;
    self->closing = 1;
    self->handle = 0;
    if (handle != 0)
    {
        Py_BEGIN_ALLOW_THREADS
        jm_close (handle);
        Py_END_ALLOW_THREADS
    }
}

static void deleteSet (PyObject* object)
{
    PyTypeObject* type = Py_TYPE (object);
    closeHandle ((WaitSet*) object);
    freeObject (type, object);
    Py_DECREF (type);
}

static jm_handle openSet (PyObject* object)
{
    const jm_handle handle = ((WaitSet*) object)->handle;
    if (handle == 0)
    {
        raiseNumber (EBADF, "the wait set is closed", ANY_CALL);
    }
    return handle;
}

static PyObject* closeSet (PyObject* object, PyObject* none)
{
    (void) none;
    closeHandle ((WaitSet*) object);
    Py_RETURN_NONE;
}

static PyObject* watch (PyObject* object, PyObject* args,
                        int (*call) (jm_handle, jm_handle, uint32_t, uint64_t, uint64_t))
{
    PyObject* queue;
    uint32_t ready = 0;
    uint64_t key = 0, amount = 0;
    if (!PyArg_ParseTuple (args, "O!O&O&O&", queueType, &queue, convert32, &ready, convert64, &key, convert64, &amount))
    {
        return NULL;
    }
    const jm_handle set = openSet (object);
    const jm_handle handle = set != 0 ? openQueue ((Queue*) queue) : 0;
    if (handle == 0)
    {
        return NULL;
    }
    int result = 0;
    Py_BEGIN_ALLOW_THREADS
    result = call (set, handle, ready, key, amount);
    Py_END_ALLOW_THREADS
    return result == 0 ? Py_NewRef (Py_None) : raiseLast (ANY_CALL);
}

static PyObject* addQueue (PyObject* object, PyObject* args)
{
    return watch (object, args, jm_wait_add);
}

static PyObject* modifyQueue (PyObject* object, PyObject* args)
{
    return watch (object, args, jm_wait_modify);
}

static PyObject* removeQueue (PyObject* object, PyObject* queue)
{
    const jm_handle set = openSet (object);
    if (set == 0)
    {
        return NULL;
    }
    if (!PyObject_TypeCheck (queue, queueType))
    {
        PyErr_SetString (PyExc_TypeError, "a wait set watches queues");
        return NULL;
    }
    const jm_handle handle = openQueue ((Queue*) queue);
    if (handle == 0)
    {
        return NULL;
    }
    return jm_wait_remove (set, handle) == 0 ? Py_NewRef (Py_None) : raiseLast (ANY_CALL);
}

enum
{
    MAX_EVENTS = 256
};

static int attemptWait (Wait* wait, int64_t timeoutNs)
{
    const int64_t n = jm_wait (wait->handle, (jm_wait_event*) (void*) wait->address, wait->count, timeoutNs);
    wait->result = (int) n;
    return n >= 0 ? 0 : -1;
}

static PyObject* eventList (const jm_wait_event* events, int count)
{
    PyObject* list = PyList_New (count);
    for (int i = 0; list != NULL && i < count; ++i)
    {
        PyObject* event = Py_BuildValue ("(KI)", (unsigned long long) events[i].key, (unsigned) events[i].ready);
        if (event == NULL || PyList_SetItem (list, i, event) != 0)
        {
            Py_CLEAR (list);
        }
    }
    return list;
}

static PyObject* waitSet (PyObject* object, PyObject* args)
{
    WaitSet* self = (WaitSet*) object;
    PyObject* timeout;
    uint64_t most = 0;
    int64_t timeoutNs = 0;
    jm_wait_event events[MAX_EVENTS];
    if (!PyArg_ParseTuple (args, "O&O", convert64, &most, &timeout) || readTimeout (timeout, &timeoutNs) != 0)
    {
        return NULL;
    }
    const jm_handle set = openSet (object);
    if (set == 0)
    {
        return NULL;
    }
    Wait wait = {.attempt = attemptWait, .handle = set, .closing = &self->closing, .address = (char*) events};
    wait.count = most < MAX_EVENTS ? most : MAX_EVENTS;
    return waitFor (&wait, timeoutNs) == 0 ? eventList (events, wait.result) : raiseWait (&wait, ANY_CALL);
}

/* The events that there are now: an empty list if there is none. */
static PyObject* pollSet (PyObject* object, PyObject* none)
{
    (void) none;
    jm_wait_event events[MAX_EVENTS];
    const jm_handle set = openSet (object);
    if (set == 0)
    {
        return NULL;
    }
    const int64_t n = jm_wait (set, events, MAX_EVENTS, 0);
    return n >= 0 || jm_last_error () == ETIMEDOUT ? eventList (events, n > 0 ? (int) n : 0) : raiseLast (ANY_CALL);
}

static PyObject* wakeSet (PyObject* object, PyObject* none)
{
    (void) none;
    const jm_handle set = openSet (object);
    return set == 0 ? NULL : jm_wait_wake (set) == 0 ? Py_NewRef (Py_None) : raiseLast (ANY_CALL);
}

static PyObject* setDescriptor (PyObject* object, PyObject* none)
{
    (void) none;
    const jm_handle set = openSet (object);
    const int descriptor = set != 0 ? jm_wait_fd (set) : 0;
    return set == 0 ? NULL : descriptor == -1 ? raiseLast (ANY_CALL) : PyLong_FromLong (descriptor);
}

static Py_ssize_t setLength (PyObject* object)
{
    const jm_handle set = openSet (object);
    const int64_t size = set != 0 ? jm_wait_size (set) : -1;
    if (set != 0 && size == -1)
    {
        raiseLast (ANY_CALL);
    }
    return (Py_ssize_t) size;
}

static PyObject* getClosed (PyObject* object, void* none)
{
    (void) none;
    return PyBool_FromLong (((WaitSet*) object)->handle == 0);
}

static PyGetSetDef getters[] = {
    {"closed", getClosed, NULL, "Whether close() was called.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"close", closeSet, METH_NOARGS, "Closes the set and its descriptor; a wait() of another thread raises Canceled."},
    {"wake", wakeSet, METH_NOARGS, "Makes the wait() in progress, or else the next one, return an empty list."},
    {"fileno", setDescriptor, METH_NOARGS, "Returns the descriptor for event loops, which belongs to the set."},
    {"_add", addQueue, METH_VARARGS, NULL},
    {"_modify", modifyQueue, METH_VARARGS, NULL},
    {"_remove", removeQueue, METH_O, NULL},
    {"_wait", waitSet, METH_VARARGS, NULL},
    {"_poll", pollSet, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Waits for many queues at once."},
    {Py_tp_init, initSet},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_dealloc, deleteSet},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_mp_length, setLength},
    {0, NULL},
};

PyType_Spec waitSetSpec = {
    .name = "joinmem._core.WaitSet",
    .basicsize = sizeof (WaitSet),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
