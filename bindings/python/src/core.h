/* SPDX-License-Identifier: MIT */
/* joinmem._core: the objects of joinmem.h for Python, in the limited API of Python 3.11. The files share these types.
 *
 * Every function here is called with the GIL, except an Attempt. Functions that return an object or an int report an
 * error as usual in Python's C API: NULL or -1, with an exception set. */
#ifndef JOINMEM_PYTHON_CORE_H
#define JOINMEM_PYTHON_CORE_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <joinmem.h>

/* --- errors.c: what the library reports becomes an exception of joinmem._errors. --- */

/* What a call does: EAGAIN of a push is Full, EAGAIN of a pop is Empty. */
typedef enum
{
    ANY_CALL,
    PUSH_CALL,
    POP_CALL
} CallKind;

int loadErrors (void);
/* Raises this thread's last error of the library. Both return NULL. */
PyObject* raiseLast (CallKind call);
PyObject* raiseNumber (int number, const char* text, CallKind call);

/* --- arguments.c --- */

/* Frees an object of a type that may be a subclass. */
void freeObject (PyTypeObject* type, PyObject* object);

/* Assigns positional and keyword arguments to values[], in the order of the names, a list that ends with NULL. The
 * first `required` must be given; the others keep their value. */
int readArguments (const char* function, const char* const* names, Py_ssize_t required, PyObject* const* args,
                   Py_ssize_t count, PyObject* keywords, PyObject** values);
/* Converts seconds, or None for no limit, to nanoseconds, or -1. NULL counts as None. */
int readTimeout (PyObject* seconds, int64_t* ns);
/* Converts a number of elements, bytes or the like. */
int readNumber (PyObject* number, uint64_t* value);
/* Converts the number of a NUMA node. */
int readNode (PyObject* number, int* node);

/* The same as converters of PyArg_ParseTuple (). */
int convert64 (PyObject* number, void* value);
int convert32 (PyObject* number, void* value);

/* The text of a report, whose length is known only by a call. */
typedef int64_t (*TextCall) (jm_handle handle, char* text, uint64_t size);
PyObject* readText (TextCall call, jm_handle handle);
/* A list of (slot, pid, alive, in_push); name NULL: of the queue. */
PyObject* listProducers (jm_handle queue, const char* name);

/* --- waiting.c --- */

/* A call that may wait. It runs without the GIL, so it uses nothing of Python. */
typedef struct Wait Wait;
/* Returns 0: done; 1: not all is done yet; -1: failed, and the library's last error has the reason. */
typedef int (*Attempt) (Wait* wait, int64_t timeoutNs);
struct Wait
{
    Attempt attempt;
    jm_handle handle;
    const int* closing;   /* set once the object is closed */
    char* address;        /* elements, or events */
    uint64_t size;        /* bytes of each */
    uint64_t count, done; /* how many are wanted, and how many are done */
    int result;           /* for an attempt that has one */
    int waiting;          /* 0: an attempt that may wait or not does not */
    int error;            /* errno of the failure; 0: a signal handler raised an exception */
};

/* Attempts until it is done, fails, or the time is up; runs Python's signal handlers meanwhile, within 25 ms if the
 * system call was not interrupted. @param timeoutNs -1: no limit. Returns -1 on failure, and raises nothing. */
int waitFor (Wait* wait, int64_t timeoutNs);
/* Raises the failure of a wait. Returns NULL. */
PyObject* raiseWait (const Wait* wait, CallKind call);

/* --- memory.c --- */

typedef struct
{
    PyObject_HEAD jm_handle handle;
} Mapping;

typedef struct
{
    PyObject_HEAD Mapping* mapping; /* NULL: closed, or never opened */
    int opening;                    /* the constructor runs: it may run code of Python, or wait */
    int closing;                    /* close () was called */
    int lent;                       /* something may use the address, and refer to this object alone */
    int readOnly;
} Memory;

extern PyType_Spec memorySpec, mappingSpec;
void setMappingType (PyObject* type);
/* Reads (huge, huge_page_size, node, prefault, lock, mode, permissions, read_only, only_ours). */
int readMemoryOptions (PyObject* tuple, jm_options* options);

/* --- queue.c and others: a queue, and how its elements become objects --- */

typedef struct
{
    PyObject_HEAD jm_handle handle; /* 0: closed, or never opened */
    Py_ssize_t regions;             /* live regions of peek and reserve, which keep the mapping */
    int opening;                    /* the constructor runs: it may run code of Python, or wait */
    int closing;                    /* close () was called */
    uint32_t size;                  /* bytes of an element */
    uint64_t capacity;
    char code;            /* the struct module's letter of a single number; 0: another element */
    int spread;           /* a value is a tuple, whose items are the arguments of encode */
    PyObject* encode;     /* value -> buffer; NULL: the value is the buffer */
    PyObject* decode;     /* bytes -> value; NULL: bytes are the value */
    PyObject* encodeMany; /* values -> buffer; NULL: numbers, or the value is the buffer */
    PyObject* decodeMany; /* bytes -> values; NULL: numbers, or bytes are the values */
    PyObject* makeMany;   /* count -> a buffer to pop into; NULL: none */
    PyObject* finishMany; /* buffer, count -> the values in its beginning */
} Queue;

PyObject* makeQueueType (PyObject* module);
/* The methods, by file; each list ends with a NULL name. */
extern PyMethodDef transferMethods[], batchMethods[], stateMethods[], regionMethods[];
extern PyGetSetDef stateGetters[];
PyObject* queueNext (PyObject* self);
/* The handle, or 0 with an exception: the queue is closed. */
jm_handle openQueue (Queue* queue);
/* Closes the handle if close () was called and nothing keeps the mapping any more. */
void closeIfUnused (Queue* queue);

/* --- element.c: between values and bytes --- */

typedef struct
{
    const void* address; /* the bytes of one element, or of all */
    Py_ssize_t length;   /* bytes */
    union
    {
        int64_t i;
        uint64_t u;
        double d;
        float f;
        char bytes[8];
    } number;
    Py_buffer view;
    int viewed;      /* view is to be released */
    PyObject* owner; /* to be released */
    char* copy;      /* to be freed */
} Elements;

/* Finds the bytes of a value, or of many, and the handle of the queue. The conversion may run code of Python, which may
 * close the queue: that is an error, too. releaseElements () after each success. */
int encodeElement (Queue* queue, PyObject* value, Elements* elements, jm_handle* handle);
int encodeElements (Queue* queue, PyObject* values, Elements* elements, jm_handle* handle);
void releaseElements (Elements* elements);
/* Make a value of bytes, and an object of count elements. The bytes object, if any, is used instead of a copy. */
PyObject* decodeElement (Queue* queue, const char* address, PyObject* bytes);
PyObject* decodeNumbers (Queue* queue, const char* address, uint64_t count);

/* --- the others --- */

extern PyType_Spec regionSpec, waitSetSpec;
/* A region of a queue's elements, which exports a buffer. */
PyObject* makeRegion (Queue* queue, void* address, uint64_t count, int readOnly);
void setRegionType (PyObject* type);
void setQueueType (PyObject* type);
extern PyMethodDef lookingMethods[];

/* An entry of a list of methods, for a call with a vector of arguments. */
#define FAST(function) (PyCFunction) (void (*) (void)) function, METH_FASTCALL | METH_KEYWORDS
#define MAX_INLINE 1024 /* bytes of an element that is copied through the stack */

#endif
