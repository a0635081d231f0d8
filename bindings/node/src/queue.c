/* SPDX-License-Identifier: MIT */
/* Queues: how they are opened, and what can be asked of them. element.c has pushes and pops. */
#include "addon.h"

static bool queue_options(napi_env env, napi_value options, jm_options *memory, jm_queue_options *queue)
{
    if (jm_queue_options_init(queue, sizeof *queue) == -1) {
        fail(env, "options");
        return false;
    }
    queue->memory = memory;
    napi_value spin;
    if (napi_get_named_property(env, options, "spinNs", &spin) == napi_ok && !is_undefined(env, spin)
        && !to_int64(env, spin, &queue->spin_ns)) {
        return false;
    }
    return memory_options(env, options, memory) && option_uint64(env, options, "typeId", &queue->type_id)
        && option_uint64(env, options, "tag", &queue->tag)
        && option_uint32(env, options, "maxProducers", &queue->max_producers)
        && option_uint32(env, options, "exclusive", &queue->exclusive)
        && option_uint32(env, options, "ownerDead", &queue->owner_dead);
}

/* openQueue(name or null, kind, capacity, elementSize, options) */
static napi_value open_queue(napi_env env, napi_callback_info info)
{
    napi_value values[5];
    uint64_t kind = 0, capacity = 0, size = 0;
    jm_options memory;
    jm_queue_options options;
    char *name = NULL;
    if (!arguments(env, info, values, 5) || !to_uint64(env, values[1], &kind) || !to_uint64(env, values[2], &capacity)
        || !to_uint64(env, values[3], &size) || !queue_options(env, values[4], &memory, &options)
        || !to_text(env, values[0], &name)) {
        return NULL;
    }
    if (size > UINT32_MAX || kind > UINT32_MAX) {
        free(name);
        return fail_with(env, "Queue", EINVAL, "the size of an element is more than 65536 bytes: Invalid argument");
    }
    jm_handle handle = name == NULL
        ? jm_queue_create_with((uint32_t) kind, capacity, (uint32_t) size, &options)
        : jm_queue_open_with((uint32_t) kind, capacity, (uint32_t) size, name, &options);
    free(name);
    if (handle == JM_INVALID_HANDLE) {
        return fail(env, "Queue");
    }
    object *o = new_object(env, handle);
    if (o == NULL) {
        return NULL;
    }
    o->size = (uint64_t) jm_queue_element_size(handle);
    o->capacity = (uint64_t) jm_queue_capacity(handle);
    return wrap(env, o);
}

/* setScratch(queue, scratch, out): one element, and two doubles: a second result. Both are ArrayBuffers of lib/
 * alone, so that they are never detached. */
static napi_value set_scratch(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    object *o = arguments(env, info, values, 3) ? native(env, values[0]) : NULL;
    size_t length = 0, out_length = 0;
    void *scratch = NULL, *out = NULL;
    if (o == NULL || o->scratch_reference != NULL
        || napi_get_arraybuffer_info(env, values[1], &scratch, &length) != napi_ok
        || napi_get_arraybuffer_info(env, values[2], &out, &out_length) != napi_ok || length < o->size
        || out_length < 2 * sizeof(double)) {
        return fail_type(env, "two ArrayBuffers are expected");
    }
    napi_value both;
    if (napi_create_array_with_length(env, 2, &both) != napi_ok || napi_set_element(env, both, 0, values[1]) != napi_ok
        || napi_set_element(env, both, 1, values[2]) != napi_ok
        || napi_create_reference(env, both, 1, &o->scratch_reference) != napi_ok) {
        return NULL;
    }
    o->scratch = scratch;
    o->out = out;
    return undefined(env);
}

NUMBER_OF(kind_of, "kind", jm_queue_kind(o->handle) == 0 ? -1 : (int64_t) jm_queue_kind(o->handle))
NUMBER_OF(element_size, "elementSize", jm_queue_element_size(o->handle))
NUMBER_OF(capacity_of, "capacity", jm_queue_capacity(o->handle))
NUMBER_OF(pending_of, "pending", jm_queue_pending(o->handle))
NUMBER_OF(available_of, "available", jm_queue_available(o->handle))
NUMBER_OF(shut_down, "shutdown", jm_queue_shutdown(o->handle))
NUMBER_OF(release_role, "releaseRole", jm_queue_release_role(o->handle))
NUMBER_OF(lock_queue, "lock", jm_queue_mlock(o->handle))

/* bindQueue(queue, node) */
static napi_value bind_queue(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    int32_t node = 0;
    object *o = arguments(env, info, values, 2) ? native(env, values[0]) : NULL;
    if (o == NULL || !to_int32(env, values[1], &node)) {
        return NULL;
    }
    return jm_queue_mbind(o->handle, node) == -1 ? fail(env, "bind") : undefined(env);
}

/* tag(queue): a BigInt */
static napi_value tag_of(napi_env env, napi_callback_info info)
{
    napi_value value;
    uint64_t tag = 0;
    object *o = arguments(env, info, &value, 1) ? native(env, value) : NULL;
    if (o == NULL) {
        return NULL;
    }
    if (jm_queue_tag(o->handle, &tag) == -1) {
        return fail(env, "tag");
    }
    napi_value made = NULL;
    napi_create_bigint_uint64(env, tag, &made);
    return made;
}

/* stats(queue) */
static napi_value stats_of(napi_env env, napi_callback_info info)
{
    napi_value value, made = NULL;
    jm_queue_stats stats;
    object *o = arguments(env, info, &value, 1) ? native(env, value) : NULL;
    if (o == NULL) {
        return NULL;
    }
    if (jm_queue_get_stats(o->handle, &stats, sizeof stats) == -1) {
        return fail(env, "stats");
    }
    bool good = napi_create_object(env, &made) == napi_ok
        && put(env, made, "shutDown", from_truth(env, stats.shut_down != 0))
        && put(env, made, "pushed", from_number(env, (double) stats.pushed))
        && put(env, made, "popped", from_number(env, (double) stats.popped))
        && put(env, made, "deaths", from_number(env, (double) stats.deaths))
        && put(env, made, "skipped", from_number(env, (double) stats.skipped));
    return good ? made : NULL;
}

/* checkProducers(queue) throws EOWNERDEAD if all producers are dead; an element or a live producer ends the check. The
 * call reports at once, so the time is for races only. */
static napi_value check_producers(napi_env env, napi_callback_info info)
{
    napi_value value;
    object *o = arguments(env, info, &value, 1) ? native(env, value) : NULL;
    if (o == NULL) {
        return NULL;
    }
    int result = jm_queue_await_element(o->handle, 1, 10 * 1000 * 1000);
    return result == -1 && jm_last_error() != ETIMEDOUT ? fail(env, "pop") : undefined(env);
}

const function queue_functions[] = {
    {"openQueue", open_queue}, {"setScratch", set_scratch}, {"kind", kind_of}, {"elementSize", element_size},
    {"capacity", capacity_of}, {"pending", pending_of}, {"available", available_of}, {"shutdown", shut_down},
    {"releaseRole", release_role}, {"lockQueue", lock_queue}, {"bindQueue", bind_queue}, {"tag", tag_of},
    {"stats", stats_of}, {"checkProducers", check_producers}, {NULL, NULL},
};
