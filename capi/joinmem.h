/* SPDX-License-Identifier: MIT */
/* The C ABI of libjoinmem, in C99. Link with `pkg-config --cflags --libs joinmem`; other languages load libjoinmem.so.1
 * and read joinmem_ffi.h, which is this file without directives.
 *
 *     jm_handle memory = jm_shm_open(1 << 20, "/ticks");
 *     if (memory == JM_INVALID_HANDLE) puts(jm_last_error_message());
 *     char *bytes = jm_get(memory, 0);
 *     jm_close(memory);
 *     jm_unlink("/ticks");
 *
 * Conventions, the same for every function:
 *  - A function that returns int returns 0, or -1. One that returns a handle, a count or a pointer returns
 *    it, or JM_INVALID_HANDLE, -1 or NULL. On failure jm_last_error() is an errno value and
 *    jm_last_error_message() is a sentence for a person; both are the calling thread's own. A call that
 *    succeeds leaves them as they were.
 *  - No C++ exception leaves the library. No call prints, exits, or installs a signal handler.
 *  - A handle is a number greater than 0 that is never used twice in a process: a closed, forged, zero or
 *    truncated one gets EBADF, one of the wrong kind gets EINVAL. Any bit pattern is safe to pass.
 *  - Handles may be used from any thread; a forked child may use and close those that it inherits. jm_close
 *    lets the calls in flight on other threads finish; those that wait come back at once with ECANCELED.
 *    What jm_get, jm_queue_reserve and jm_queue_peek returned dies with the handle. Not for signal handlers. No
 *    call is a cancellation point.
 *  - Sizes and offsets are bytes, times are nanoseconds, NUMA nodes are the kernel's numbers. Enumerations
 *    travel as uint32_t: an unknown value is EINVAL, not undefined behaviour.
 *  - A struct begins with struct_size, which the caller sets (through its _init function) to its own sizeof:
 *    so structs may grow, and an old program is never overrun by a new library, nor the other way round.
 *  - Any function may fail with ENOMEM where the library finds no memory for itself, and with ENOTRECOVERABLE
 *    where something happened that this list does not foresee.
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

/* major << 16 | minor << 8 | patch, of the loaded library. Since 0.1, as all that follows. */
uint32_t jm_version(void) JM_NOEXCEPT;

/* "major.minor.patch"; never NULL, good for ever. */
const char *jm_version_string(void) JM_NOEXCEPT;

/* The errno of this thread's last failure; 0 where it has had none, or cleared it. */
int jm_last_error(void) JM_NOEXCEPT;

/* Its sentence, UTF-8 as far as names are; never NULL, good until this thread's next failing call. */
const char *jm_last_error_message(void) JM_NOEXCEPT;

/* From here on jm_last_error() is 0 on this thread. */
void jm_clear_error(void) JM_NOEXCEPT;

/* --- memory ------------------------------------------------------------------------------------- */

/* PREFER: on huge pages wherever they cost no memory, from one huge page upwards; NEVER: on base pages;
 * REQUIRE: all of it, or fail with ENOMEM; a small segment is then backed by a whole huge page. */
enum { JM_HUGE_PREFER = 0, JM_HUGE_NEVER = 1, JM_HUGE_REQUIRE = 2 };
enum { JM_CREATE_OR_OPEN = 0, JM_CREATE_ONLY = 1, JM_OPEN_ONLY = 2 };

typedef struct jm_options {
    uint32_t struct_size;
    uint32_t huge;               /* JM_HUGE_... */
    uint64_t huge_page_size;     /* 0: the system's default; else 2 MiB, 1 GiB, ... */
    int32_t  numa_node;          /* -1: none; else bound before the first page is touched */
    uint32_t prefault;           /* 1 (default): every page is there when the call returns; 0: on first touch */
    uint32_t lock;               /* 1: mlock, or fail */
    uint32_t open_mode;          /* JM_CREATE_OR_OPEN ...; shared memory only */
    uint32_t permissions;        /* of a segment that is created; 0 means 0600; the umask does not matter. With bits
                                    for group or others, a segment of another user may be opened */
    uint32_t read_only;          /* 1: map for reading; open_mode must be JM_OPEN_ONLY */
} jm_options;

/* Writes the defaults, those of jm_local_create and jm_shm_open, into the first struct_size bytes, and
 * struct_size itself: pass sizeof(jm_options). EINVAL: options NULL, struct_size that ends at no field. */
int jm_options_init(jm_options *options, uint32_t struct_size) JM_NOEXCEPT;

/* Private memory, all zero, of size bytes rounded up to base pages. The handle, or JM_INVALID_HANDLE.
 * EINVAL: size 0. ENOMEM: more than the machine, a cgroup or RLIMIT_AS leaves; huge pages required that
 * cannot be had. EMFILE: no handle is left (1 048 576 at a time). */
jm_handle jm_local_create(uint64_t size) JM_NOEXCEPT;

/* The same with options. Besides: EINVAL: options NULL, or an option that is none; EBUSY, EINVAL, ENOMEM,
 * ENOSYS, EPERM as of jm_mbind() and jm_mlock() where a node or a lock is asked for. */
jm_handle jm_local_create_with(uint64_t size, const jm_options *options) JM_NOEXCEPT;

/* Creates the segment of that name, or opens it. A name is 1 to 255 bytes without '/', after an optional
 * leading one. It stays until jm_unlink(). Racing callers all get the one segment, whole.
 * EINVAL: size 0, a bad name, a segment of another size, or a file that is none. ENAMETOOLONG. EOVERFLOW: a
 * size past what a file can have. ENOSPC: /dev/shm is too full. ENOMEM: as of jm_local_create(). EACCES:
 * somebody else's segment. ELOOP: a symbolic link. ENOENT, EROFS: no /dev/shm, or a read-only one. EMFILE. */
jm_handle jm_shm_open(uint64_t size, const char *name) JM_NOEXCEPT;

/* The same with options, not NULL. With JM_OPEN_ONLY a size of 0 takes the one that the
 * segment has. Besides: EEXIST with JM_CREATE_ONLY where there is one, ENOENT with JM_OPEN_ONLY where there is
 * none; and as of jm_local_create_with(). */
jm_handle jm_shm_open_with(uint64_t size, const char *name, const jm_options *options) JM_NOEXCEPT;

/* Removes the name; those who have the segment open keep it. 0 too where there is none. EINVAL, ENAMETOOLONG:
 * bad names. EACCES, EPERM, EROFS: it may not be removed. */
int jm_unlink(const char *name) JM_NOEXCEPT;

/* The address of the byte at offset, good until the handle is closed; for reading only where the memory was
 * opened read_only. NULL: EBADF, EINVAL, ERANGE at or past the size. Lock-free. */
void *jm_get(jm_handle memory, uint64_t offset) JM_NOEXCEPT;

/* Puts every page on NUMA node `node`, those that are there already too, and checks that they are there; pages
 * that come later go there as well. EINVAL: no such node, or one without memory, offline, outside the cpuset
 * (nothing moved). EBUSY: some pages could not be moved, as many as the message says; the policy stays set.
 * ENOMEM: no room on the node. ENOSYS: no NUMA in the kernel or in this build. EPERM: a seccomp filter. */
int jm_mbind(jm_handle memory, int node) JM_NOEXCEPT;

/* Keeps all pages in RAM, as mlock(2). ENOMEM, EPERM, EAGAIN as the kernel says, the message names
 * RLIMIT_MEMLOCK and its value; ENOMEM too where the machine has no room. */
int jm_mlock(jm_handle memory) JM_NOEXCEPT;

/* Takes jm_mlock(), or the lock of jm_options, back. */
int jm_munlock(jm_handle memory) JM_NOEXCEPT;

/* Bytes as asked for, rounded up to base pages, whatever backs them; or -1. Lock-free. */
int64_t jm_size(jm_handle memory) JM_NOEXCEPT;

/* The smallest page that backs any part now, bytes, not the one asked for; or -1. ENODATA: it cannot be known
 * here, or no page is there yet. */
int64_t jm_page_size(jm_handle memory) JM_NOEXCEPT;

/* 1: this call made the segment (private memory: always); 0: it was there; or -1. */
int jm_created(jm_handle memory_or_queue) JM_NOEXCEPT;

/* Writes the segment's name with its leading slash, "" where local, cut to size bytes with the final 0. Its
 * length without that 0, whether or not it fit, as snprintf(3) does; or -1. text may be NULL with size 0, else
 * it is EINVAL. */
int64_t jm_name(jm_handle memory_or_queue, char *text, uint64_t size) JM_NOEXCEPT;

/* The NUMA node that the page at offset is on, or -1. Faults nothing in. ENOENT: no page is there yet. ERANGE:
 * offset at or past the size. ENOSYS, EPERM as of jm_mbind(). */
int jm_node_of(jm_handle memory, uint64_t offset) JM_NOEXCEPT;

/* What was asked for, what was got, and why, as one flat JSON object; text and size as of jm_name(). Keys, of
 * which more may come; sizes are bytes, null means that it cannot be known here:
 *   "asked_huge"         "prefer", "never" or "require"
 *   "asked_page_size"    huge_page_size
 *   "asked_node"         the node of numa_node or jm_mbind(), null where none
 *   "asked_prefault", "asked_lock"  true, false
 *   "shared", "created"  true, false
 *   "name"               with its slash; null where local
 *   "size"               jm_size()
 *   "backing"            "anonymous", "pool", "tmpfs", "hugetlbfs" or "file"
 *   "page_size"          jm_page_size()
 *   "huge_bytes"         on huge pages, as this process maps them
 *   "resident_bytes"     in RAM
 *   "locked_bytes"       kept there by mlock
 *   "nodes", "node_bytes"  arrays alike in length: NUMA nodes, and the resident bytes on each
 *   "fallback_errnos", "fallback_reasons"  arrays alike in length: steps that failed on the way, in order, an
 *                        errno (0: a decision) and a sentence each; empty where what was asked for was got */
int64_t jm_placement(jm_handle memory_or_queue, char *text, uint64_t size) JM_NOEXCEPT;

/* Gives the memory or the queue back once the calls in flight on other threads have finished; those that wait come
 * back at once with ECANCELED. A segment's name stays. EBADF: it is closed already, by whichever thread was first. */
int jm_close(jm_handle handle) JM_NOEXCEPT;

/* --- queues -------------------------------------------------------------------------------------
 *
 * Bounded, lock-free, first in, first out; of elements of one size, which travel as bytes: no pointers between processes.
 * Private, or shared by name with every program of this library, C++ ones too.
 *
 *     jm_handle ticks = jm_queue_open(JM_SPSC, 1024, sizeof(tick), "/ticks");   whichever process comes first
 *     if (jm_queue_try_push(ticks, &t) == -1) drop(&t);                         full: EAGAIN
 *     jm_queue_pop(ticks, &t, 5 * 1000 * 1000);                                 sleeps; after 5 ms ETIMEDOUT
 *
 * At a time JM_SPSC has one pusher and one popper, JM_MPSC many and one, JM_MPMC many and many; threads and processes
 * alike, by one handle or by several. For JM_SPSC the pusher is one handle, and so is the popper, though threads may take
 * turns on it; the role passes on when that handle is closed or its process dies. All other functions are for any thread
 * at any time. Shared queues go on after any death: what a process that was killed in the middle of a push had not finished
 * is passed over by whoever pops, and its places are taken over by whoever needs one.
 *
 * Every function that takes a queue may fail with EBADF, and with EINVAL where the handle is a memory's, every push and
 * pop with EINVAL where the address is NULL or the count 0, with EBADMSG where the segment is damaged, and of an exclusive
 * JM_SPSC with EBUSY. */

enum { JM_SPSC = 1, JM_MPSC = 2, JM_MPMC = 3 };

typedef struct jm_queue_options {
    uint32_t struct_size;
    uint32_t participants;       /* threads of all processes that may push to a shared JM_MPSC or JM_MPMC at a time, 128
                                    bytes each; 0: 64, 1022 are the most. Threads of a process that find no place left
                                    share one. Of the queue that is made: an opener gets what there is */
    uint64_t type_id;            /* 0: not compared; else must equal the segment's, unless that is 0 */
    const jm_options *memory;    /* where and how; NULL: the defaults. Read during the call only */
    uint64_t tag;                /* the maker's own, for whoever looks at the segment: jm_queue_tag() */
    uint32_t exclusive;          /* 1: a shared JM_SPSC: this handle is the pusher from its first push on, the popper from its
                                    first pop on, and gets EBUSY instead of being a second one beside another that asked
                                    for this. Of the handle, not of the segment */
    uint32_t owner_dead;         /* 1: a pop that waits on a shared queue gets EOWNERDEAD, instead of waiting on, when it is
                                    empty, nobody is left who pushes, and one of them was killed and has no successor; of
                                    a JM_SPSC whose pusher is exclusive */
} jm_queue_options;

/* Writes the defaults, those of jm_queue_create and jm_queue_open, into the first struct_size bytes, as
 * jm_options_init() does. EINVAL: options NULL, struct_size that ends at no field. */
int jm_queue_options_init(jm_queue_options *options, uint32_t struct_size) JM_NOEXCEPT;

/* A private queue of that kind, JM_SPSC, ..., for capacity elements, rounded up to a power of two, 0 being 1, of
 * element_size bytes, 1 to 65536. The handle, or JM_INVALID_HANDLE.
 * EINVAL: another kind or element size; a capacity past 2^32. EOVERFLOW: more bytes than a file can have. ENOMEM, EMFILE:
 * as of jm_local_create(). */
jm_handle jm_queue_create(uint32_t kind, uint64_t capacity, uint32_t element_size) JM_NOEXCEPT;

/* The same with options. Besides: EINVAL: options NULL, or an option that is none; and as of jm_local_create_with(). */
jm_handle jm_queue_create_with(uint32_t kind, uint64_t capacity, uint32_t element_size,
                               const jm_queue_options *options) JM_NOEXCEPT;

/* Makes the queue of that name, or attaches to it: the same one as that of ShmMem::Spsc::Queue<T> in C++, T of that size.
 * It stays until jm_unlink(). Racing callers all get the one queue, whole.
 * EINVAL: as of jm_queue_create(), a bad name, or a queue of another kind, capacity or element size. EBADMSG: what has
 * that name is no queue, is damaged, or of a format that this library does not know. EOVERFLOW. As of jm_shm_open():
 * ENAMETOOLONG, ENOSPC, ENOMEM, EACCES, ELOOP, ENOENT, EROFS, EMFILE. */
jm_handle jm_queue_open(uint32_t kind, uint64_t capacity, uint32_t element_size, const char *name) JM_NOEXCEPT;

/* The same with options. With JM_OPEN_ONLY a kind, capacity or element_size of 0 takes what the segment has. Besides:
 * EINVAL: options NULL, an option that is none, another type_id, read_only memory; and as of jm_shm_open_with(). */
jm_handle jm_queue_open_with(uint32_t kind, uint64_t capacity, uint32_t element_size, const char *name,
                             const jm_queue_options *options) JM_NOEXCEPT;

/* Copies the element in, at once. EAGAIN: it is full. EPIPE: shut down. Of a shared JM_MPSC or JM_MPMC also EUSERS: no
 * place is left for this process; EDEADLK: a push of this thread to this queue, or its first one to any, is not over, as a
 * longjmp left it or a signal handler interrupts it; at a thread's first push EMFILE, ENOMEM, and ENOENT where the descriptor
 * that the library keeps was closed by somebody. No system call but in that first push, or where somebody sleeps. */
int jm_queue_try_push(jm_handle queue, const void *element) JM_NOEXCEPT;

/* Copies the oldest element out, at once. EAGAIN: it is empty. EPIPE: shut down, and drained. After -1 the bytes at
 * element are unspecified. */
int jm_queue_try_pop(jm_handle queue, void *element) JM_NOEXCEPT;

/* As many of count elements as fit, or as are there, in order and at once: how many, 1 or more; or -1 as of one. */
int64_t jm_queue_try_push_n(jm_handle queue, const void *elements, uint64_t count) JM_NOEXCEPT;
int64_t jm_queue_try_pop_n(jm_handle queue, void *elements, uint64_t count) JM_NOEXCEPT;

/* The same as jm_queue_try_push() and jm_queue_try_pop(), but waits for room, or for an element: a few microseconds
 * spinning, then asleep in the kernel. A timeout of -1 waits for ever, 0 tries once, other negative ones are EINVAL; it is
 * counted on CLOCK_MONOTONIC, and one past that clock's range waits for ever. ETIMEDOUT instead of EAGAIN. ECANCELED:
 * jm_close() on another thread. EOWNERDEAD: of a pop, where owner_dead asked for it. */
int jm_queue_push(jm_handle queue, const void *element, int64_t timeout_ns) JM_NOEXCEPT;
int jm_queue_pop(jm_handle queue, void *element, int64_t timeout_ns) JM_NOEXCEPT;

/* Until all count are done, the time is up, or the queue shut down: the number done, if any, else -1 and why it ended,
 * as of one. */
int64_t jm_queue_push_n(jm_handle queue, const void *elements, uint64_t count, int64_t timeout_ns) JM_NOEXCEPT;
int64_t jm_queue_pop_n(jm_handle queue, void *elements, uint64_t count, int64_t timeout_ns) JM_NOEXCEPT;

/* Waits for the first, then takes what is there up to count, as read(2) does: how many; or -1 as of jm_queue_pop(). */
int64_t jm_queue_pop_some(jm_handle queue, void *elements, uint64_t count, int64_t timeout_ns) JM_NOEXCEPT;

/* For good, and for everybody: from here on pushes are EPIPE, pops take what is left and are then EPIPE, and whoever
 * sleeps wakes. What a push that returned 0 has put in is popped. */
int jm_queue_shutdown(jm_handle queue) JM_NOEXCEPT;

/* JM_SPSC, the pusher: room for up to *count elements in one piece, to be written in place and then committed; *count
 * becomes how many, 1 or more, which may be fewer than there is room for. Good until the commit, the next reserve or push,
 * or jm_close(). NULL, *count as it was: EINVAL, EAGAIN, EPIPE as of jm_queue_try_push(); ENOTSUP: another kind. */
void *jm_queue_reserve(jm_handle queue, uint64_t *count) JM_NOEXCEPT;

/* Publishes the first count elements of what was reserved, and forgets the others. EINVAL: 0, or more than that. EPIPE,
 * ENOTSUP. */
int jm_queue_commit(jm_handle queue, uint64_t count) JM_NOEXCEPT;

/* JM_SPSC, the popper: the oldest elements, up to *count in one piece, to be read in place and then released; *count and
 * the address as of jm_queue_reserve(). NULL: EINVAL, EAGAIN, EPIPE as of jm_queue_try_pop(), ENOTSUP. */
const void *jm_queue_peek(jm_handle queue, uint64_t *count) JM_NOEXCEPT;

/* Frees the first count elements of what was peeked at. EINVAL: 0, or more than that. ENOTSUP. */
int jm_queue_release(jm_handle queue, uint64_t count) JM_NOEXCEPT;

/* JM_SPSC, JM_MPSC or JM_MPMC; 0 on failure. */
uint32_t jm_queue_kind(jm_handle queue) JM_NOEXCEPT;

/* Bytes; or -1. */
int64_t jm_queue_element_size(jm_handle queue) JM_NOEXCEPT;

/* Elements that it can have, after rounding up; or -1. */
int64_t jm_queue_capacity(jm_handle queue) JM_NOEXCEPT;

/* Elements inside, and elements that there is room for: exact when no call is in flight, never below 0 or above the
 * capacity; or -1. */
int64_t jm_queue_pending(jm_handle queue) JM_NOEXCEPT;
int64_t jm_queue_available(jm_handle queue) JM_NOEXCEPT;

/* The tag that the queue was made with. EINVAL: tag NULL. */
int jm_queue_tag(jm_handle queue, uint64_t *tag) JM_NOEXCEPT;

/* A thread that may push to a shared queue; of an exclusive JM_SPSC the pusher, 1, or the popper, 2. */
typedef struct jm_participant {
    uint32_t struct_size;        /* bytes that were written */
    uint32_t place;              /* the number of its lane; threads of one process may share one */
    int32_t pid;                 /* in its own PID namespace */
    uint32_t alive;              /* 1: as the kernel says, by a lock; 0: it was killed, and nobody has needed its place since */
    uint32_t inside;             /* 1: in the middle of a push that others may have to wait for; of a JM_SPSC never */
} jm_participant;

/* Those who may push, or were killed and have not been replaced; none where the queue is private. A look, which takes
 * nothing. How many there are, of which the first count are listed, struct_size bytes apart, sizeof(jm_participant); or -1.
 * EINVAL: list NULL and count not 0, struct_size that ends at no field. EMFILE, ENOLCK; ENOENT: the segment has no name any
 * more, and the descriptor that the library kept was closed by somebody. */
int64_t jm_queue_participants(jm_handle queue, jm_participant *list, uint64_t count, uint32_t struct_size) JM_NOEXCEPT;

/* What a queue has seen since it was made. Places count holes too. */
typedef struct jm_queue_stats {
    uint32_t struct_size;        /* bytes that were written */
    uint32_t shut_down;          /* 1: by jm_queue_shutdown() */
    uint64_t pushed;             /* places that were claimed */
    uint64_t popped;             /* places that were passed */
    uint64_t deaths;             /* that were recovered from */
    uint64_t holes;              /* places of elements that a dead pusher never finished */
} jm_queue_stats;

/* Writes them into the first struct_size bytes, sizeof(jm_queue_stats); each number by itself, as others go on meanwhile.
 * EINVAL: stats NULL, struct_size that ends at no field. */
int jm_queue_get_stats(jm_handle queue, jm_queue_stats *stats, uint32_t struct_size) JM_NOEXCEPT;

/* All of the queue's pages, as of jm_mbind() and jm_mlock(). */
int jm_queue_mbind(jm_handle queue, int node) JM_NOEXCEPT;
int jm_queue_mlock(jm_handle queue) JM_NOEXCEPT;

/* --- looking ------------------------------------------------------------------------------------
 *
 * What is in shared memory, looked at by name without taking part in it: no place is taken, no lease held, nothing
 * written. What a segment says of itself is checked before it is believed, and read by read(2): a hostile or a shrinking
 * one costs nobody a SIGBUS. Names may come and go meanwhile: what is gone is ENOENT. All of them: EINVAL, ENAMETOOLONG:
 * bad names; EMFILE. */

/* The names, with their slash and each with a NUL behind it, of all files that are where segments are, ours or not:
 * /dev/shm and the hugetlbfs mounts. Sorted. As many whole names as fit; the bytes that all of them need; or -1.
 * EINVAL: names NULL and size not 0. ENOENT, EACCES: /dev/shm cannot be read. */
int64_t jm_segment_names(char *names, uint64_t size) JM_NOEXCEPT;

/* What is known of a segment, as one flat JSON object, written as jm_name() does. Sizes in bytes; null: not known, or of
 * what is no queue.
 *   "kind"                          "spsc", "mpsc", "mpmc"; "memory"; "damaged": it begins as a queue does, and is none that
 *                                   this library knows; "unreadable": it cannot be opened, by this user or now; "other":
 *                                   none of ours, as far as that can be told
 *   "path", "fault"                 the file; of "damaged" and "unreadable", why, else null
 *   "size", "allocated"             of the file, and of these what has pages
 *   "huge_page"                     the page of the hugetlbfs that it is on, or null
 *   "device", "inode"               another segment of the same name is another file
 *   "made_at"                       nanoseconds since 1970
 *   "owner", "permissions"          user, and a number up to 0777
 *   "in_use", "users"               whether somebody has it open, in whichever container, and how many handles do
 *   "version"                       of the format, major << 16 | minor
 *   "compatible", "incompatible"    features, as bits, that may be ignored, and that may not
 *   "element_size", "stride"        of an element, and from one to the next
 *   "places", "capacity"            for participants, and for elements
 *   "type_id", "tag"                as of jm_queue_options
 *   "words_offset", "elements_offset", "segment_size"  where what lies, docs/format.md; before it was rounded up to pages
 *   "maker"                         the process that made it, in its own PID namespace
 *   "popper_sleeps", "pusher_sleeps"  whether somebody waits for an element, or for room
 *   "shut_down"                     true: by jm_queue_shutdown()
 *   "pending"                       elements inside
 *   "pushed", "popped", "deaths", "holes"  as of jm_queue_stats
 * ENOENT: there is none. EINVAL: text NULL and size not 0. */
int64_t jm_inspect(const char *name, char *text, uint64_t size) JM_NOEXCEPT;

/* As jm_queue_participants(). Besides: EACCES: this user may not open it; EBADMSG: it is no queue, or a damaged one; ENOENT. */
int64_t jm_inspect_participants(const char *name, jm_participant *list, uint64_t count, uint32_t struct_size) JM_NOEXCEPT;

/* What pages a segment is on, as far as there are any, of its first `most` bytes, as one flat JSON object, written as
 * jm_name() does; null: cannot be known here. Not cheap: pages are mapped by the way.
 *   "page_size"                     the smallest page that backs any part, bytes
 *   "huge_bytes"                    that can be mapped on huge pages
 *   "nodes", "node_bytes"           arrays of one length: NUMA nodes, and what is on them
 * ENOENT, EACCES; EINVAL: text NULL and size not 0. */
int64_t jm_inspect_pages(const char *name, uint64_t most, char *text, uint64_t size) JM_NOEXCEPT;

/* Removes the name of a segment that nobody has open, in whichever container: the proof is the lease that all users hold,
 * and that is taken here for an instant. Whoever opens it at that moment finds it whole, or makes a new one. EBUSY:
 * somebody has it. EINVAL: a bad name, or a file that is no segment. EBADMSG: a queue that this library does not know.
 * ENOENT, EACCES, EPERM, EROFS. EAGAIN: it was replaced by another meanwhile. */
int jm_remove_unused(const char *name) JM_NOEXCEPT;

/* The same of what was looked at, with the numbers that jm_inspect() told then, 0 where it told null: another file of that
 * name, or one that was pushed to or popped from since, is EAGAIN and stays. */
int jm_remove_unused_as_seen(const char *name, uint64_t device, uint64_t inode, uint64_t pushed,
                             uint64_t popped) JM_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#undef JM_NOEXCEPT
#endif
