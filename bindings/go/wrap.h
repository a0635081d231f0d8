/* SPDX-License-Identifier: MIT */
/* Static wrappers that the Go files call. The last error belongs to a thread, and a goroutine may continue on another
 * thread after a call: so each wrapper returns the result, the errno and the sentence together. */
#ifndef JOINMEM_GO_WRAP_H
#define JOINMEM_GO_WRAP_H
#include <errno.h>
#include <joinmem.h>
#include <stdlib.h>
#include <string.h>

#ifndef EOWNERDEAD
#error "joinmem needs Linux"
#endif

/* sentence: NULL, or text that the caller frees. */
typedef struct jmgo_result {
    int64_t value;
    char *sentence;
    int code;
} jmgo_result;

static inline jmgo_result jmgo_whole(int64_t value)
{
    jmgo_result result = {value, NULL, 0};
    if (value < 0) {
        result.code = jm_last_error();
        result.sentence = strdup(jm_last_error_message());
    }
    return result;
}

/* For pushes, pops and waits: a full or empty queue and the end of the time are frequent, and need no sentence. */
static inline jmgo_result jmgo_brief(int64_t value)
{
    jmgo_result result = {value, NULL, 0};
    if (value < 0) {
        result.code = jm_last_error();
        if (result.code != EAGAIN && result.code != ETIMEDOUT)
            result.sentence = strdup(jm_last_error_message());
    }
    return result;
}

/* --- memory --- */

static inline jmgo_result jmgo_options_init(jm_options *memory, jm_queue_options *queue)
{
    if (jm_options_init(memory, sizeof *memory) == -1)
        return jmgo_whole(-1);
    return jmgo_whole(jm_queue_options_init(queue, sizeof *queue));
}

static inline jmgo_result jmgo_local_create(uint64_t size, const jm_options *options)
{
    return jmgo_whole(jm_local_create_with(size, options));
}

static inline jmgo_result jmgo_shm_open(uint64_t size, const char *name, const jm_options *options)
{
    return jmgo_whole(jm_shm_open_with(size, name, options));
}

static inline jmgo_result jmgo_initialise_begin(jm_handle memory, uint64_t ready, int64_t timeout_ns)
{
    return jmgo_brief(jm_initialise_begin(memory, ready, timeout_ns));
}

static inline jmgo_result jmgo_initialise_end(jm_handle memory, uint64_t ready, int constructed)
{
    return jmgo_whole(jm_initialise_end(memory, ready, constructed));
}

static inline jmgo_result jmgo_unlink(const char *name) { return jmgo_whole(jm_unlink(name)); }

/* Returns the address in *address. */
static inline jmgo_result jmgo_get(jm_handle memory, void **address)
{
    *address = jm_get(memory, 0);
    return jmgo_whole(*address == NULL ? -1 : 0);
}

static inline jmgo_result jmgo_mbind(jm_handle memory, int node) { return jmgo_whole(jm_mbind(memory, node)); }
static inline jmgo_result jmgo_mlock(jm_handle memory) { return jmgo_whole(jm_mlock(memory)); }
static inline jmgo_result jmgo_munlock(jm_handle memory) { return jmgo_whole(jm_munlock(memory)); }
static inline jmgo_result jmgo_size(jm_handle memory) { return jmgo_whole(jm_size(memory)); }
static inline jmgo_result jmgo_page_size(jm_handle memory) { return jmgo_whole(jm_page_size(memory)); }
static inline jmgo_result jmgo_created(jm_handle handle) { return jmgo_whole(jm_created(handle)); }
static inline jmgo_result jmgo_named(jm_handle handle) { return jmgo_whole(jm_named(handle)); }
static inline jmgo_result jmgo_close(jm_handle handle) { return jmgo_whole(jm_close(handle)); }

static inline jmgo_result jmgo_name(jm_handle handle, char *text, uint64_t size)
{
    return jmgo_whole(jm_name(handle, text, size));
}

static inline jmgo_result jmgo_node_of(jm_handle memory, uint64_t offset)
{
    return jmgo_whole(jm_node_of(memory, offset));
}

static inline jmgo_result jmgo_placement(jm_handle handle, char *text, uint64_t size)
{
    return jmgo_whole(jm_placement(handle, text, size));
}

/* --- queues --- */

/* name NULL: a private queue. */
static inline jmgo_result jmgo_queue(uint32_t kind, uint64_t capacity, uint32_t element_size, const char *name,
                                     const jm_options *memory, const jm_queue_options *options)
{
    jm_queue_options with = *options;
    with.memory = memory;
    return jmgo_whole(name == NULL ? jm_queue_create_with(kind, capacity, element_size, &with)
                                   : jm_queue_open_with(kind, capacity, element_size, name, &with));
}

static inline jmgo_result jmgo_try_push(jm_handle queue, const char *element)
{
    return jmgo_brief(jm_queue_try_push(queue, element));
}

static inline jmgo_result jmgo_try_pop(jm_handle queue, char *element)
{
    return jmgo_brief(jm_queue_try_pop(queue, element));
}

static inline jmgo_result jmgo_try_push_n(jm_handle queue, const char *elements, uint64_t count)
{
    return jmgo_brief(jm_queue_try_push_n(queue, elements, count));
}

static inline jmgo_result jmgo_try_pop_n(jm_handle queue, char *elements, uint64_t count)
{
    return jmgo_brief(jm_queue_try_pop_n(queue, elements, count));
}

static inline jmgo_result jmgo_push(jm_handle queue, const char *element, int64_t timeout_ns)
{
    return jmgo_brief(jm_queue_push(queue, element, timeout_ns));
}

static inline jmgo_result jmgo_pop(jm_handle queue, char *element, int64_t timeout_ns)
{
    return jmgo_brief(jm_queue_pop(queue, element, timeout_ns));
}

static inline jmgo_result jmgo_push_n(jm_handle queue, const char *elements, uint64_t count, int64_t timeout_ns)
{
    return jmgo_brief(jm_queue_push_n(queue, elements, count, timeout_ns));
}

static inline jmgo_result jmgo_pop_n(jm_handle queue, char *elements, uint64_t count, int64_t timeout_ns)
{
    return jmgo_brief(jm_queue_pop_n(queue, elements, count, timeout_ns));
}

static inline jmgo_result jmgo_pop_some(jm_handle queue, char *elements, uint64_t count, int64_t timeout_ns)
{
    return jmgo_brief(jm_queue_pop_some(queue, elements, count, timeout_ns));
}

static inline jmgo_result jmgo_await(jm_handle queue, int room, uint64_t amount, int64_t timeout_ns)
{
    return jmgo_brief(room ? jm_queue_await_room(queue, amount, timeout_ns)
                           : jm_queue_await_element(queue, amount, timeout_ns));
}

static inline jmgo_result jmgo_release_role(jm_handle queue) { return jmgo_whole(jm_queue_release_role(queue)); }
static inline jmgo_result jmgo_shutdown(jm_handle queue) { return jmgo_whole(jm_queue_shutdown(queue)); }

/* Elements in place: their address, and the number of them as the value. */
typedef struct jmgo_piece {
    jmgo_result result;
    void *address;
} jmgo_piece;

static inline jmgo_piece jmgo_reserve(jm_handle queue, uint64_t count)
{
    jmgo_piece piece = {{0, NULL, 0}, jm_queue_reserve(queue, &count)};
    piece.result = jmgo_brief(piece.address == NULL ? -1 : (int64_t) count);
    return piece;
}

static inline jmgo_piece jmgo_peek(jm_handle queue, uint64_t count)
{
    jmgo_piece piece = {{0, NULL, 0}, (void *) (uintptr_t) jm_queue_peek(queue, &count)};
    piece.result = jmgo_brief(piece.address == NULL ? -1 : (int64_t) count);
    return piece;
}

static inline jmgo_result jmgo_commit(jm_handle queue, uint64_t count)
{
    return jmgo_whole(jm_queue_commit(queue, count));
}

static inline jmgo_result jmgo_release(jm_handle queue, uint64_t count)
{
    return jmgo_whole(jm_queue_release(queue, count));
}

static inline jmgo_result jmgo_kind(jm_handle queue)
{
    uint32_t kind = jm_queue_kind(queue);
    return jmgo_whole(kind == 0 ? -1 : (int64_t) kind);
}

static inline jmgo_result jmgo_element_size(jm_handle queue) { return jmgo_whole(jm_queue_element_size(queue)); }
static inline jmgo_result jmgo_capacity(jm_handle queue) { return jmgo_whole(jm_queue_capacity(queue)); }
static inline jmgo_result jmgo_pending(jm_handle queue) { return jmgo_whole(jm_queue_pending(queue)); }
static inline jmgo_result jmgo_available(jm_handle queue) { return jmgo_whole(jm_queue_available(queue)); }
static inline jmgo_result jmgo_tag(jm_handle queue, uint64_t *tag) { return jmgo_whole(jm_queue_tag(queue, tag)); }

static inline jmgo_result jmgo_producers(jm_handle queue, jm_producer *list, uint64_t count)
{
    return jmgo_whole(jm_queue_producers(queue, list, count, sizeof *list));
}

static inline jmgo_result jmgo_stats(jm_handle queue, jm_queue_stats *stats)
{
    return jmgo_whole(jm_queue_get_stats(queue, stats, sizeof *stats));
}

static inline jmgo_result jmgo_queue_mbind(jm_handle queue, int node)
{
    return jmgo_whole(jm_queue_mbind(queue, node));
}

static inline jmgo_result jmgo_queue_mlock(jm_handle queue) { return jmgo_whole(jm_queue_mlock(queue)); }

/* --- waiting --- */

static inline jmgo_result jmgo_wait_create(void) { return jmgo_whole(jm_wait_create()); }

static inline jmgo_result jmgo_wait_add(jm_handle set, jm_handle queue, uint32_t ready, uint64_t key, uint64_t amount)
{
    return jmgo_whole(jm_wait_add(set, queue, ready, key, amount));
}

static inline jmgo_result jmgo_wait_modify(jm_handle set, jm_handle queue, uint32_t ready, uint64_t key,
                                           uint64_t amount)
{
    return jmgo_whole(jm_wait_modify(set, queue, ready, key, amount));
}

static inline jmgo_result jmgo_wait_remove(jm_handle set, jm_handle queue)
{
    return jmgo_whole(jm_wait_remove(set, queue));
}

static inline jmgo_result jmgo_wait_size(jm_handle set) { return jmgo_whole(jm_wait_size(set)); }

static inline jmgo_result jmgo_wait(jm_handle set, jm_wait_event *events, uint64_t count, int64_t timeout_ns)
{
    return jmgo_brief(jm_wait(set, events, count, timeout_ns));
}

static inline jmgo_result jmgo_wait_fd(jm_handle set) { return jmgo_whole(jm_wait_fd(set)); }
static inline jmgo_result jmgo_wait_wake(jm_handle set) { return jmgo_whole(jm_wait_wake(set)); }

/* --- looking --- */

static inline jmgo_result jmgo_segment_names(char *names, uint64_t size)
{
    return jmgo_whole(jm_segment_names(names, size));
}

static inline jmgo_result jmgo_inspect(const char *name, char *text, uint64_t size)
{
    return jmgo_whole(jm_inspect(name, text, size));
}

static inline jmgo_result jmgo_inspect_producers(const char *name, jm_producer *list, uint64_t count)
{
    return jmgo_whole(jm_inspect_producers(name, list, count, sizeof *list));
}

static inline jmgo_result jmgo_inspect_pages(const char *name, uint64_t most, char *text, uint64_t size)
{
    return jmgo_whole(jm_inspect_pages(name, most, text, size));
}

static inline jmgo_result jmgo_remove_unused(const char *name) { return jmgo_whole(jm_remove_unused(name)); }

static inline jmgo_result jmgo_remove_unused_if_unchanged(const char *name, uint64_t device, uint64_t inode,
                                                          uint64_t pushed, uint64_t popped)
{
    return jmgo_whole(jm_remove_unused_if_unchanged(name, device, inode, pushed, popped));
}

#endif
