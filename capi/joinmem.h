/* SPDX-License-Identifier: MIT */
/* The C interface of libjoinmem, in C99. Link with `pkg-config --cflags --libs joinmem`; other languages load
 * libjoinmem.so.1 and read joinmem_ffi.h, which is this file without directives.
 *
 *     jm_handle memory = jm_shm_open(1 << 20, "/ticks");
 *     if (memory == JM_INVALID_HANDLE) puts(jm_last_error_message());
 *     char *bytes = jm_get(memory, 0);
 *     jm_close(memory);
 *     jm_unlink("/ticks");
 *
 * Conventions of all functions:
 *  - A function that returns int returns 0, or -1 on failure. One that returns a handle, a count or a pointer returns
 *    JM_INVALID_HANDLE, -1 or NULL on failure. A failure sets errno and jm_last_error() to the same errno value, and
 *    jm_last_error_message() to a sentence; each thread has its own three. Success leaves them unchanged.
 *  - No C++ exception leaves the library. No call prints, exits, or installs a signal handler.
 *  - A handle is a number greater than 0 that a process never uses twice: a closed, forged, zero or truncated one
 *    fails with EBADF, one of the wrong kind with EINVAL. Any bit pattern is safe to pass.
 *  - Thread safety: any thread may use any handle at any time. jm_close() lets the calls in progress on other threads
 *    finish; those that wait return at once with ECANCELED. What jm_get(), jm_queue_reserve() and jm_queue_peek()
 *    returned becomes invalid with the handle. A forked child may use and close the handles that it inherits; those of
 *    wait sets it may only close. A signal handler may only push and pop, on queues on which its thread has done so
 *    before, and call jm_wait_wake() if its thread has used a handle before. No call is a cancellation point.
 *  - Sizes and offsets are bytes, times are nanoseconds, NUMA nodes have the kernel's numbers. Enumerations are
 *    uint32_t parameters: an unknown value is EINVAL, not undefined behaviour.
 *  - A struct begins with struct_size, which the caller sets (through its _init function) to its own sizeof: so
 *    structs may grow, and neither an old program nor an old library is overrun.
 *  - Any function may fail with ENOMEM if the library finds no memory for itself, and with ENOTRECOVERABLE for a
 *    failure that this header does not foresee.
 *  - Since: 0.1, for everything in this header that states no other version.
 */
#ifndef JOINMEM_H
#define JOINMEM_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
#define JM_NOEXCEPT noexcept
extern "C" {
#else
#define JM_NOEXCEPT
#endif

typedef int64_t jm_handle;
#define JM_INVALID_HANDLE ((jm_handle) -1)

/* --- the library and the last error ------------------------------------------------------------- */

/* Returns the version of the loaded library: major << 16 | minor << 8 | patch. */
uint32_t jm_version(void) JM_NOEXCEPT;
/* Returns the same as text, "major.minor.patch"; never NULL, always valid. */
const char *jm_version_string(void) JM_NOEXCEPT;
/* Returns the errno of this thread's last failure; 0 if it had none, or has cleared it. */
int jm_last_error(void) JM_NOEXCEPT;
/* Returns its sentence, in UTF-8 as far as names are; never NULL, valid until this thread's next failing call. */
const char *jm_last_error_message(void) JM_NOEXCEPT;
/* Sets this thread's last error to 0. */
void jm_clear_error(void) JM_NOEXCEPT;

/* --- memory ------------------------------------------------------------------------------------- */

/* Whether memory is on huge pages. PREFER: where they cost no extra memory, from one huge page upwards; NEVER: base
 * pages only; REQUIRE: all of it, or fail with ENOMEM; a small segment is then backed by a whole huge page. */
enum { JM_HUGE_PREFER = 0, JM_HUGE_NEVER = 1, JM_HUGE_REQUIRE = 2 };
enum { JM_CREATE_OR_OPEN = 0, JM_CREATE_ONLY = 1, JM_OPEN_ONLY = 2 };

typedef struct jm_options {
    uint32_t struct_size;
    uint32_t huge;               /* JM_HUGE_... */
    uint64_t huge_page_size;     /* bytes; 0: the system's default; else 2 MiB, 1 GiB, ... */
    int32_t  numa_node;          /* -1: none; else bound before the first page is touched */
    uint32_t prefault;           /* 1 (default): all pages exist when the call returns; 0: from the first touch */
    uint32_t lock;               /* 1: lock the pages in RAM, or fail */
    uint32_t open_mode;          /* JM_CREATE_OR_OPEN ...; shared memory only */
    uint32_t permissions;        /* mode of a new segment; no umask applies; 0: 0600. Opens this user's segments; bits
                                    for others: any user's; group bits alone: also its groups', if none is wider */
    uint32_t read_only;          /* 1: map for reading; open_mode must be JM_OPEN_ONLY */
    uint32_t only_ours;          /* 1: fail for a file that another program made; shared memory only */
    uint32_t reserved;           /* 0 */
} jm_options;

/* Writes the defaults, with which jm_local_create() and jm_shm_open() work, and struct_size itself, into the first
 * struct_size bytes: pass sizeof(jm_options). EINVAL: options NULL, a struct_size that ends at no field. */
int jm_options_init(jm_options *options, uint32_t struct_size) JM_NOEXCEPT;

/* Creates private memory, all zero. @param size bytes, at least 1, rounded up to base pages
 * @return the handle. EINVAL: size 0. ENOMEM: more than the machine, a cgroup or RLIMIT_AS leaves; required huge pages
 * are not available. EMFILE: no handle is left (1 048 576 at a time). */
jm_handle jm_local_create(uint64_t size) JM_NOEXCEPT;

/* Does the same with options. Besides: EINVAL: options NULL, or an invalid option; EBUSY, EINVAL, ENOMEM, ENOSYS, EPERM
 * from jm_mbind() and jm_mlock(), if a node or a lock is requested. */
jm_handle jm_local_create_with(uint64_t size, const jm_options *options) JM_NOEXCEPT;

/* Creates the segment of that name, or opens it, whichever program made it. Callers that race all get the same,
 * complete segment. It stays until jm_unlink(). A name is 1 to 255 bytes without '/', after an optional leading one.
 * @param size bytes, at least 1, rounded up to base pages @return the handle. EINVAL: size 0, a bad name, a file of
 * another size or type, a queue. ENAMETOOLONG. EOVERFLOW: more than a file can have. ENOSPC: /dev/shm is too full.
 * ENOMEM: as jm_local_create(). EACCES: another user's segment. ELOOP: a symbolic link. ENOENT, EROFS: /dev/shm is
 * missing, or read-only. EMFILE. */
jm_handle jm_shm_open(uint64_t size, const char *name) JM_NOEXCEPT;

/* Does the same with options, not NULL; with JM_OPEN_ONLY, size 0 takes the size of the segment. Besides: EEXIST with
 * JM_CREATE_ONLY; ENOENT with JM_OPEN_ONLY; and as jm_local_create_with(). */
jm_handle jm_shm_open_with(uint64_t size, const char *name, const jm_options *options) JM_NOEXCEPT;

/* Lets one process initialise a segment. Returns 1: initialise it, then call jm_initialise_end(); 0: it is initialised.
 * Waits while another one does so; if that one dies, or ends with constructed 0, the next caller gets 1. ETIMEDOUT.
 * ECANCELED: jm_close() on another thread. @param ready offset of 4 bytes, a multiple of 4, that the program does not
 * use @param timeout_ns as jm_queue_push(). EINVAL, ERANGE: a bad offset. EROFS: read-only. ENOENT: name removed. */
int jm_initialise_begin(jm_handle memory, uint64_t ready, int64_t timeout_ns) JM_NOEXCEPT;
int jm_initialise_end(jm_handle memory, uint64_t ready, int constructed) JM_NOEXCEPT;

/* Removes the name, if it exists; processes that have the segment open keep it. EINVAL, ENAMETOOLONG: a bad name.
 * EACCES, EPERM, EROFS: it may not be removed. */
int jm_unlink(const char *name) JM_NOEXCEPT;

/* Returns the address of the byte at offset, valid until the handle is closed; for reading only if the memory was
 * opened read_only. EINVAL: not a memory. ERANGE: offset is at or past the size. Lock-free. */
void *jm_get(jm_handle memory, uint64_t offset) JM_NOEXCEPT;

/* Binds the memory to a NUMA node: moves the pages that exist, checks where they are, and has later ones placed there.
 * EINVAL: the node does not exist, is offline, has no memory or is outside the cpuset (nothing has moved). EBUSY: some
 * pages could not be moved (the message counts them); the policy stays set. ENOMEM: the node has no room. ENOSYS: the
 * kernel, or this build, has no NUMA. EPERM: a seccomp filter forbids it. */
int jm_mbind(jm_handle memory, int node) JM_NOEXCEPT;

/* Locks all pages in RAM, and brings in those that do not exist yet, as mlock(2). ENOMEM, EPERM, EAGAIN: from the
 * kernel (the message names RLIMIT_MEMLOCK and its value); ENOMEM also: the machine has no room. */
int jm_mlock(jm_handle memory) JM_NOEXCEPT;
/* Undoes jm_mlock(), or the lock of jm_options. */
int jm_munlock(jm_handle memory) JM_NOEXCEPT;
/* Returns the requested bytes, rounded up to base pages, also on huge pages. Lock-free. */
int64_t jm_size(jm_handle memory) JM_NOEXCEPT;
/* Returns the bytes of the smallest page that backs any part now. ENODATA: not known here, or no page exists yet. */
int64_t jm_page_size(jm_handle memory) JM_NOEXCEPT;
/* Returns 1 if this call created the segment (always for private memory), 0 if it existed. */
int jm_created(jm_handle memory_or_queue) JM_NOEXCEPT;
/* Returns 1 if the name refers to this segment, 0 if it is gone or refers to another, or if the memory is private.
 * ENOENT, EACCES: its directory is out of reach, as after chroot(2). */
int jm_named(jm_handle memory_or_queue) JM_NOEXCEPT;

/* Writes the segment's name with its leading slash, "" if it is private, cut to size bytes including the final 0.
 * Returns its length without that 0, as snprintf(3) does. EINVAL: text NULL and size not 0. */
int64_t jm_name(jm_handle memory_or_queue, char *text, uint64_t size) JM_NOEXCEPT;

/* Returns the NUMA node of the page at offset, without faulting it in. ENOENT: no page exists there yet. ERANGE: offset
 * is at or past the size. ENOSYS, EPERM: as jm_mbind(). */
int jm_node_of(jm_handle memory, uint64_t offset) JM_NOEXCEPT;

/* Writes a report on the memory as one flat JSON object; text and size as jm_name(). Sizes are bytes, null: not known.
 * What was requested, what was obtained, and why they differ are its keys, to which later versions may add:
 *   "requested_huge"         "prefer", "never" or "require"
 *   "requested_page_size"    huge_page_size
 *   "requested_node"         the node of numa_node or jm_mbind(), null for none
 *   "requested_prefault", "requested_lock"  true, false
 *   "shared", "created"  true, false
 *   "name"               with its leading slash; null for private memory
 *   "size"               jm_size()
 *   "backing"            "anonymous", "pool", "tmpfs", "hugetlbfs" or "file"
 *   "page_size"          jm_page_size()
 *   "huge_bytes"         on huge pages, as this process maps them
 *   "resident_bytes"     in RAM
 *   "locked_bytes"       that mlock keeps there
 *   "nodes", "node_bytes"  arrays of one length: NUMA nodes, and the resident bytes on each
 *   "fallback_errnos", "fallback_reasons"  arrays of one length: the steps that failed, in order, an errno (0: a
 *                        decision of the library) and a sentence each; empty if the request was met in full */
int64_t jm_placement(jm_handle memory_or_queue, char *text, uint64_t size) JM_NOEXCEPT;

/* Closes a memory, a queue or a wait set once the calls in progress on other threads have finished; those that wait
 * return at once with ECANCELED. The name of a segment stays. EBADF: it is closed already, by any thread. */
int jm_close(jm_handle handle) JM_NOEXCEPT;

/* --- queues -------------------------------------------------------------------------------------
 *
 * Bounded lock-free queues of elements of one size, delivered in push order. Elements are copied as bytes: no pointers
 * between processes. A queue is private, or shared by name with every program of this library, also in C++.
 *
 *     jm_handle ticks = jm_queue_open(JM_SPSC, 1024, sizeof(tick), "/ticks");   the first process creates it
 *     if (jm_queue_try_push(ticks, &t) == -1) drop(&t);                         full: EAGAIN
 *     jm_queue_pop(ticks, &t, 5 * 1000 * 1000);                                 sleeps; after 5 ms ETIMEDOUT
 *
 * Producers and consumers, threads or processes: JM_SPSC has one of each, JM_MPSC many producers and one consumer,
 * JM_MPMC many of both. A role of a JM_SPSC belongs to one handle, on which threads may take turns, until it is closed
 * or its process dies. Shared queues survive any death: consumers skip an element whose push was cut short, and the
 * slots of dead producers are reused when they are needed.
 *
 * Errors of all functions that take a queue: EBADF; EINVAL: the handle is a memory's. Errors of all pushes and pops:
 *   EINVAL     the address is NULL, or the count 0 (but for jm_queue_push_n() and jm_queue_pop_n())
 *   EPIPE      a push: the queue is shut down; a pop: it is shut down and drained
 *   EBADMSG    the segment is damaged
 *   EBUSY      exclusive JM_SPSC: another handle is the producer, or the consumer */

enum { JM_SPSC = 1, JM_MPSC = 2, JM_MPMC = 3 };

typedef struct jm_queue_options {
    uint32_t struct_size;
    uint32_t max_producers;      /* producer slots of a shared JM_MPSC or JM_MPMC, one for each thread, of any process,
                                    that has pushed and not ended; 0: 256; at most 1022, 128 bytes each. Threads that
                                    find none share one of their process. The creator of the queue sets it */
    uint64_t type_id;            /* any number; must equal the segment's, unless one of the two is 0 */
    const jm_options *memory;    /* where and how; NULL: the defaults. Read during the call only */
    uint64_t tag;                /* any number, stored for programs that inspect the segment: jm_queue_tag() */
    uint32_t exclusive;          /* 1 (default): of a shared JM_SPSC, this handle is the producer from its first push,
                                    the consumer from its first pop; meanwhile other handles fail with EBUSY */
    uint32_t owner_dead;         /* 1: a waiting pop on an empty shared queue fails with EOWNERDEAD once no producer is
                                    left alive and at least one was killed; a JM_SPSC must be exclusive for this */
    int64_t spin_ns;             /* nanoseconds that calls of this handle spin before they sleep; 0 adapts, -1: none */
    uint32_t flags;              /* of this handle: JM_INTERRUPTIBLE, or 0 */
    uint32_t reserved;           /* must be 0 */
} jm_queue_options;

enum { JM_INTERRUPTIBLE = 1 };   /* a signal handler ends a sleep with EINTR; one that runs before it has no effect */

/* Writes the defaults of jm_queue_create() and jm_queue_open(); pass sizeof(jm_queue_options). As jm_options_init(). */
int jm_queue_options_init(jm_queue_options *options, uint32_t struct_size) JM_NOEXCEPT;

/* Creates a private queue. @param kind JM_SPSC, ... @param capacity elements, rounded up to a power of two; 0 means 1
 * @param element_size bytes, 1 to 65536 @return the handle. EINVAL: another kind or element size; a capacity past 2^32.
 * EOVERFLOW: more bytes than a file can have. ENOMEM, EMFILE: as jm_local_create(). */
jm_handle jm_queue_create(uint32_t kind, uint64_t capacity, uint32_t element_size) JM_NOEXCEPT;

/* Does the same with options. Besides: EINVAL: options NULL, or an invalid option; and as jm_local_create_with(). */
jm_handle jm_queue_create_with(uint32_t kind, uint64_t capacity, uint32_t element_size,
                               const jm_queue_options *options) JM_NOEXCEPT;

/* Creates the queue of that name, or attaches to it; in C++ the same queue is a ShmMem::Spsc::Queue<T>, with T of that
 * size. Callers that race all get the same, complete queue. It stays until jm_unlink(). EINVAL: as jm_queue_create(), a
 * bad name, or another kind, capacity or element size. EBADMSG: not a queue, a damaged one, or an unknown format.
 * EOVERFLOW. As jm_shm_open(): ENAMETOOLONG, ENOSPC, ENOMEM, EACCES, ELOOP, ENOENT, EROFS, EMFILE. */
jm_handle jm_queue_open(uint32_t kind, uint64_t capacity, uint32_t element_size, const char *name) JM_NOEXCEPT;

/* Does the same with options. With JM_OPEN_ONLY, a kind, capacity or element_size of 0 takes that of the segment.
 * Besides: EINVAL: options NULL, an invalid option, another type_id, read_only; and as jm_shm_open_with(). */
jm_handle jm_queue_open_with(uint32_t kind, uint64_t capacity, uint32_t element_size, const char *name,
                             const jm_queue_options *options) JM_NOEXCEPT;

/* Copies one element into the queue, without waiting. EAGAIN: it is full. Of a shared JM_MPSC or JM_MPMC also EUSERS:
 * no slot is left for this process; EDEADLK: a push of this thread to this queue, or its first one to any, has not
 * ended: a longjmp left it, or a signal handler interrupts it. EMFILE, ENOMEM, ENOENT, EACCES, EPERM: a thread's first
 * push has to open a file and cannot; the message names the step. Later pushes make a system call only to wake. */
int jm_queue_try_push(jm_handle queue, const void *element) JM_NOEXCEPT;

/* Copies the oldest element out, without waiting. EAGAIN: the queue is empty. A failed pop leaves element unchanged,
 * or, if it is larger than 64 bytes and the queue a JM_MPMC, unspecified. */
int jm_queue_try_pop(jm_handle queue, void *element) JM_NOEXCEPT;

/* Push as many of count elements as fit, and pop as many as there are, in order and without waiting. A pop from a
 * JM_MPMC takes at most 64 KiB or 16 elements, and fewer where others pop at the same time. @return how many, or -1 */
int64_t jm_queue_try_push_n(jm_handle queue, const void *elements, uint64_t count) JM_NOEXCEPT;
int64_t jm_queue_try_pop_n(jm_handle queue, void *elements, uint64_t count) JM_NOEXCEPT;

/* Do the same as jm_queue_try_push() and jm_queue_try_pop(), but wait for room, or for an element: they spin where that
 * helps, then sleep in the kernel. @param timeout_ns on CLOCK_MONOTONIC: -1 waits without limit, 0 tries once, another
 * negative one is EINVAL, one past the range of that clock waits without limit. In place of EAGAIN: ETIMEDOUT.
 * ECANCELED: jm_close() or jm_queue_cancel() on another thread. EINTR: JM_INTERRUPTIBLE. EOWNERDEAD: owner_dead. */
int jm_queue_push(jm_handle queue, const void *element, int64_t timeout_ns) JM_NOEXCEPT;
int jm_queue_pop(jm_handle queue, void *element, int64_t timeout_ns) JM_NOEXCEPT;

/* Do the same until all count elements (0: at once) are done or an error ends the wait. @return how many, -1 if none.
 * A count that is too small is a success and sets no error: call again for the rest, or for the reason. */
int64_t jm_queue_push_n(jm_handle queue, const void *elements, uint64_t count, int64_t timeout_ns) JM_NOEXCEPT;
int64_t jm_queue_pop_n(jm_handle queue, void *elements, uint64_t count, int64_t timeout_ns) JM_NOEXCEPT;

/* Waits for an element, then pops as many as there are, up to count, as read(2) does. @return how many, or -1 */
int64_t jm_queue_pop_some(jm_handle queue, void *elements, uint64_t count, int64_t timeout_ns) JM_NOEXCEPT;

/* jm_queue_cancel() ends the waits of this handle with ECANCELED: those in progress, and until jm_queue_resume() all
 * later ones. Calls that need not wait still succeed; other handles are not affected. Resume after the cancelled calls
 * have returned, as one that has not noticed the cancellation by then may wait on. */
int jm_queue_cancel(jm_handle queue) JM_NOEXCEPT;
int jm_queue_resume(jm_handle queue) JM_NOEXCEPT;

/* Gives up the roles of this handle in a shared JM_SPSC until its next push or pop. None of them may be in progress. */
int jm_queue_release_role(jm_handle queue) JM_NOEXCEPT;

/* Shuts the queue down for good and for all processes: later pushes fail with EPIPE, pops take the remaining elements
 * and then fail with EPIPE, and all sleeping threads wake. Every element whose push succeeded can still be popped. */
int jm_queue_shutdown(jm_handle queue) JM_NOEXCEPT;

/* JM_SPSC, producer: reserves room for up to *count elements in one piece, to be written in place and then committed.
 * Sets *count to how many, 1 or more. Valid until the commit, the next reserve or push, or jm_close(). On failure
 * *count is unchanged: EAGAIN as jm_queue_try_push(); ENOTSUP: another kind. */
void *jm_queue_reserve(jm_handle queue, uint64_t *count) JM_NOEXCEPT;

/* Publishes the first count reserved elements, and drops the others. EINVAL: 0, or too many. ENOTSUP. */
int jm_queue_commit(jm_handle queue, uint64_t count) JM_NOEXCEPT;

/* JM_SPSC, consumer: returns the oldest elements, up to *count in one piece, to be read in place and then released;
 * *count and the address as jm_queue_reserve(). EAGAIN as jm_queue_try_pop(); ENOTSUP. */
const void *jm_queue_peek(jm_handle queue, uint64_t *count) JM_NOEXCEPT;

/* Removes the first count elements that jm_queue_peek() returned. EINVAL: 0, or too many. ENOTSUP. */
int jm_queue_release(jm_handle queue, uint64_t count) JM_NOEXCEPT;

/* Return the kind (0 on failure), the bytes of an element, and the maximum number of elements. */
uint32_t jm_queue_kind(jm_handle queue) JM_NOEXCEPT;
int64_t jm_queue_element_size(jm_handle queue) JM_NOEXCEPT;
int64_t jm_queue_capacity(jm_handle queue) JM_NOEXCEPT;

/* Elements, and free cells: exact when no call is in progress, never below 0 or above the capacity. */
int64_t jm_queue_pending(jm_handle queue) JM_NOEXCEPT;
int64_t jm_queue_available(jm_handle queue) JM_NOEXCEPT;
/* Reads the tag with which the queue was created. EINVAL: tag NULL. */
int jm_queue_tag(jm_handle queue, uint64_t *tag) JM_NOEXCEPT;

/* A producer slot that a thread has taken; of an exclusive JM_SPSC, slot 1 is the producer's, 2 the consumer's. */
typedef struct jm_producer {
    uint32_t struct_size;        /* bytes that were written */
    uint32_t slot;               /* its number; threads of one process may share a slot */
    int32_t pid;                 /* the process, in its own PID namespace */
    uint32_t alive;              /* 1: the slot lock is held; 0: the producer was killed, and is not recovered yet */
    uint32_t in_push;            /* 1: in the middle of a push, for which consumers may have to wait; JM_SPSC: 0 */
} jm_producer;

/* Lists the producer slots that are taken, by live producers and by killed ones that are not recovered yet; a private
 * queue has none. Writes the first count of them, struct_size bytes apart: pass sizeof(jm_producer). @return how many
 * there are. EINVAL: list NULL and count not 0, a struct_size that ends at no field. EMFILE, ENOLCK; ENOENT: the
 * segment has lost its name, and the program has closed the descriptor that the library kept. */
int64_t jm_queue_producers(jm_handle queue, jm_producer *list, uint64_t count, uint32_t struct_size) JM_NOEXCEPT;

/* Counters of a queue since its creation. Skipped positions count in pushed and popped. */
typedef struct jm_queue_stats {
    uint32_t struct_size;        /* bytes that were written */
    uint32_t shut_down;          /* 1: jm_queue_shutdown() was called */
    uint64_t pushed;             /* positions that producers claimed */
    uint64_t popped;             /* positions that consumers passed */
    uint64_t deaths;             /* recovered slots of killed producers (JM_SPSC: of consumers, too) */
    uint64_t skipped;              /* skipped positions, which a killed producer claimed and did not publish */
} jm_queue_stats;

/* Writes them into the first struct_size bytes: pass sizeof(jm_queue_stats). Each number is read by itself while other
 * threads push and pop. EINVAL: stats NULL, a struct_size that ends at no field. */
int jm_queue_get_stats(jm_handle queue, jm_queue_stats *stats, uint32_t struct_size) JM_NOEXCEPT;

/* Bind all pages of the queue to a NUMA node, and lock them in RAM, as jm_mbind() and jm_mlock(). */
int jm_queue_mbind(jm_handle queue, int node) JM_NOEXCEPT;
int jm_queue_mlock(jm_handle queue) JM_NOEXCEPT;

/* --- waiting ------------------------------------------------------------------------------------
 *
 * Calls that wait and take nothing: for one queue, or in a wait set for many at once. An event loop waits for a set by
 * its descriptor.
 *
 *     jm_handle set = jm_wait_create();
 *     jm_wait_add(set, orders, JM_READY_ELEMENT, 7, 1);             key 7, one element
 *     jm_wait_add(set, replies, JM_READY_ELEMENT, 8, 1);
 *     jm_wait_event events[16];
 *     int64_t n = jm_wait(set, events, 16, -1);                     sleeps until a queue is ready
 *     for (int64_t i = 0; i < n; ++i) serve(events[i].key);
 *
 * Events are level-triggered: each wait reports a queue as long as it is ready. A set takes no element and no role, so
 * another consumer may be faster than the one that got the event. One thread waits in a set at a time; all other calls
 * may run meanwhile. A queue has two sides, elements and room. A set that watches more than 8 sides, is interruptible
 * or has a descriptor takes one more descriptor, an io_uring; with jm_wait_fd() it has a helper thread too. Where the
 * kernel refuses io_uring, or is older than Linux 6.7, a set that watches more than 127 sides, is interruptible or has a
 * descriptor has a helper thread for each 127 sides instead. A forked child makes sets of its own: all calls but
 * jm_close() fail with EBADF on those of its parent.
 *
 * Errors of all functions that take a set: EBADF; EINVAL: the handle is not a set's. Since: 0.2, for this section. */

/* Wait until a pop, or a push, of amount elements would not have to wait, and take nothing: for jm_queue_peek() and
 * jm_queue_reserve(). Once the queue is shut down, jm_queue_await_element() returns 0 as long as there is any element.
 * @param amount elements, from 1 to the capacity, else EINVAL @param timeout_ns, ETIMEDOUT, ECANCELED, EINTR,
 * EOWNERDEAD: as jm_queue_pop(). EPIPE: shut down, and for elements drained. EBADMSG: damaged. */
int jm_queue_await_element(jm_handle queue, uint64_t amount, int64_t timeout_ns) JM_NOEXCEPT;
int jm_queue_await_room(jm_handle queue, uint64_t amount, int64_t timeout_ns) JM_NOEXCEPT;

/* A queue is watched for the first two. An event reports any of them; each of the last three is reported once after a
 * jm_wait_add() or jm_wait_modify(). */
enum {
    JM_READY_ELEMENT = 1,        /* a pop of the watched amount need not wait */
    JM_READY_ROOM = 2,           /* a push of the watched amount need not wait */
    JM_READY_END = 4,            /* the queue is shut down and, if it is watched for elements, drained */
    JM_READY_PRODUCERS_DEAD = 8, /* as EOWNERDEAD of a pop, with owner_dead; again once a new producer was killed */
    JM_READY_DAMAGED = 16        /* pushes and pops fail with EBADMSG */
};

typedef struct jm_wait_event {   /* its 16 bytes never change */
    uint64_t key;                /* the argument of jm_wait_add() or jm_wait_modify() */
    uint32_t ready;              /* JM_READY_... bits, one or several */
    uint32_t reserved;           /* 0 */
} jm_wait_event;

typedef struct jm_wait_options {
    uint32_t struct_size;
    uint32_t interruptible;      /* 1: jm_wait() fails with EINTR when a signal handler has interrupted its sleep */
} jm_wait_options;

/* Writes the defaults of jm_wait_create(); pass sizeof(jm_wait_options). As jm_options_init(): EINVAL. */
int jm_wait_options_init(jm_wait_options *options, uint32_t struct_size) JM_NOEXCEPT;

/* Creates an empty wait set. EMFILE: as jm_local_create(). With options also EINVAL: NULL, or an invalid option. */
jm_handle jm_wait_create(void) JM_NOEXCEPT;
jm_handle jm_wait_create_with(const jm_wait_options *options) JM_NOEXCEPT;

/* Watches a queue, which may be in several sets, until jm_wait_remove() or jm_close(): no jm_wait() that begins after
 * them reports it. @param ready JM_READY_ELEMENT, JM_READY_ROOM, both, or 0: no event until jm_wait_modify()
 * @param key any number, which its events have @param amount elements that have to be there, or to fit, before an event
 * reports the queue. EINVAL: another bit; an amount of 0 or above the capacity; EBADF, EINVAL: not a queue. EEXIST: the
 * set has this handle. EAGAIN: no helper thread can be started. */
int jm_wait_add(jm_handle set, jm_handle queue, uint32_t ready, uint64_t key, uint64_t amount) JM_NOEXCEPT;
/* Replaces ready, key and amount of a queue in the set. Errors as jm_wait_add(), EINVAL and EAGAIN among them; but in
 * place of EEXIST, ENOENT: the set does not have this handle. */
int jm_wait_modify(jm_handle set, jm_handle queue, uint32_t ready, uint64_t key, uint64_t amount) JM_NOEXCEPT;
/* Stops watching a queue. ENOENT: the set does not have this handle. EBADF, EINVAL: not a queue. */
int jm_wait_remove(jm_handle set, jm_handle queue) JM_NOEXCEPT;
/* Returns the number of queues in the set. */
int64_t jm_wait_size(jm_handle set) JM_NOEXCEPT;

/* Waits until a queue is ready, and writes one event for each ready queue, up to count. Later calls report the others,
 * all within ceil(ready queues / count) calls. @param timeout_ns as jm_queue_push() @return how many, 1 or more; 0
 * after jm_wait_wake(); or -1. EINVAL: events NULL, count 0, a timeout below -1. ETIMEDOUT. EBUSY: another thread
 * waits. EINTR: a signal handler, with interruptible. ECANCELED: jm_close() on another thread. EAGAIN: the kernel
 * refuses io_uring, and no helper thread can be started. */
int64_t jm_wait(jm_handle set, jm_wait_event *events, uint64_t count, int64_t timeout_ns) JM_NOEXCEPT;

/* Returns a descriptor for epoll, poll, select, io_uring and event loops. It becomes readable when a queue is ready or
 * jm_wait_wake() is called, and stays readable until a jm_wait() fails with ETIMEDOUT. When it is readable, call
 * jm_wait(set, events, count, 0), serve the events, and return to the loop. Do not read from it or close it: it belongs
 * to the set, is the same at each call, and is closed with the set. EMFILE, ENFILE: no descriptor is left. EAGAIN: no
 * helper thread can be started. */
int jm_wait_fd(jm_handle set) JM_NOEXCEPT;

/* Makes the jm_wait() in progress return 0, or else the next one; several calls before that count as one. */
int jm_wait_wake(jm_handle set) JM_NOEXCEPT;

/* --- looking ------------------------------------------------------------------------------------
 *
 * Inspection of shared memory by name, from outside: it takes no slot, holds no lock and writes nothing. Segments are
 * read by read(2), and their headers are checked before use: one that is hostile, or shrinks meanwhile, cannot cause a
 * SIGBUS. Errors of all these functions: EINVAL, ENAMETOOLONG: a bad name. ENOENT: no segment has this name, or no
 * longer, as names may disappear during a call. EMFILE: the process has used up its descriptors. */

/* Lists the names of all files in /dev/shm and in the hugetlbfs mounts, whichever program made them: sorted, with their
 * leading slash, a NUL after each. Writes as many whole names as fit. @return the bytes that all of them need.
 * EINVAL: names NULL and size not 0. ENOENT, EACCES: /dev/shm cannot be read. */
int64_t jm_segment_names(char *names, uint64_t size) JM_NOEXCEPT;

/* Writes the facts of a segment as one flat JSON object, as jm_name(). Sizes are bytes; null: not known, or no queue.
 *   "kind"                          "spsc", "mpsc", "mpmc"; "memory"; "damaged": begins like a queue, but is damaged or
 *                                   of an unknown format; "unreadable": this user cannot open it, or not now; "other":
 *                                   a file without a sign that this library made it
 *   "path", "fault"                 of the file; the reason of "damaged" and "unreadable", else null
 *   "size", "allocated"             of the file, and of these bytes those that have pages
 *   "huge_page"                     page size of the hugetlbfs that has the file, or null
 *   "device", "inode"               identify the file behind the name
 *   "created_at"                    nanoseconds since 1970
 *   "owner", "permissions", "permissions_octal"  user ID; a number up to 0777, and as text, "0640"
 *   "in_use", "users"               whether a process has it open, in whichever container, and how many handles do
 *   "version", "compatible", "incompatible"  major << 16 | minor; features that may be ignored; that must be known
 *   "element_size", "stride", "slot_count", "capacity"  bytes of an element; to the next; producer slots; elements
 *   "type_id", "tag"                as jm_queue_options
 *   "sequences_offset", "elements_offset", "segment_size"  see docs/reference/segment-format.md; not rounded to pages
 *   "creator_pid"                   the process that created it, in its own PID namespace
 *   "consumer_sleeps", "producer_sleeps"  a consumer, a producer, waits; true until the push, or pop, after it
 *   "element_watched", "room_watched"  the same for a wait set, jm_queue_await_element() and jm_queue_await_room()
 *   "shut_down", "pending"          whether jm_queue_shutdown() was called; the number of elements
 *   "pushed", "popped", "deaths", "skipped"  as jm_queue_stats
 *   "size_hex", "allocated_hex", "device_hex", "inode_hex", "created_at_hex", "type_id_hex", "tag_hex", "pushed_hex",
 *   "popped_hex", "deaths_hex", "skipped_hex"  text, "0x2a", since some readers of JSON keep only 53 bits of a number
 * EINVAL: text NULL and size not 0. */
int64_t jm_inspect(const char *name, char *text, uint64_t size) JM_NOEXCEPT;

/* Lists the producer slots of a queue as jm_queue_producers(). Besides: EACCES: this user may not open it; EBADMSG: it
 * is not a queue, or a damaged one. */
int64_t jm_inspect_producers(const char *name, jm_producer *list, uint64_t count, uint32_t struct_size) JM_NOEXCEPT;

/* Examines the pages that exist of the first `most` bytes of a segment, and writes a flat JSON object, as jm_name();
 * null: cannot be known here. Expensive: it maps these pages and removes the mapping again.
 *   "page_size"                     bytes of the smallest page that backs any part
 *   "huge_bytes"                    bytes that can be mapped on huge pages
 *   "nodes", "node_bytes"           arrays of one length: NUMA nodes, and the bytes on each
 * EACCES; EINVAL: text NULL and size not 0. */
int64_t jm_inspect_pages(const char *name, uint64_t most, char *text, uint64_t size) JM_NOEXCEPT;

/* Removes the name of a segment that no process has open, in whichever container. The proof is the attach lock, which
 * each process with the segment open holds, and which this call takes for an instant; a process that opens the name at
 * that moment either gets the complete segment or creates a new one. EBUSY: a process has it open. EINVAL: not a
 * segment. EBADMSG: a queue that this library does not know. EACCES, EPERM, EROFS. EAGAIN: another has replaced it. */
int jm_remove_unused(const char *name) JM_NOEXCEPT;

/* Does the same if the segment still has the numbers that jm_inspect() returned for it, 0 for null. EAGAIN: another
 * file has the name by now, or a process has pushed or popped since. */
int jm_remove_unused_if_unchanged(const char *name, uint64_t device, uint64_t inode, uint64_t pushed,
                             uint64_t popped) JM_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#undef JM_NOEXCEPT
#endif
