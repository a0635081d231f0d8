/* SPDX-License-Identifier: MIT */
/* The queue's type: how it is opened and closed. A live region of peek or reserve keeps the mapping, as a buffer keeps
 * that of a memory. */
#include "core.h"

#include <string.h>

static int readQueueOptions (PyObject* tuple, jm_queue_options* options)
{
    jm_queue_options_init (options, sizeof (*options));
    options->flags = JM_INTERRUPTIBLE;
    long long spinNs = 0;
    if (!PyArg_ParseTuple (tuple, "O&O&O&O&O&L", convert32, &options->max_producers, convert64, &options->type_id,
                           convert64, &options->tag, convert32, &options->exclusive, convert32, &options->owner_dead,
                           &spinNs))
    {
        return -1;
    }
    options->spin_ns = spinNs;
    return 0;
}

static PyObject* orNull (PyObject* object)
{
    return object != Py_None ? Py_NewRef (object) : NULL;
}

static int clearQueue (PyObject* object)
{
    Queue* self = (Queue*) object;
    Py_CLEAR (self->encode);
    Py_CLEAR (self->decode);
    Py_CLEAR (self->encodeMany);
    Py_CLEAR (self->decodeMany);
    Py_CLEAR (self->makeMany);
    Py_CLEAR (self->finishMany);
    return 0;
}

/* The bytes of a number with this letter; 0: none is known. */
static uint32_t sizeOf (char code)
{
    static const char letters[] = "?bBhHiIfqQd";
    static const uint32_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
    const char* found = code != 0 ? strchr (letters, code) : NULL;
    return found != NULL ? sizes[found - letters] : 0;
}

/* Reads (code, spread, encode, decode, encode_many, decode_many, make_many, finish_many). */
static int readElement (Queue* self, PyObject* tuple, uint32_t size)
{
    const char* code;
    PyObject *encode, *decode, *encodeMany, *decodeMany, *makeMany, *finishMany;
    if (!PyArg_ParseTuple (tuple, "spOOOOOO", &code, &self->spread, &encode, &decode, &encodeMany, &decodeMany,
                           &makeMany, &finishMany))
    {
        return -1;
    }
    if (code[0] != 0 && sizeOf (code[0]) != size)
    {
        PyErr_Format (PyExc_ValueError, "a number of format '%s' has no %u bytes", code, (unsigned) size);
        return -1;
    }
    clearQueue ((PyObject*) self); /* of a constructor that failed */
    self->code = code[0];
    self->encode = orNull (encode);
    self->decode = orNull (decode);
    self->encodeMany = orNull (encodeMany);
    self->decodeMany = orNull (decodeMany);
    self->makeMany = orNull (makeMany);
    self->finishMany = orNull (finishMany);
    return 0;
}

static int openNamed (Queue* self, PyObject* name, uint32_t kind, uint64_t capacity, uint32_t size,
                      const jm_queue_options* options)
{
    PyObject* path = NULL;
    if (name != Py_None && !PyUnicode_FSConverter (name, &path))
    {
        return -1;
    }
    const char* text = path != NULL ? PyBytes_AsString (path) : NULL;
    jm_handle handle = 0;
    Py_BEGIN_ALLOW_THREADS
    handle = text != NULL ? jm_queue_open_with (kind, capacity, size, text, options)
                          : jm_queue_create_with (kind, capacity, size, options);
    Py_END_ALLOW_THREADS
    Py_XDECREF (path);
    if (handle == JM_INVALID_HANDLE)
    {
        raiseLast (ANY_CALL);
        return -1;
    }
    self->size = (uint32_t) jm_queue_element_size (handle);
    self->capacity = (uint64_t) jm_queue_capacity (handle);
    self->handle = handle;
    return 0;
}

static int initQueue (PyObject* object, PyObject* args, PyObject* keywords)
{
    Queue* self = (Queue*) object;
    PyObject *name, *memoryTuple, *queueTuple, *element;
    uint32_t kind = 0, size = 0;
    uint64_t capacity = 0;
    static char* names[] = {"name", "kind", "capacity", "size", "memory", "options", "element", NULL};
    jm_options memory;
    jm_queue_options options;
    if (!PyArg_ParseTupleAndKeywords (args, keywords, "OO&O&O&O!O!O!", names, &name, convert32, &kind, convert64,
                                      &capacity, convert32, &size, &PyTuple_Type, &memoryTuple, &PyTuple_Type,
                                      &queueTuple, &PyTuple_Type, &element)
        || readMemoryOptions (memoryTuple, &memory) != 0 || readQueueOptions (queueTuple, &options) != 0)
    {
        return -1;
    }
    if (self->handle != 0 || self->opening || self->closing)
    {
        PyErr_SetString (PyExc_RuntimeError, "this queue is open, or was");
        return -1;
    }
    options.memory = &memory;
    self->opening = 1;
    const int result =
        readElement (self, element, size) == 0 ? openNamed (self, name, kind, capacity, size, &options) : -1;
    self->opening = 0;
    return result;
}

jm_handle openQueue (Queue* queue)
{
    if (queue->handle == 0 || queue->closing)
    {
        raiseNumber (EBADF, "the queue is closed", ANY_CALL);
        return 0;
    }
    return queue->handle;
}

void closeIfUnused (Queue* queue)
{
    if (!queue->closing || queue->handle == 0)
    {
        return;
    }
    const jm_handle handle = queue->handle;
    if (queue->regions != 0)
    {
        jm_queue_cancel (handle); /* ends the waits of other threads */
        return;
    }
    queue->handle = 0;
    Py_BEGIN_ALLOW_THREADS
    jm_close (handle);
    Py_END_ALLOW_THREADS
}

static PyObject* closeQueue (PyObject* object, PyObject* none)
{
    (void) none;
    Queue* self = (Queue*) object;
    self->closing = 1;
    closeIfUnused (self);
    Py_RETURN_NONE;
}

static int visitQueue (PyObject* object, visitproc visit, void* arg)
{
    Queue* self = (Queue*) object;
    Py_VISIT (Py_TYPE (object));
    Py_VISIT (self->encode);
    Py_VISIT (self->decode);
    Py_VISIT (self->encodeMany);
    Py_VISIT (self->decodeMany);
    Py_VISIT (self->makeMany);
    Py_VISIT (self->finishMany);
    return 0;
}

static void deleteQueue (PyObject* object)
{
    Queue* self = (Queue*) object;
    PyTypeObject* type = Py_TYPE (object);
    PyObject_GC_UnTrack (object);
    self->closing = 1; /* a region has a reference, so there is none */
    closeIfUnused (self);
    clearQueue (object);
    freeObject (type, object);
    Py_DECREF (type);
}

static PyObject* setTogether (PyObject* type, PyObject* item)
{
    return Py_GenericAlias (type, item);
}

static PyMethodDef ownMethods[] = {
    {"close", closeQueue, METH_NOARGS, "Closes the queue; calls of other threads that wait raise Canceled."},
    {"__class_getitem__", setTogether, METH_O | METH_CLASS, "Queue[T] has elements of type T."},
    {NULL, NULL, 0, NULL},
};

/* All methods in one list, which the type needs. */
static PyMethodDef* allMethods (void)
{
    static PyMethodDef all[64];
    PyMethodDef* const lists[] = {ownMethods, transferMethods, batchMethods, stateMethods, regionMethods};
    size_t count = 0;
    for (size_t i = 0; i < sizeof (lists) / sizeof (lists[0]); ++i)
    {
        for (const PyMethodDef* method = lists[i]; method->ml_name != NULL; ++method)
        {
            if (count + 1 < sizeof (all) / sizeof (all[0]))
            {
                all[count++] = *method;
            }
        }
    }
    memset (&all[count], 0, sizeof (all[count]));
    return all;
}

PyObject* makeQueueType (PyObject* module)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, "A queue of joinmem."},
        {Py_tp_init, initQueue},
        {Py_tp_new, PyType_GenericNew},
        {Py_tp_dealloc, deleteQueue},
        {Py_tp_traverse, visitQueue},
        {Py_tp_clear, clearQueue},
        {Py_tp_methods, allMethods ()},
        {Py_tp_getset, stateGetters},
        {Py_tp_iter, PyObject_SelfIter},
        {Py_tp_iternext, queueNext},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = "joinmem._core.Queue",
        .basicsize = sizeof (Queue),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
        .slots = slots,
    };
    return PyType_FromModuleAndSpec (module, &spec, NULL);
}
