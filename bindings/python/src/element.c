/* SPDX-License-Identifier: MIT */
/* Between values of Python and the bytes of elements. A single number is converted here; all other elements are bytes,
 * which functions of Python may convert further. */
#include "core.h"

#include <math.h>
#include <string.h>

static int outOfRange (char code)
{
    PyErr_Format (PyExc_OverflowError, "the number does not fit into an element of format '%c'", (int) code);
    return -1;
}

static int encodeSigned (PyObject* value, char code, int64_t least, int64_t greatest, Elements* elements)
{
    const long long number = PyLong_AsLongLong (value);
    if (number == -1 && PyErr_Occurred ())
    {
        return -1;
    }
    elements->number.i = number; /* little-endian: its first bytes are the smaller number */
    return number < least || number > greatest ? outOfRange (code) : 0;
}

static int encodeUnsigned (PyObject* value, char code, uint64_t greatest, Elements* elements)
{
    unsigned long long number;
    if (PyLong_Check (value))
    {
        number = PyLong_AsUnsignedLongLong (value);
    }
    else
    {
        PyObject* index = PyNumber_Index (value);
        number = index != NULL ? PyLong_AsUnsignedLongLong (index) : (unsigned long long) -1;
        Py_XDECREF (index);
    }
    if (number == (unsigned long long) -1 && PyErr_Occurred ())
    {
        return -1;
    }
    elements->number.u = number;
    return number > greatest ? outOfRange (code) : 0;
}

static int encodeFloat (PyObject* value, char code, Elements* elements)
{
    const double number = PyFloat_AsDouble (value);
    if (number == -1.0 && PyErr_Occurred ())
    {
        return -1;
    }
    if (code == 'd')
    {
        elements->number.d = number;
        return 0;
    }
    elements->number.f = (float) number;
    return isinf (elements->number.f) && !isinf (number) ? outOfRange (code) : 0;
}

static int encodeNumber (PyObject* value, char code, Elements* elements)
{
    switch (code)
    {
        case 'b':
            return encodeSigned (value, code, INT8_MIN, INT8_MAX, elements);
        case 'h':
            return encodeSigned (value, code, INT16_MIN, INT16_MAX, elements);
        case 'i':
            return encodeSigned (value, code, INT32_MIN, INT32_MAX, elements);
        case 'q':
            return encodeSigned (value, code, INT64_MIN, INT64_MAX, elements);
        case 'B':
            return encodeUnsigned (value, code, UINT8_MAX, elements);
        case 'H':
            return encodeUnsigned (value, code, UINT16_MAX, elements);
        case 'I':
            return encodeUnsigned (value, code, UINT32_MAX, elements);
        case 'Q':
            return encodeUnsigned (value, code, UINT64_MAX, elements);
        case '?':
            elements->number.i = PyObject_IsTrue (value);
            return elements->number.i == -1 ? -1 : 0;
        default:
            return encodeFloat (value, code, elements);
    }
}

static PyObject* decodeNumber (char code, const char* address)
{
    union
    {
        int8_t b;
        int16_t h;
        int32_t i;
        int64_t q;
        uint8_t B;
        uint16_t H;
        uint32_t I;
        uint64_t Q;
        float f;
        double d;
    } n;
#define READ(member) memcpy (&n.member, address, sizeof (n.member))
    switch (code)
    {
        case 'b':
            READ (b);
            return PyLong_FromLong (n.b);
        case 'h':
            READ (h);
            return PyLong_FromLong (n.h);
        case 'i':
            READ (i);
            return PyLong_FromLong (n.i);
        case 'q':
            READ (q);
            return PyLong_FromLongLong (n.q);
        case 'B':
            READ (B);
            return PyLong_FromLong (n.B);
        case 'H':
            READ (H);
            return PyLong_FromLong (n.H);
        case 'I':
            READ (I);
            return PyLong_FromUnsignedLong (n.I);
        case 'Q':
            READ (Q);
            return PyLong_FromUnsignedLongLong (n.Q);
        case '?':
            READ (B);
            return PyBool_FromLong (n.B);
        case 'f':
            READ (f);
            return PyFloat_FromDouble ((double) n.f);
        default:
            READ (d);
            return PyFloat_FromDouble (n.d);
    }
#undef READ
}

/* The bytes of a buffer, which is released by releaseElements (). */
static int viewBuffer (PyObject* value, int flags, Elements* elements)
{
    char* bytes = NULL;
    if (PyBytes_Check (value))
    {
        if (PyBytes_AsStringAndSize (value, &bytes, &elements->length) != 0)
        {
            return -1;
        }
        elements->address = bytes;
        return 0;
    }
    if (PyObject_GetBuffer (value, &elements->view, flags) != 0)
    {
        return -1;
    }
    elements->viewed = 1;
    elements->address = elements->view.buf;
    elements->length = elements->view.len;
    return 0;
}

static void prepare (Elements* elements)
{
    elements->viewed = 0;
    elements->owner = NULL;
    elements->copy = NULL;
}

static int encodeOne (Queue* queue, PyObject* value, Elements* elements)
{
    if (queue->code != 0)
    {
        elements->address = &elements->number;
        return encodeNumber (value, queue->code, elements);
    }
    if (queue->encode != NULL)
    {
        elements->owner = !queue->spread          ? PyObject_CallFunctionObjArgs (queue->encode, value, NULL)
                          : PyTuple_Check (value) ? PyObject_Call (queue->encode, value, NULL)
                                                  : NULL;
        if (elements->owner == NULL)
        {
            if (!PyErr_Occurred ())
            {
                PyErr_Format (PyExc_TypeError, "an element of this queue is a tuple, not %R",
                              (PyObject*) Py_TYPE (value));
            }
            return -1;
        }
        value = elements->owner;
    }
    if (viewBuffer (value, PyBUF_SIMPLE, elements) != 0)
    {
        return -1;
    }
    if (elements->length != (Py_ssize_t) queue->size)
    {
        PyErr_Format (PyExc_ValueError, "an element of this queue has %zd bytes, not %zd", (Py_ssize_t) queue->size,
                      elements->length);
        return -1;
    }
    return 0;
}

/* Encodes by the function, between two looks at whether the queue is open. */
static int encodeOpen (Queue* queue, PyObject* value, Elements* elements, jm_handle* handle,
                       int (*encode) (Queue*, PyObject*, Elements*))
{
    prepare (elements);
    *handle = openQueue (queue);
    if (*handle == 0)
    {
        return -1;
    }
    *handle = encode (queue, value, elements) == 0 ? openQueue (queue) : 0;
    if (*handle == 0)
    {
        releaseElements (elements);
        return -1;
    }
    return 0;
}

int encodeElement (Queue* queue, PyObject* value, Elements* elements, jm_handle* handle)
{
    return encodeOpen (queue, value, elements, handle, encodeOne);
}

void releaseElements (Elements* elements)
{
    if (elements->viewed)
    {
        PyBuffer_Release (&elements->view);
    }
    Py_XDECREF (elements->owner);
    PyMem_Free (elements->copy);
    prepare (elements);
}

/* i: signed, u: unsigned, f: floating point, ?: bool, 0: other. */
static char classOf (char code)
{
    return strchr ("bhilqn", code) != NULL && code != 0   ? 'i'
           : strchr ("BHILQN", code) != NULL && code != 0 ? 'u'
           : code == 'f' || code == 'd'                   ? 'f'
           : code == '?'                                  ? '?'
                                                          : 0;
}

/* Whether the items of a buffer are the queue's numbers. */
static int sameNumbers (const Queue* queue, const Py_buffer* view)
{
    const char* format = view->format != NULL ? view->format : "B";
    if (format[0] == '@' || format[0] == '=' || format[0] == '<')
    {
        ++format;
    }
    return view->itemsize == (Py_ssize_t) queue->size && format[0] != 0 && format[1] == 0
           && classOf (format[0]) == classOf (queue->code);
}

/* The conversion of a number may run code of Python, which cannot change a tuple. */
static int encodeSequence (Queue* queue, PyObject* values, Elements* elements)
{
    PyObject* tuple = PySequence_Tuple (values);
    if (tuple == NULL)
    {
        return -1;
    }
    const Py_ssize_t count = PyTuple_Size (tuple);
    elements->length = count * (Py_ssize_t) queue->size;
    elements->copy = PyMem_Malloc ((size_t) elements->length);
    elements->address = elements->copy;
    int result = elements->copy != NULL ? 0 : (PyErr_NoMemory (), -1);
    for (Py_ssize_t i = 0; result == 0 && i < count; ++i)
    {
        result = encodeNumber (PyTuple_GetItem (tuple, i), queue->code, elements);
        memcpy (elements->copy + i * (Py_ssize_t) queue->size, &elements->number, queue->size);
    }
    Py_DECREF (tuple);
    return result;
}

/* Whether a buffer is refused because of its form, so that its items are to be converted one by one. */
static int refusedForm (void)
{
    return !PyErr_ExceptionMatches (PyExc_OSError) /* a memory that is closed */
           && (PyErr_ExceptionMatches (PyExc_BufferError) || PyErr_ExceptionMatches (PyExc_ValueError));
}

static int encodeNumbers (Queue* queue, PyObject* values, Elements* elements)
{
    if (PyObject_CheckBuffer (values))
    {
        if (PyObject_GetBuffer (values, &elements->view, PyBUF_CONTIG_RO | PyBUF_FORMAT) != 0)
        {
            if (!refusedForm ())
            {
                return -1;
            }
            PyErr_Clear ();
        }
        else if (sameNumbers (queue, &elements->view))
        {
            elements->viewed = 1;
            elements->address = elements->view.buf;
            elements->length = elements->view.len;
            return 0;
        }
        else
        {
            PyBuffer_Release (&elements->view);
        }
    }
    return encodeSequence (queue, values, elements);
}

static int encodeAll (Queue* queue, PyObject* values, Elements* elements)
{
    int result = 0;
    if (queue->encodeMany != NULL)
    {
        elements->owner = PyObject_CallFunctionObjArgs (queue->encodeMany, values, NULL);
        result = elements->owner != NULL ? viewBuffer (elements->owner, PyBUF_CONTIG_RO, elements) : -1;
    }
    else
    {
        result =
            queue->code != 0 ? encodeNumbers (queue, values, elements) : viewBuffer (values, PyBUF_CONTIG_RO, elements);
    }
    if (result == 0 && elements->length % (Py_ssize_t) queue->size != 0)
    {
        PyErr_Format (PyExc_ValueError, "%zd bytes are not a whole number of elements of %zd bytes", elements->length,
                      (Py_ssize_t) queue->size);
        result = -1;
    }
    return result;
}

int encodeElements (Queue* queue, PyObject* values, Elements* elements, jm_handle* handle)
{
    return encodeOpen (queue, values, elements, handle, encodeAll);
}

PyObject* decodeElement (Queue* queue, const char* address, PyObject* bytes)
{
    if (queue->code != 0)
    {
        return decodeNumber (queue->code, address);
    }
    PyObject* element =
        bytes != NULL ? Py_NewRef (bytes) : PyBytes_FromStringAndSize (address, (Py_ssize_t) queue->size);
    if (element == NULL || queue->decode == NULL)
    {
        return element;
    }
    PyObject* value = PyObject_CallFunctionObjArgs (queue->decode, element, NULL);
    Py_DECREF (element);
    return value;
}

PyObject* decodeNumbers (Queue* queue, const char* address, uint64_t count)
{
    PyObject* list = PyList_New ((Py_ssize_t) count);
    for (uint64_t i = 0; list != NULL && i < count; ++i)
    {
        PyObject* number = decodeNumber (queue->code, address + i * queue->size);
        if (number == NULL || PyList_SetItem (list, (Py_ssize_t) i, number) != 0)
        {
            Py_CLEAR (list);
        }
    }
    return list;
}
