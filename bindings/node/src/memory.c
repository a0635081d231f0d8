/* SPDX-License-Identifier: MIT */
/* Memory, private and shared, and what it has in common with queues. */
#include "addon.h"

object *new_object(napi_env env, jm_handle handle)
{
    object *o = calloc(1, sizeof *o);
    if (o == NULL) {
        jm_close(handle);
        fail_with(env, "open", ENOMEM, "no memory for an object: Cannot allocate memory");
        return NULL;
    }
    o->handle = handle;
    o->env = env;
    return o;
}

/* Drops one reference. The last one closes the handle. */
static void drop(object *o)
{
    if (--o->references == 0) {
        if (o->handle != JM_INVALID_HANDLE) {
            jm_close(o->handle);
        }
        free(o);
    }
}

/* The JavaScript object was collected, or its environment ends. */
static void collected(napi_env env, void *data, void *hint)
{
    (void) hint;
    object *o = data;
    if (o->scratch_reference != NULL) {
        napi_delete_reference(env, o->scratch_reference);
        o->scratch_reference = NULL;
    }
    drop(o);
}

napi_value wrap(napi_env env, object *o)
{
    napi_value value = NULL;
    ++o->references;
    if (napi_create_external(env, o, collected, NULL, &value) != napi_ok) {
        drop(o);
        return NULL;
    }
    return value;
}

static void buffer_collected(napi_env env, void *data, void *hint)
{
    (void) env;
    (void) data;
    drop(hint);
}

napi_value buffer_of(napi_env env, object *o, void *address, uint64_t size)
{
    napi_value buffer = NULL;
    ++o->references;
    napi_status status = napi_create_external_arraybuffer(env, address, (size_t) size, buffer_collected, o, &buffer);
    if (status != napi_ok) {
        drop(o);
        return fail_with(env, "buffer", ENOTSUP, "this runtime has no ArrayBuffers of memory outside its heap, or "
                                                 "none so large; use read () and write (): Operation not supported");
    }
    return buffer;
}

static napi_value opened(napi_env env, const char *operation, jm_handle handle)
{
    if (handle == JM_INVALID_HANDLE) {
        return fail(env, operation);
    }
    object *o = new_object(env, handle);
    if (o == NULL) {
        return NULL;
    }
    o->size = (uint64_t) jm_size(handle);
    return wrap(env, o);
}

/* newLocal(size, options) */
static napi_value new_local(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    uint64_t size = 0;
    jm_options options;
    if (!arguments(env, info, values, 2) || !to_uint64(env, values[0], &size)
        || !memory_options(env, values[1], &options)) {
        return NULL;
    }
    return opened(env, "LocalMem", jm_local_create_with(size, &options));
}

/* openShm(name, size, options) */
static napi_value open_shm(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    uint64_t size = 0;
    jm_options options;
    char *name = NULL;
    if (!arguments(env, info, values, 3) || !to_uint64(env, values[1], &size)
        || !memory_options(env, values[2], &options) || !to_text(env, values[0], &name)) {
        return NULL;
    }
    napi_value made = opened(env, "ShmMem", jm_shm_open_with(size, name == NULL ? "" : name, &options));
    free(name);
    return made;
}

/* memoryBuffer(memory): the mapping as an ArrayBuffer; call it once. */
static napi_value memory_buffer(napi_env env, napi_callback_info info)
{
    napi_value value;
    object *o = arguments(env, info, &value, 1) ? native(env, value) : NULL;
    void *address = o != NULL ? jm_get(o->handle, 0) : NULL;
    if (address == NULL) {
        return o != NULL ? fail(env, "buffer") : NULL;
    }
    return buffer_of(env, o, address, o->size);
}

/* Whether the bytes are inside the memory; if not, it has thrown. */
static unsigned char *inside(napi_env env, const object *o, const char *operation, uint64_t offset, uint64_t count)
{
    unsigned char *address = jm_get(o->handle, 0);
    if (address == NULL) {
        fail(env, operation);
        return NULL;
    }
    if (offset > o->size || count > o->size - offset) {
        fail_with(env, operation, ERANGE,
                  "the bytes end past the end of the memory: Numerical result out of range");
        return NULL;
    }
    return address + offset;
}

/* readBytes(memory, offset, into) and writeBytes(memory, offset, from) */
static napi_value transfer(napi_env env, napi_callback_info info, bool write)
{
    napi_value values[3];
    uint64_t offset = 0;
    void *bytes = NULL;
    size_t length = 0;
    object *o = arguments(env, info, values, 3) ? native(env, values[0]) : NULL;
    if (o == NULL || !to_uint64(env, values[1], &offset) || !to_bytes(env, values[2], &bytes, &length)) {
        return NULL;
    }
    unsigned char *at = inside(env, o, write ? "write" : "read", offset, length);
    if (at == NULL) {
        return NULL;
    }
    if (length != 0) {
        memcpy(write ? at : bytes, write ? bytes : at, length);
    }
    return undefined(env);
}

static napi_value read_bytes(napi_env env, napi_callback_info info)
{
    return transfer(env, info, false);
}

static napi_value write_bytes(napi_env env, napi_callback_info info)
{
    return transfer(env, info, true);
}

/* close(object, buffer): detaches the ArrayBuffer, unless it is undefined, and closes. */
static napi_value close_object(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    object *o = arguments(env, info, values, 2) ? native(env, values[0]) : NULL;
    if (o == NULL) {
        return NULL;
    }
    if (!is_undefined(env, values[1]) && napi_detach_arraybuffer(env, values[1]) != napi_ok) {
        return fail_with(env, "close", EBUSY, "the ArrayBuffer cannot be detached: Device or resource busy");
    }
    jm_handle handle = o->handle;
    o->handle = JM_INVALID_HANDLE;
    return jm_close(handle) == -1 ? fail(env, "close") : undefined(env);
}

NUMBER_OF(size_of, "size", jm_size(o->handle))
NUMBER_OF(page_size, "pageSize", jm_page_size(o->handle))
NUMBER_OF(created, "created", jm_created(o->handle))
NUMBER_OF(named, "named", jm_named(o->handle))
NUMBER_OF(lock_memory, "lock", jm_mlock(o->handle))
NUMBER_OF(unlock_memory, "unlock", jm_munlock(o->handle))

/* Functions of a memory and one number. */
#define NUMBER_WITH(function, operation, expression)                                                                   \
    static napi_value function(napi_env env, napi_callback_info info)                                                  \
    {                                                                                                                  \
        napi_value values[2];                                                                                          \
        int64_t given = 0;                                                                                             \
        object *o = arguments(env, info, values, 2) ? native(env, values[0]) : NULL;                                   \
        if (o == NULL || !to_int64(env, values[1], &given)) {                                                          \
            return NULL;                                                                                               \
        }                                                                                                              \
        int64_t number = (int64_t) (expression);                                                                       \
        return number == -1 ? fail(env, operation) : from_number(env, (double) number);                                \
    }

NUMBER_WITH(bind_memory, "bind", jm_mbind(o->handle, (int) given))
NUMBER_WITH(node_of, "nodeOf", jm_node_of(o->handle, (uint64_t) given))

/* tryInitialise(memory, offset): 1: initialise it; 0: it is initialised; -1: another one initialises it. */
static napi_value try_initialise(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    uint64_t offset = 0;
    object *o = arguments(env, info, values, 2) ? native(env, values[0]) : NULL;
    if (o == NULL || !to_uint64(env, values[1], &offset)) {
        return NULL;
    }
    int result = jm_initialise_begin(o->handle, offset, 0);
    return result == -1 && jm_last_error() != ETIMEDOUT ? fail(env, "initialise") : from_number(env, result);
}

/* endInitialise(memory, offset, constructed) */
static napi_value end_initialise(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    uint64_t offset = 0;
    int32_t constructed = 0;
    object *o = arguments(env, info, values, 3) ? native(env, values[0]) : NULL;
    if (o == NULL || !to_uint64(env, values[1], &offset) || !to_int32(env, values[2], &constructed)) {
        return NULL;
    }
    int result = jm_initialise_end(o->handle, offset, constructed);
    return result == -1 ? fail(env, "initialise") : undefined(env);
}

const function memory_functions[] = {
    {"newLocal", new_local}, {"openShm", open_shm}, {"memoryBuffer", memory_buffer}, {"readBytes", read_bytes},
    {"writeBytes", write_bytes}, {"close", close_object}, {"size", size_of}, {"pageSize", page_size},
    {"created", created}, {"named", named}, {"lock", lock_memory}, {"unlock", unlock_memory}, {"bind", bind_memory},
    {"nodeOf", node_of}, {"tryInitialise", try_initialise}, {"endInitialise", end_initialise}, {NULL, NULL},
};
