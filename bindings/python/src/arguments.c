/* SPDX-License-Identifier: MIT */
/* Arguments of fast calls, and texts and lists that the library writes. */
#include "core.h"

#include <limits.h>
#include <math.h>

void freeObject (PyTypeObject* type, PyObject* object)
{
    ((freefunc) PyType_GetSlot (type, Py_tp_free)) (object);
}

static int readKeyword (const char* function, const char* const* names, PyObject* keyword, PyObject* value,
                        PyObject** values)
{
    for (int i = 0; names[i] != NULL; ++i)
    {
        if (PyUnicode_CompareWithASCIIString (keyword, names[i]) == 0)
        {
            if (values[i] != NULL)
            {
                PyErr_Format (PyExc_TypeError, "%s() got multiple values for argument '%s'", function, names[i]);
                return -1;
            }
            values[i] = value;
            return 0;
        }
    }
    PyErr_Format (PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", function, keyword);
    return -1;
}

int readArguments (const char* function, const char* const* names, Py_ssize_t required, PyObject* const* args,
                   Py_ssize_t count, PyObject* keywords, PyObject** values)
{
    Py_ssize_t most = 0;
    while (names[most] != NULL)
    {
        values[most++] = NULL;
    }
    if (count > most)
    {
        PyErr_Format (PyExc_TypeError, "%s() takes at most %zd arguments (%zd given)", function, most, count);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; ++i)
    {
        values[i] = args[i];
    }
    const Py_ssize_t named = keywords != NULL ? PyTuple_Size (keywords) : 0;
    for (Py_ssize_t i = 0; i < named; ++i)
    {
        if (readKeyword (function, names, PyTuple_GetItem (keywords, i), args[count + i], values) != 0)
        {
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < required; ++i)
    {
        if (values[i] == NULL)
        {
            PyErr_Format (PyExc_TypeError, "%s() missing required argument '%s'", function, names[i]);
            return -1;
        }
    }
    return 0;
}

int readTimeout (PyObject* seconds, int64_t* ns)
{
    *ns = -1;
    if (seconds == NULL || seconds == Py_None)
    {
        return 0;
    }
    const double value = PyFloat_AsDouble (seconds);
    if (value == -1.0 && PyErr_Occurred ())
    {
        return -1;
    }
    if (!(value >= 0.0))
    {
        PyErr_SetString (PyExc_ValueError, "a timeout is a number of seconds, 0 or more, or None for no limit");
        return -1;
    }
    if (value < 9e9) /* more than 285 years wait without limit */
    {
        *ns = (int64_t) ceil (value * 1e9);
    }
    return 0;
}

int readNumber (PyObject* number, uint64_t* value)
{
    PyObject* index = PyNumber_Index (number);
    if (index == NULL)
    {
        return -1;
    }
    *value = PyLong_AsUnsignedLongLong (index);
    Py_DECREF (index);
    return *value == (uint64_t) -1 && PyErr_Occurred () ? -1 : 0;
}

int readNode (PyObject* number, int* node)
{
    const long value = PyLong_AsLong (number);
    if (value == -1 && PyErr_Occurred ())
    {
        return -1;
    }
    if (value < INT_MIN || value > INT_MAX)
    {
        PyErr_SetString (PyExc_OverflowError, "the number of a node is too large");
        return -1;
    }
    *node = (int) value;
    return 0;
}

int convert64 (PyObject* number, void* value)
{
    return readNumber (number, value) == 0;
}

int convert32 (PyObject* number, void* value)
{
    uint64_t wide = 0;
    if (readNumber (number, &wide) != 0)
    {
        return 0;
    }
    if (wide > UINT32_MAX)
    {
        PyErr_SetString (PyExc_OverflowError, "the number is too large");
        return 0;
    }
    *(uint32_t*) value = (uint32_t) wide;
    return 1;
}

PyObject* readText (TextCall call, jm_handle handle)
{
    char* text = NULL;
    int64_t length = call (handle, NULL, 0);
    for (int64_t size = 0; length >= size;) /* it may have grown meanwhile */
    {
        size = length + 1;
        char* larger = PyMem_Realloc (text, (size_t) size);
        if (larger == NULL)
        {
            PyMem_Free (text);
            return PyErr_NoMemory ();
        }
        text = larger;
        length = call (handle, text, (uint64_t) size);
    }
    PyObject* result =
        length >= 0 ? PyUnicode_DecodeUTF8 (text, (Py_ssize_t) length, "surrogateescape") : raiseLast (ANY_CALL);
    PyMem_Free (text);
    return result;
}

PyObject* listProducers (jm_handle queue, const char* name)
{
    enum
    {
        MOST = 1024
    }; /* a queue has at most 1022 slots */
    jm_producer* list = PyMem_Malloc (MOST * sizeof (*list));
    if (list == NULL)
    {
        return PyErr_NoMemory ();
    }
    int64_t count = 0;
    Py_BEGIN_ALLOW_THREADS
    count = name != NULL ? jm_inspect_producers (name, list, MOST, sizeof (*list))
                         : jm_queue_producers (queue, list, MOST, sizeof (*list));
    Py_END_ALLOW_THREADS
    PyObject* result = count >= 0 ? PyList_New (0) : raiseLast (ANY_CALL);
    for (int64_t i = 0; result != NULL && i < count && i < MOST; ++i)
    {
        PyObject* producer =
            Py_BuildValue ("(IiNN)", (unsigned) list[i].slot, (int) list[i].pid, PyBool_FromLong (list[i].alive != 0),
                           PyBool_FromLong (list[i].in_push != 0));
        if (producer == NULL || PyList_Append (result, producer) != 0)
        {
            Py_CLEAR (result);
        }
        Py_XDECREF (producer);
    }
    PyMem_Free (list);
    return result;
}
