/* SPDX-License-Identifier: MIT */
/* Pushes and pops: those that do not wait, since a wait would stop the event loop. lib/waits.js waits. */
#include "addon.h"

/* Whether a failure is no fault: the queue is full or empty. */
static bool not_ready(void)
{
    return jm_last_error() == EAGAIN;
}

static object *queue_of(napi_env env, napi_callback_info info, napi_value *values, size_t count)
{
    object *o = arguments(env, info, values, count) ? native(env, values[0]) : NULL;
    if (o != NULL && o->scratch == NULL) {
        fail_type(env, "the queue is not ready for use");
        return NULL;
    }
    return o;
}

/* tryPush(queue): pushes the element in the scratch buffer. false: the queue is full. tryPop(queue): pops an element into
 * it. false: the queue is empty. */
static napi_value try_one(napi_env env, napi_callback_info info, bool push)
{
    napi_value value;
    object *o = queue_of(env, info, &value, 1);
    if (o == NULL) {
        return NULL;
    }
    int result = push ? jm_queue_try_push(o->handle, o->scratch) : jm_queue_try_pop(o->handle, o->scratch);
    if (result == 0) {
        return from_truth(env, true);
    }
    return not_ready() ? from_truth(env, false) : fail(env, push ? "push" : "pop");
}

static napi_value try_push(napi_env env, napi_callback_info info)
{
    return try_one(env, info, true);
}

static napi_value try_pop(napi_env env, napi_callback_info info)
{
    return try_one(env, info, false);
}

/* The elements from index `first` of a typed array, whose length is checked. */
static bool elements(napi_env env, napi_value *values, const object *o, unsigned char **at, uint64_t *count)
{
    void *bytes = NULL;
    size_t length = 0;
    uint64_t first = 0;
    if (!to_bytes(env, values[1], &bytes, &length) || !to_uint64(env, values[2], &first)
        || !to_uint64(env, values[3], count)) {
        return false;
    }
    uint64_t there = length / o->size;
    if (first > there || *count > there - first) {
        fail_type(env, "the elements end past the end of the typed array");
        return false;
    }
    *at = (unsigned char *) bytes + first * o->size;
    return true;
}

/* tryPushMany(queue, typedArray, first, count): how many were pushed, 0: the queue is full. tryPopMany(...): how many were
 * popped, 0: the queue is empty. */
static napi_value try_many(napi_env env, napi_callback_info info, bool push)
{
    napi_value values[4];
    unsigned char *at = NULL;
    uint64_t count = 0;
    object *o = queue_of(env, info, values, 4);
    if (o == NULL || !elements(env, values, o, &at, &count)) {
        return NULL;
    }
    int64_t done = push ? jm_queue_try_push_n(o->handle, at, count) : jm_queue_try_pop_n(o->handle, at, count);
    if (done >= 0) {
        return from_number(env, (double) done);
    }
    return not_ready() ? from_number(env, 0) : fail(env, push ? "push" : "pop");
}

static napi_value try_push_many(napi_env env, napi_callback_info info)
{
    return try_many(env, info, true);
}

static napi_value try_pop_many(napi_env env, napi_callback_info info)
{
    return try_many(env, info, false);
}

/* copyOut(queue, typedArray, index) copies the scratch buffer to an element of a batch; copyIn(...) the reverse. */
static napi_value copied(napi_env env, napi_callback_info info, bool out)
{
    napi_value values[3];
    void *bytes = NULL;
    size_t length = 0;
    uint64_t index = 0;
    object *o = queue_of(env, info, values, 3);
    if (o == NULL || !to_bytes(env, values[1], &bytes, &length) || !to_uint64(env, values[2], &index)) {
        return NULL;
    }
    if (index >= length / o->size) {
        return fail_type(env, "the element is past the end of the typed array");
    }
    unsigned char *at = (unsigned char *) bytes + index * o->size;
    if (out) {
        memcpy(at, o->scratch, o->size);
    } else {
        memcpy(o->scratch, at, o->size);
    }
    return undefined(env);
}

static napi_value copy_out(napi_env env, napi_callback_info info)
{
    return copied(env, info, true);
}

static napi_value copy_in(napi_env env, napi_callback_info info)
{
    return copied(env, info, false);
}

/* tryAwait(queue, room, amount): whether a push, or a pop, of the amount would not have to wait. */
static napi_value try_await(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    int32_t room = 0;
    uint64_t amount = 0;
    object *o = queue_of(env, info, values, 3);
    if (o == NULL || !to_int32(env, values[1], &room) || !to_uint64(env, values[2], &amount)) {
        return NULL;
    }
    int result = room ? jm_queue_await_room(o->handle, amount, 0) : jm_queue_await_element(o->handle, amount, 0);
    if (result == -1 && jm_last_error() != ETIMEDOUT) {
        return fail(env, "await");
    }
    return from_truth(env, result == 0);
}

/* Finds the ring's first element from the address of one whose position is known: an ArrayBuffer of the whole ring is
 * made once, and reserve and peek return indices into it. @return the index, or -1 */
static int64_t index_of(object *o, const unsigned char *address, bool producer)
{
    if (o->ring == NULL) {
        jm_queue_stats stats;
        if (jm_queue_get_stats(o->handle, &stats, sizeof stats) == -1) {
            return -1;
        }
        uint64_t position = (producer ? stats.pushed : stats.popped) % o->capacity;
        o->ring = (unsigned char *) (uintptr_t) address - position * o->size;
    }
    uint64_t distance = (uint64_t) (address - o->ring);
    return distance % o->size == 0 && distance / o->size < o->capacity ? (int64_t) (distance / o->size) : -1;
}

/* The index, and the count in out[0]; -1: the queue is full, or empty. */
static napi_value in_place(napi_env env, napi_callback_info info, bool producer)
{
    napi_value values[2];
    uint64_t count = 0;
    object *o = queue_of(env, info, values, 2);
    if (o == NULL || !to_uint64(env, values[1], &count)) {
        return NULL;
    }
    const char *operation = producer ? "reserve" : "peek";
    const void *address = producer ? jm_queue_reserve(o->handle, &count) : jm_queue_peek(o->handle, &count);
    if (address == NULL) {
        return not_ready() ? from_number(env, -1) : fail(env, operation);
    }
    int64_t index = index_of(o, address, producer);
    if (index < 0) {
        return fail_with(env, operation, ENOTRECOVERABLE,
                         "the elements are not where the ring is expected: State not recoverable");
    }
    o->out[0] = (double) count;
    return from_number(env, (double) index);
}

static napi_value reserve(napi_env env, napi_callback_info info)
{
    return in_place(env, info, true);
}

static napi_value peek(napi_env env, napi_callback_info info)
{
    return in_place(env, info, false);
}

/* ring(queue): the ring as an ArrayBuffer; after a reserve or peek, once. */
static napi_value ring_of(napi_env env, napi_callback_info info)
{
    napi_value value;
    object *o = queue_of(env, info, &value, 1);
    if (o == NULL || o->ring == NULL) {
        return o != NULL ? fail_type(env, "the ring is not known yet") : NULL;
    }
    return buffer_of(env, o, o->ring, o->capacity * o->size);
}

/* commit(queue, count) and release(queue, count) */
static napi_value ended(napi_env env, napi_callback_info info, bool producer)
{
    napi_value values[2];
    uint64_t count = 0;
    object *o = queue_of(env, info, values, 2);
    if (o == NULL || !to_uint64(env, values[1], &count)) {
        return NULL;
    }
    int result = producer ? jm_queue_commit(o->handle, count) : jm_queue_release(o->handle, count);
    return result == -1 ? fail(env, producer ? "commit" : "release") : undefined(env);
}

static napi_value commit(napi_env env, napi_callback_info info)
{
    return ended(env, info, true);
}

static napi_value release(napi_env env, napi_callback_info info)
{
    return ended(env, info, false);
}

const function element_functions[] = {
    {"tryPush", try_push}, {"tryPop", try_pop}, {"tryPushMany", try_push_many}, {"tryPopMany", try_pop_many},
    {"copyOut", copy_out}, {"copyIn", copy_in}, {"tryAwait", try_await}, {"reserve", reserve}, {"peek", peek},
    {"ring", ring_of}, {"commit", commit}, {"release", release}, {NULL, NULL},
};
