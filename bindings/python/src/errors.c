/* SPDX-License-Identifier: MIT */
/* Exceptions: the class by the errno and by what the call does. */
#include "core.h"

#include <errno.h>
#include <string.h>

static const struct
{
    const char* name;
    int number;
    CallKind call;
} kinds[] = {
    {"Full", EAGAIN, PUSH_CALL},
    {"Empty", EAGAIN, POP_CALL},
    {"PushTimeout", ETIMEDOUT, PUSH_CALL},
    {"PopTimeout", ETIMEDOUT, POP_CALL},
    {"Timeout", ETIMEDOUT, ANY_CALL},
    {"ShutDown", EPIPE, ANY_CALL},
    {"Exists", EEXIST, ANY_CALL},
    {"NotFound", ENOENT, ANY_CALL},
    {"NoPermission", EACCES, ANY_CALL},
    {"NoPermission", EPERM, ANY_CALL},
    {"Invalid", EINVAL, ANY_CALL},
    {"Closed", EBADF, ANY_CALL},
    {"Canceled", ECANCELED, ANY_CALL},
    {"ProducersDead", EOWNERDEAD, ANY_CALL},
    {"Error", 0, ANY_CALL},
};
enum
{
    KINDS = sizeof (kinds) / sizeof (kinds[0])
};
static PyObject* classes[KINDS];

int loadErrors (void)
{
    PyObject* module = PyImport_ImportModule ("joinmem._errors");
    for (int i = 0; module != NULL && i < KINDS; ++i)
    {
        PyObject* loaded = PyObject_GetAttrString (module, kinds[i].name);
        if (loaded == NULL)
        {
            Py_CLEAR (module);
        }
        else
        {
            classes[i] = loaded; /* those of an earlier import stay: its interpreter may have ended */
        }
    }
    const int result = module != NULL ? 0 : -1;
    Py_XDECREF (module);
    return result;
}

PyObject* raiseNumber (int number, const char* text, CallKind call)
{
    int i = 0;
    while (kinds[i].number != 0 && (kinds[i].number != number || (kinds[i].call != ANY_CALL && kinds[i].call != call)))
    {
        ++i;
    }
    PyObject* sentence = PyUnicode_DecodeUTF8 (text, (Py_ssize_t) strlen (text), "surrogateescape");
    PyObject* arguments = sentence != NULL ? Py_BuildValue ("(iN)", number, sentence) : NULL;
    if (arguments != NULL)
    {
        PyErr_SetObject (classes[i], arguments);
        Py_DECREF (arguments);
    }
    return NULL;
}

PyObject* raiseLast (CallKind call)
{
    return raiseNumber (jm_last_error (), jm_last_error_message (), call);
}
