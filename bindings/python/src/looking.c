/* SPDX-License-Identifier: MIT */
/* Functions of the module: segments by their names. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

static PyObject* unlinkName (PyObject* module, PyObject* args)
{
    (void) module;
    PyObject* path = NULL;
    if (!PyArg_ParseTuple (args, "O&", PyUnicode_FSConverter, &path))
    {
        return NULL;
    }
    const char* name = PyBytes_AsString (path);
    int result = 0;
    Py_BEGIN_ALLOW_THREADS
    result = jm_unlink (name);
    Py_END_ALLOW_THREADS
    Py_DECREF (path);
    return result == 0 ? Py_NewRef (Py_None) : raiseLast (ANY_CALL);
}

static PyObject* removeUnused (PyObject* module, PyObject* args)
{
    (void) module;
    PyObject* path = NULL;
    int known = 0;
    uint64_t device = 0, inode = 0, pushed = 0, popped = 0;
    if (!PyArg_ParseTuple (args, "O&pO&O&O&O&", PyUnicode_FSConverter, &path, &known, convert64, &device, convert64,
                           &inode, convert64, &pushed, convert64, &popped))
    {
        return NULL;
    }
    const char* name = PyBytes_AsString (path);
    int result = 0;
    Py_BEGIN_ALLOW_THREADS
    result = known ? jm_remove_unused_if_unchanged (name, device, inode, pushed, popped) : jm_remove_unused (name);
    Py_END_ALLOW_THREADS
    Py_DECREF (path);
    return result == 0 ? Py_NewRef (Py_None) : raiseLast (ANY_CALL);
}

/* The names side by side, each with a NUL after it. */
static char* readNames (int64_t* length)
{
    char* names = NULL;
    *length = jm_segment_names (NULL, 0);
    for (int64_t size = 0; *length > size;) /* there may be more meanwhile */
    {
        size = *length;
        char* larger = realloc (names, (size_t) size);
        if (larger == NULL)
        {
            free (names);
            return NULL;
        }
        names = larger;
        *length = jm_segment_names (names, (uint64_t) size);
    }
    return names;
}

static PyObject* segmentNames (PyObject* module, PyObject* none)
{
    (void) module;
    (void) none;
    int64_t length = 0;
    char* names = NULL;
    Py_BEGIN_ALLOW_THREADS
    names = readNames (&length);
    Py_END_ALLOW_THREADS
    PyObject* list = length == -1                  ? raiseLast (ANY_CALL)
                     : length > 0 && names == NULL ? PyErr_NoMemory ()
                                                   : PyList_New (0);
    for (int64_t i = 0; list != NULL && names != NULL && i < length; i += (int64_t) strlen (&names[i]) + 1)
    {
        PyObject* name = PyUnicode_DecodeFSDefault (&names[i]);
        if (name == NULL || PyList_Append (list, name) != 0)
        {
            Py_CLEAR (list);
        }
        Py_XDECREF (name);
    }
    free (names);
    return list;
}

/* One of the calls that write a text about a name. */
static PyObject* inspectText (PyObject* path, int pages, uint64_t most)
{
    const char* name = PyBytes_AsString (path);
    char* text = NULL;
    int64_t length = 0;
    Py_BEGIN_ALLOW_THREADS
    for (int64_t size = 0; length >= size;)
    {
        size = length > 0 ? length + 1 : 4096;
        char* larger = realloc (text, (size_t) size);
        if (larger == NULL)
        {
            length = -1;
            break;
        }
        text = larger;
        length =
            pages ? jm_inspect_pages (name, most, text, (uint64_t) size) : jm_inspect (name, text, (uint64_t) size);
    }
    Py_END_ALLOW_THREADS
    PyObject* result = text == NULL   ? PyErr_NoMemory ()
                       : length == -1 ? raiseLast (ANY_CALL)
                                      : PyUnicode_DecodeUTF8 (text, (Py_ssize_t) length, "surrogateescape");
    free (text);
    Py_DECREF (path);
    return result;
}

static PyObject* inspectName (PyObject* module, PyObject* args)
{
    (void) module;
    PyObject* path = NULL;
    return PyArg_ParseTuple (args, "O&", PyUnicode_FSConverter, &path) ? inspectText (path, 0, 0) : NULL;
}

static PyObject* inspectPages (PyObject* module, PyObject* args)
{
    (void) module;
    PyObject* path = NULL;
    uint64_t most = 0;
    return PyArg_ParseTuple (args, "O&O&", PyUnicode_FSConverter, &path, convert64, &most) ? inspectText (path, 1, most)
                                                                                           : NULL;
}

static PyObject* inspectProducers (PyObject* module, PyObject* args)
{
    (void) module;
    PyObject* path = NULL;
    if (!PyArg_ParseTuple (args, "O&", PyUnicode_FSConverter, &path))
    {
        return NULL;
    }
    PyObject* list = listProducers (0, PyBytes_AsString (path));
    Py_DECREF (path);
    return list;
}

PyMethodDef lookingMethods[] = {
    {"unlink", unlinkName, METH_VARARGS, NULL},
    {"remove_unused", removeUnused, METH_VARARGS, NULL},
    {"segment_names", segmentNames, METH_NOARGS, NULL},
    {"inspect", inspectName, METH_VARARGS, NULL},
    {"inspect_pages", inspectPages, METH_VARARGS, NULL},
    {"inspect_producers", inspectProducers, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
