/* SPDX-License-Identifier: MIT */
/* The addon of the Node.js binding: thin functions on handles of the C library. The classes are in lib/.
 *
 * Each environment (the main thread, each worker) loads its own copy of lib/ and has its own objects: the addon has no
 * global state. All functions run on the environment's thread. */
#ifndef JOINMEM_NODE_ADDON_H
#define JOINMEM_NODE_ADDON_H
#define NAPI_VERSION 8
#include <errno.h>
#include <joinmem.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A memory or a queue. It lives as long as the JavaScript object or an ArrayBuffer of its mapping, and closes its
 * handle at the end. */
typedef struct object {
    jm_handle handle;     /* JM_INVALID_HANDLE after close */
    unsigned references;
    uint64_t size;        /* bytes: of the memory, or of an element */
    uint64_t capacity;    /* of a queue */
    unsigned char *ring;  /* the first element of a Spsc; NULL: not known yet */
    void *scratch;        /* where elements are exchanged with JavaScript */
    double *out;          /* where functions return a second number */
    napi_ref scratch_reference;
    napi_env env;
} object;

/* Registers a function: the rows of a table that ends with a null name. */
typedef struct function {
    const char *name;
    napi_callback callback;
} function;

extern const function memory_functions[];
extern const function queue_functions[];
extern const function element_functions[];
extern const function set_functions[];
extern const function look_functions[];

enum { MAX_ARGUMENTS = 8 };

/* --- errors.c: each returns NULL, for `return fail (...)` --- */

/* Throws the thread's last error of the library: an Error with code, errno (negative, as Node's) and syscall. */
napi_value fail(napi_env env, const char *operation);
/* Throws such an error with another errno and sentence. */
napi_value fail_with(napi_env env, const char *operation, int error, const char *sentence);
/* Throws a TypeError. */
napi_value fail_type(napi_env env, const char *sentence);
/* Returns the name of an errno, "EUNKNOWN" if it has none here. */
const char *error_name(int error);

/* --- arguments.c: the readers return false after they have thrown --- */

/* Reads up to MAX_ARGUMENTS arguments; absent ones are undefined. */
bool arguments(napi_env env, napi_callback_info info, napi_value *values, size_t count);
/* The object, or the wait set, of an argument. */
void *native(napi_env env, napi_value value);
bool is_undefined(napi_env env, napi_value value);
/* A number or a BigInt. */
bool to_uint64(napi_env env, napi_value value, uint64_t *number);
bool to_int64(napi_env env, napi_value value, int64_t *number);
bool to_int32(napi_env env, napi_value value, int32_t *number);
/* A string without zero bytes; the caller frees it. null and undefined give NULL. */
bool to_text(napi_env env, napi_value value, char **text);
/* The bytes of a typed array. */
bool to_bytes(napi_env env, napi_value value, void **bytes, size_t *length);
/* The properties of an options object that are not undefined. */
bool option_uint64(napi_env env, napi_value options, const char *name, uint64_t *number);
bool option_uint32(napi_env env, napi_value options, const char *name, uint32_t *number);
bool memory_options(napi_env env, napi_value options, jm_options *into);

napi_value from_number(napi_env env, double number);
napi_value from_truth(napi_env env, bool truth);
napi_value undefined(napi_env env);
/* Sets a property of a result. @return whether that succeeded */
bool put(napi_env env, napi_value into, const char *name, napi_value value);

/* Calls read with a larger buffer until the text fits, as snprintf(3) is called. Returns a string, or NULL after it has
 * thrown. */
typedef int64_t read_text(const void *subject, char *text, uint64_t size);
napi_value text_of(napi_env env, const char *operation, read_text *read, const void *subject);

/* --- memory.c --- */

object *new_object(napi_env env, jm_handle handle);
/* The JavaScript value of an object, which closes it once it is collected. */
napi_value wrap(napi_env env, object *o);
/* An ArrayBuffer of the mapping, which keeps the object. */
napi_value buffer_of(napi_env env, object *o, void *address, uint64_t size);

/* Defines a function of one object that returns a number. The expression uses o; -1 is a failure. */
#define NUMBER_OF(function, operation, expression)                                                                     \
    static napi_value function(napi_env env, napi_callback_info info)                                                  \
    {                                                                                                                  \
        napi_value value;                                                                                              \
        object *o = arguments(env, info, &value, 1) ? native(env, value) : NULL;                                       \
        int64_t number = o != NULL ? (int64_t) (expression) : -1;                                                      \
        if (o == NULL) {                                                                                               \
            return NULL;                                                                                               \
        }                                                                                                              \
        return number == -1 ? fail(env, operation) : from_number(env, (double) number);                                \
    }

#endif
