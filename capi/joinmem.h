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
 *    What jm_get returned dies with the handle. Not for signal handlers. No call is a cancellation point.
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

/* Gives the memory back once the calls in flight on other threads have finished. A segment's name stays. EBADF:
 * it is closed already, by whichever thread was first. */
int jm_close(jm_handle handle) JM_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#undef JM_NOEXCEPT
#endif
