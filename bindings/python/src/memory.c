/* SPDX-License-Identifier: MIT */
/* Memory with the buffer protocol. The mapping is an object of its own, to which the memory and all its buffers refer:
 * close () closes the memory at once, and the mapping goes with the last buffer. What takes the address and refers to
 * the memory alone, as numpy.ndarray (buffer=memory) does, keeps the mapping as long as the memory exists. */
#include "core.h"

static PyTypeObject* mappingType;

void setMappingType (PyObject* type)
{
    mappingType = (PyTypeObject*) type;
}

int readMemoryOptions (PyObject* tuple, jm_options* options)
{
    jm_options_init (options, sizeof (*options));
    return PyArg_ParseTuple (tuple, "O&O&iO&O&O&O&O&O&", convert32, &options->huge, convert64, &options->huge_page_size,
                             &options->numa_node, convert32, &options->prefault, convert32, &options->lock, convert32,
                             &options->open_mode, convert32, &options->permissions, convert32, &options->read_only,
                             convert32, &options->only_ours)
               ? 0
               : -1;
}

static int openMapping (Memory* self, PyObject* name, uint64_t size, const jm_options* options)
{
    PyObject* path = NULL;
    if (name != Py_None && !PyUnicode_FSConverter (name, &path))
    {
        return -1;
    }
    const char* text = path != NULL ? PyBytes_AsString (path) : NULL;
    jm_handle handle = 0;
    Py_BEGIN_ALLOW_THREADS
    handle = text != NULL ? jm_shm_open_with (size, text, options) : jm_local_create_with (size, options);
    Py_END_ALLOW_THREADS
    Py_XDECREF (path);
    if (handle == JM_INVALID_HANDLE)
    {
        raiseLast (ANY_CALL);
        return -1;
    }
    Mapping* mapping = PyObject_New (Mapping, mappingType);
    if (mapping == NULL)
    {
        jm_close (handle);
        return -1;
    }
    mapping->handle = handle;
    self->mapping = mapping;
    self->readOnly = options->read_only != 0;
    return 0;
}

static int initMemory (PyObject* object, PyObject* args, PyObject* keywords)
{
    Memory* self = (Memory*) object;
    PyObject *name, *tuple;
    uint64_t size = 0;
    jm_options options;
    static char* names[] = {"name", "size", "options", NULL};
    if (!PyArg_ParseTupleAndKeywords (args, keywords, "OO&O!", names, &name, convert64, &size, &PyTuple_Type, &tuple)
        || readMemoryOptions (tuple, &options) != 0)
    {
        return -1;
    }
    if (self->mapping != NULL || self->opening || self->closing)
    {
        PyErr_SetString (PyExc_RuntimeError, "this memory is open, or was");
        return -1;
    }
    self->opening = 1;
    const int result = openMapping (self, name, size, &options);
    self->opening = 0;
    return result;
}

static void deleteMapping (PyObject* object)
{
    const jm_handle handle = ((Mapping*) object)->handle;
    PyTypeObject* type = Py_TYPE (object);
    Py_BEGIN_ALLOW_THREADS
    jm_close (handle);
    Py_END_ALLOW_THREADS
    PyObject_Free (object);
    Py_DECREF (type);
}

static void dropMapping (Memory* self)
{
    Mapping* mapping = self->mapping;
    self->mapping = NULL;
    Py_XDECREF ((PyObject*) mapping);
}

static void deleteMemory (PyObject* object)
{
    PyTypeObject* type = Py_TYPE (object);
    dropMapping ((Memory*) object);
    freeObject (type, object);
    Py_DECREF (type);
}

static jm_handle openMemory (PyObject* object)
{
    Memory* self = (Memory*) object;
    if (self->mapping == NULL || self->closing)
    {
        raiseNumber (EBADF, "the memory is closed", ANY_CALL);
        return 0;
    }
    return self->mapping->handle;
}

static int getBuffer (PyObject* object, Py_buffer* view, int flags)
{
    Memory* self = (Memory*) object;
    const jm_handle handle = openMemory (object);
    void* address = handle != 0 ? jm_get (handle, 0) : NULL;
    if (address == NULL)
    {
        if (handle != 0)
        {
            raiseLast (ANY_CALL);
        }
        view->obj = NULL;
        return -1;
    }
    if (PyBuffer_FillInfo (view, (PyObject*) self->mapping, address, (Py_ssize_t) jm_size (handle), self->readOnly,
                           flags)
        != 0)
    {
        return -1;
    }
    self->lent = self->lent || (flags & PyBUF_FORMAT) == 0; /* a memoryview asks for the format */
    return 0;
}

static PyObject* closeMemory (PyObject* object, PyObject* none)
{
    (void) none;
    Memory* self = (Memory*) object;
    self->closing = 1;
    if (!self->lent)
    {
        dropMapping (self);
    }
    Py_RETURN_NONE;
}

static Py_ssize_t memoryLength (PyObject* object)
{
    const jm_handle handle = openMemory (object);
    return handle != 0 ? (Py_ssize_t) jm_size (handle) : -1;
}

static PyObject* memoryPlacement (PyObject* object, PyObject* none)
{
    (void) none;
    const jm_handle handle = openMemory (object);
    return handle != 0 ? readText (jm_placement, handle) : NULL;
}

/* A number that a call returns, -1 on failure. */
static PyObject* numberOf (int64_t number)
{
    return number == -1 ? raiseLast (ANY_CALL) : PyLong_FromLongLong (number);
}

static PyObject* noneOf (int result)
{
    return result == -1 ? raiseLast (ANY_CALL) : Py_NewRef (Py_None);
}

static PyObject* nodeOf (PyObject* object, PyObject* offset)
{
    uint64_t number = 0;
    const jm_handle handle = readNumber (offset, &number) == 0 ? openMemory (object) : 0;
    return handle != 0 ? numberOf (jm_node_of (handle, number)) : NULL;
}

static PyObject* bindMemory (PyObject* object, PyObject* node)
{
    int number = 0;
    const jm_handle handle = readNode (node, &number) == 0 ? openMemory (object) : 0;
    if (handle == 0)
    {
        return NULL;
    }
    int result = 0;
    Py_BEGIN_ALLOW_THREADS
    result = jm_mbind (handle, number);
    Py_END_ALLOW_THREADS
    return noneOf (result);
}

static PyObject* lockMemory (PyObject* object, PyObject* none)
{
    (void) none;
    const jm_handle handle = openMemory (object);
    int result = 0;
    Py_BEGIN_ALLOW_THREADS
    result = handle != 0 ? jm_mlock (handle) : 0;
    Py_END_ALLOW_THREADS
    return handle != 0 ? noneOf (result) : NULL;
}

static PyObject* unlockMemory (PyObject* object, PyObject* none)
{
    (void) none;
    const jm_handle handle = openMemory (object);
    return handle != 0 ? noneOf (jm_munlock (handle)) : NULL;
}

static int attemptInitialise (Wait* wait, int64_t timeoutNs)
{
    /* A thread that is not sliced wakes as often as the others, to notice a close () that a buffer delays. */
    const int64_t second = 1000000000;
    wait->result =
        jm_initialise_begin (wait->handle, wait->count, timeoutNs < 0 || timeoutNs > second ? second : timeoutNs);
    const int again = timeoutNs < 0 || timeoutNs > second;
    return wait->result != -1 ? 0 : again && jm_last_error () == ETIMEDOUT ? 1 : -1;
}

static PyObject* beginInitialise (PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords)
{
    static const char* const names[] = {"offset", "timeout", NULL};
    PyObject* values[2];
    int64_t timeoutNs = 0;
    Wait wait = {.attempt = attemptInitialise, .closing = &((Memory*) object)->closing};
    if (readArguments ("_initialise_begin", names, 1, args, count, keywords, values) != 0
        || readNumber (values[0], &wait.count) != 0 || readTimeout (values[1], &timeoutNs) != 0
        || (wait.handle = openMemory (object)) == 0)
    {
        return NULL;
    }
    return waitFor (&wait, timeoutNs) == 0 ? PyBool_FromLong (wait.result) : raiseWait (&wait, ANY_CALL);
}

static PyObject* endInitialise (PyObject* object, PyObject* args)
{
    uint64_t offset = 0;
    int constructed;
    if (!PyArg_ParseTuple (args, "O&p", convert64, &offset, &constructed))
    {
        return NULL;
    }
    const jm_handle handle = openMemory (object);
    return handle != 0 ? noneOf (jm_initialise_end (handle, offset, constructed)) : NULL;
}

static PyObject* getClosed (PyObject* object, void* none)
{
    (void) none;
    return PyBool_FromLong (((Memory*) object)->mapping == NULL || ((Memory*) object)->closing);
}

static PyObject* getReadOnly (PyObject* object, void* none)
{
    (void) none;
    return PyBool_FromLong (((Memory*) object)->readOnly);
}

static PyObject* getNumber (PyObject* object, void* call)
{
    const jm_handle handle = openMemory (object);
    return handle != 0 ? numberOf ((*(int64_t (**) (jm_handle)) call) (handle)) : NULL;
}

static PyObject* getFlag (PyObject* object, void* call)
{
    const jm_handle handle = openMemory (object);
    const int flag = handle != 0 ? (*(int (**) (jm_handle)) call) (handle) : 0;
    return handle == 0 ? NULL : flag == -1 ? raiseLast (ANY_CALL) : PyBool_FromLong (flag);
}

static PyObject* getName (PyObject* object, void* none)
{
    (void) none;
    const jm_handle handle = openMemory (object);
    return handle != 0 ? readText (jm_name, handle) : NULL;
}

static int64_t (*sizeCall) (jm_handle) = jm_size;
static int64_t (*pageSizeCall) (jm_handle) = jm_page_size;
static int (*createdCall) (jm_handle) = jm_created;
static int (*namedCall) (jm_handle) = jm_named;

static PyGetSetDef getters[] = {
    {"closed", getClosed, NULL, "Whether close() was called.", NULL},
    {"read_only", getReadOnly, NULL, "Whether the memory is mapped for reading only.", NULL},
    {"size", getNumber, NULL, "The bytes, rounded up to base pages.", &sizeCall},
    {"page_size", getNumber, NULL, "The bytes of the smallest page that backs any part.", &pageSizeCall},
    {"created", getFlag, NULL, "Whether this object created the segment.", &createdCall},
    {"named", getFlag, NULL, "Whether the name still refers to this segment.", &namedCall},
    {"name", getName, NULL, "The name with its leading slash, '' for private memory.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"close", closeMemory, METH_NOARGS, "Closes the memory; live views keep its mapping until they are gone."},
    {"mbind", bindMemory, METH_O, "Binds the memory to a NUMA node, and moves its pages there."},
    {"mlock", lockMemory, METH_NOARGS, "Locks all pages in RAM."},
    {"munlock", unlockMemory, METH_NOARGS, "Undoes mlock()."},
    {"node_of", nodeOf, METH_O, "Returns the NUMA node of the page at an offset."},
    {"_placement", memoryPlacement, METH_NOARGS, NULL},
    {"_initialise_begin", FAST (beginInitialise), NULL},
    {"_initialise_end", endInitialise, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Memory of joinmem, with the buffer protocol."},
    {Py_tp_init, initMemory},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_dealloc, deleteMemory},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_mp_length, memoryLength},
    {Py_bf_getbuffer, getBuffer},
    {0, NULL},
};

PyType_Spec memorySpec = {
    .name = "joinmem._core.Memory",
    .basicsize = sizeof (Memory),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};

static PyType_Slot mappingSlots[] = {
    {Py_tp_doc, "The mapping of a memory."},
    {Py_tp_dealloc, deleteMapping},
    {0, NULL},
};

PyType_Spec mappingSpec = {
    .name = "joinmem._core.Mapping",
    .basicsize = sizeof (Mapping),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = mappingSlots,
};
