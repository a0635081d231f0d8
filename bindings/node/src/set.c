/* SPDX-License-Identifier: MIT */
/* Wait sets, whose descriptor libuv watches.
 *
 * A set ends in three steps: uv_close(), its callback, which closes the handle, and the collection of the JavaScript
 * value, which frees the memory. The end of the environment starts the first one by an asynchronous cleanup hook. */
#include "addon.h"

#include <poll.h>
#include <uv.h>

typedef struct wait_set {
    uv_poll_t poll;
    napi_env env;
    jm_handle handle;
    napi_ref callback;                    /* strong while a wait is pending */
    napi_async_cleanup_hook_handle hook;
    jm_wait_event *events;                /* of an ArrayBuffer that the reference keeps */
    size_t room;                          /* events */
    napi_ref events_reference;
    bool started, pending, closing, closed, collected;
} wait_set;

static void free_if_unused(wait_set *s)
{
    if (s->closed && s->collected) {
        free(s);
    }
}

static void on_closed(uv_handle_t *handle)
{
    wait_set *s = handle->data;
    jm_close(s->handle);
    s->handle = JM_INVALID_HANDLE;
    s->closed = true;
    if (s->hook != NULL) {
        napi_remove_async_cleanup_hook(s->hook);
        s->hook = NULL;
    }
    free_if_unused(s);
}

static void close_set(wait_set *s)
{
    if (!s->closing) {
        s->closing = true;
        uv_close((uv_handle_t *) &s->poll, on_closed);
    }
}

static void environment_ends(napi_async_cleanup_hook_handle hook, void *data)
{
    (void) hook;
    close_set(data);
}

static void set_collected(napi_env env, void *data, void *hint)
{
    (void) hint;
    wait_set *s = data;
    napi_delete_reference(env, s->callback);
    napi_delete_reference(env, s->events_reference);
    s->callback = NULL;
    s->events = NULL;
    s->collected = true;
    if (s->closed) {
        free_if_unused(s);
    } else {
        close_set(s);
    }
}

/* Calls the callback. Its microtasks run before the loop goes on. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void) status;
    (void) events;
    wait_set *s = poll->data;
    napi_handle_scope scope;
    if (s->collected || napi_open_handle_scope(s->env, &scope) != napi_ok) {
        return;
    }
    napi_value callback = NULL, global = NULL;
    if (napi_get_reference_value(s->env, s->callback, &callback) == napi_ok && callback != NULL
        && napi_get_global(s->env, &global) == napi_ok
        && napi_make_callback(s->env, NULL, global, callback, 0, NULL, NULL) == napi_pending_exception) {
        napi_value exception = NULL;
        if (napi_get_and_clear_last_exception(s->env, &exception) == napi_ok) {
            napi_fatal_exception(s->env, exception);
        }
    }
    napi_close_handle_scope(s->env, scope);
}

/* Makes the uv_poll_t of a new set. @return 0, or an errno */
static int watch(wait_set *s)
{
    struct uv_loop_s *loop = NULL;
    int descriptor = jm_wait_fd(s->handle);
    if (descriptor == -1) {
        return jm_last_error();
    }
    if (napi_get_uv_event_loop(s->env, &loop) != napi_ok) {
        return ENOTSUP;
    }
    int error = uv_poll_init(loop, &s->poll, descriptor);
    if (error != 0) {
        return -error;
    }
    s->poll.data = s;
    uv_unref((uv_handle_t *) &s->poll);
    return 0;
}

/* newSet(callback, events): callback is called when the descriptor is readable. */
static napi_value new_set(napi_env env, napi_callback_info info)
{
    napi_value values[2], made = NULL;
    void *events = NULL;
    size_t length = 0;
    if (!arguments(env, info, values, 2) || napi_get_arraybuffer_info(env, values[1], &events, &length) != napi_ok) {
        return fail_type(env, "an ArrayBuffer is expected");
    }
    wait_set *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return fail_with(env, "WaitSet", ENOMEM, "no memory for a wait set: Cannot allocate memory");
    }
    s->env = env;
    s->events = events;
    s->room = length / sizeof *s->events;
    s->handle = jm_wait_create();
    int error = s->handle == JM_INVALID_HANDLE ? jm_last_error() : watch(s);
    if (error != 0) {
        jm_close(s->handle);
        free(s);
        return fail_with(env, "WaitSet", error, strerror(error));
    }
    if (napi_create_reference(env, values[0], 0, &s->callback) != napi_ok
        || napi_create_reference(env, values[1], 1, &s->events_reference) != napi_ok
        || napi_add_async_cleanup_hook(env, environment_ends, s, &s->hook) != napi_ok
        || napi_create_external(env, s, set_collected, NULL, &made) != napi_ok) {
        s->collected = true;
        close_set(s);
        return NULL;
    }
    return made;
}

static wait_set *set_of(napi_env env, napi_callback_info info, napi_value *values, size_t count, const char *operation)
{
    wait_set *s = arguments(env, info, values, count) ? native(env, values[0]) : NULL;
    if (s != NULL && s->closing) {
        fail_with(env, operation, EBADF, "the wait set is closed: Bad file descriptor");
        return NULL;
    }
    return s;
}

typedef int change(jm_handle set, jm_handle queue, uint32_t ready, uint64_t key, uint64_t amount);

static napi_value changed(napi_env env, napi_callback_info info, change *function, const char *operation)
{
    napi_value values[5];
    uint64_t ready = 0, key = 0, amount = 0;
    wait_set *s = set_of(env, info, values, 5, operation);
    object *queue = s != NULL ? native(env, values[1]) : NULL;
    if (queue == NULL || !to_uint64(env, values[2], &ready) || !to_uint64(env, values[3], &key)
        || !to_uint64(env, values[4], &amount)) {
        return NULL;
    }
    int result = function(s->handle, queue->handle, (uint32_t) ready, key, amount);
    return result == -1 ? fail(env, operation) : undefined(env);
}

/* setAdd(set, queue, ready, key, amount) and setModify(...) */
static napi_value set_add(napi_env env, napi_callback_info info)
{
    return changed(env, info, jm_wait_add, "add");
}

static napi_value set_modify(napi_env env, napi_callback_info info)
{
    return changed(env, info, jm_wait_modify, "modify");
}

/* setRemove(set, queue) */
static napi_value set_remove(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    wait_set *s = set_of(env, info, values, 2, "remove");
    object *queue = s != NULL ? native(env, values[1]) : NULL;
    if (queue == NULL) {
        return NULL;
    }
    return jm_wait_remove(s->handle, queue->handle) == -1 ? fail(env, "remove") : undefined(env);
}

/* setSize(set) */
static napi_value set_size(napi_env env, napi_callback_info info)
{
    napi_value value;
    wait_set *s = set_of(env, info, &value, 1, "size");
    int64_t size = s != NULL ? jm_wait_size(s->handle) : -1;
    return s == NULL ? NULL : size == -1 ? fail(env, "size") : from_number(env, (double) size);
}

/* setWait(set, count): the number of events in the ArrayBuffer; 0 after a wake; -1: no queue is ready. */
static napi_value set_wait(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    uint64_t count = 0;
    wait_set *s = set_of(env, info, values, 2, "wait");
    if (s == NULL || !to_uint64(env, values[1], &count)) {
        return NULL;
    }
    int64_t found = jm_wait(s->handle, s->events, count < s->room ? count : s->room, 0);
    return found == -1 && jm_last_error() != ETIMEDOUT ? fail(env, "wait") : from_number(env, (double) found);
}

/* setPending(set, pending): while a wait is pending, the set keeps the loop, and so the process, alive. */
static napi_value set_pending(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    bool pending = false;
    wait_set *s = set_of(env, info, values, 2, "wait");
    if (s == NULL || napi_get_value_bool(env, values[1], &pending) != napi_ok || pending == s->pending) {
        return NULL;
    }
    s->pending = pending;
    uint32_t count = 0;
    if (pending) {
        napi_reference_ref(env, s->callback, &count);
        uv_ref((uv_handle_t *) &s->poll);
    } else {
        napi_reference_unref(env, s->callback, &count);
        uv_unref((uv_handle_t *) &s->poll);
    }
    if (pending && !s->started) {
        int error = uv_poll_start(&s->poll, UV_READABLE, on_readable);
        if (error != 0) {
            return fail_with(env, "wait", -error, uv_strerror(error));
        }
        s->started = true;
    }
    return NULL;
}

/* setStop(set): the loop does not watch the descriptor until the next pending wait. */
static napi_value set_stop(napi_env env, napi_callback_info info)
{
    napi_value value;
    wait_set *s = set_of(env, info, &value, 1, "wait");
    if (s != NULL && s->started) {
        uv_poll_stop(&s->poll);
        s->started = false;
    }
    return NULL;
}

/* setReadable(set): whether the descriptor is readable now. */
static napi_value set_readable(napi_env env, napi_callback_info info)
{
    napi_value value;
    wait_set *s = set_of(env, info, &value, 1, "readable");
    if (s == NULL) {
        return NULL;
    }
    struct pollfd watched = {jm_wait_fd(s->handle), POLLIN, 0};
    return from_truth(env, poll(&watched, 1, 0) == 1 && (watched.revents & POLLIN) != 0);
}

static napi_value set_wake(napi_env env, napi_callback_info info)
{
    napi_value value;
    wait_set *s = set_of(env, info, &value, 1, "wake");
    return s == NULL ? NULL : jm_wait_wake(s->handle) == -1 ? fail(env, "wake") : undefined(env);
}

static napi_value set_fd(napi_env env, napi_callback_info info)
{
    napi_value value;
    wait_set *s = set_of(env, info, &value, 1, "fd");
    int descriptor = s != NULL ? jm_wait_fd(s->handle) : -1;
    return s == NULL ? NULL : descriptor == -1 ? fail(env, "fd") : from_number(env, descriptor);
}

static napi_value set_close(napi_env env, napi_callback_info info)
{
    napi_value value;
    wait_set *s = set_of(env, info, &value, 1, "close");
    if (s != NULL) {
        close_set(s);
    }
    return NULL;
}

const function set_functions[] = {
    {"newSet", new_set}, {"setAdd", set_add}, {"setModify", set_modify}, {"setRemove", set_remove},
    {"setSize", set_size}, {"setWait", set_wait}, {"setPending", set_pending}, {"setStop", set_stop},
    {"setReadable", set_readable}, {"setWake", set_wake}, {"setFd", set_fd}, {"setClose", set_close}, {NULL, NULL},
};
