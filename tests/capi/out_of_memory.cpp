// SPDX-License-Identifier: MIT
// operator new fails at its k-th call, for each k: each function fails with ENOMEM and leaks no memory, mapping,
// descriptor, name or handle.
#include "check.h"

#include <cstdio>
#include <cstring>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <functional>
#include <new>
#include <string>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
constexpr bool ownMappingsOnly = false;  // AddressSanitizer maps memory of its own
#else
constexpr bool ownMappingsOnly = true;
#endif

namespace
{
long failAt = 0;  // counts down; the call that reaches 0 fails
long outstanding = 0;

void* take (std::size_t size)
{
    if (failAt > 0 && --failAt == 0)
    {
        return nullptr;
    }
    ++outstanding;
    return std::malloc (size);
}
}  // namespace

void* operator new (std::size_t size)
{
    void* memory = take (size);
    if (memory == nullptr)
    {
        throw std::bad_alloc ();
    }
    return memory;
}

void* operator new (std::size_t size, const std::nothrow_t&) noexcept
{
    return take (size);
}

void* operator new (std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept
{
    if (failAt > 0 && --failAt == 0)
    {
        return nullptr;
    }
    ++outstanding;
    return std::aligned_alloc (static_cast<std::size_t> (alignment), size);
}

void* operator new (std::size_t size, std::align_val_t alignment)
{
    void* memory = operator new (size, alignment, std::nothrow);
    if (memory == nullptr)
    {
        throw std::bad_alloc ();
    }
    return memory;
}

void operator delete (void* memory, std::align_val_t) noexcept
{
    operator delete (memory);
}

void operator delete (void* memory, std::size_t, std::align_val_t) noexcept
{
    operator delete (memory);
}

void* operator new[] (std::size_t size)
{
    return operator new (size);
}

void operator delete (void* memory) noexcept
{
    outstanding -= memory != nullptr ? 1 : 0;
    std::free (memory);
}

void operator delete (void* memory, std::size_t) noexcept
{
    operator delete (memory);
}

void operator delete[] (void* memory) noexcept
{
    operator delete (memory);
}

void operator delete[] (void* memory, std::size_t) noexcept
{
    operator delete (memory);
}

namespace
{
char name[64];

int entries (const char* folder, const char* prefix)
{
    int count = 0;
    DIR* names = opendir (folder);
    while (const dirent* entry = readdir (names))
    {
        count += std::strncmp (entry->d_name, prefix, std::strlen (prefix)) == 0 ? 1 : 0;
    }
    closedir (names);
    return count;
}

long mappings ()
{
    std::ifstream maps ("/proc/self/maps");
    long count = 0;
    for (std::string line; std::getline (maps, line);)
    {
        ++count;
    }
    return count;
}

// The slot of the next handle: it stays the same as long as no handle is leaked.
int32_t nextPlace ()
{
    const jm_handle handle = jm_local_create (1);
    CHECK (handle > 0 && jm_close (handle) == 0);
    return static_cast<int32_t> (handle);
}

// Runs the body with the k-th allocation failing, for each k until it needs fewer. The body returns true on success.
void eachAllocation (const char* what, const std::function<bool ()>& body)
{
    CHECK (body ());  // creates what a process creates once
    const int32_t place = nextPlace ();
    const long mapped = mappings ();
    const long before = outstanding;
    const int descriptors = entries ("/proc/self/fd", "");
    const int names = entries ("/dev/shm", name + 1);
    int failures = 0;
    for (long k = 1;; ++k)
    {
        jm_clear_error ();
        failAt = k;
        const bool fine = body ();
        const bool reached = failAt == 0;
        failAt = 0;
        if (!fine)
        {
            CHECK (reached && jm_last_error () == ENOMEM);
            CHECK (jm_last_error_message ()[0] != '\0');
            ++failures;
        }
        CHECK (outstanding == before);
        CHECK (!ownMappingsOnly || mappings () == mapped);
        CHECK (nextPlace () == place);
        CHECK (entries ("/proc/self/fd", "") == descriptors);
        CHECK (entries ("/dev/shm", name + 1) == names);
        if (!reached)
        {
            CHECK (fine);
            break;
        }
    }
    std::printf ("%s: %d failures\n", what, failures);
}

bool closed (jm_handle handle)
{
    return handle != JM_INVALID_HANDLE && jm_close (handle) == 0;
}
}  // namespace

namespace
{
// Queues of every kind; each has had a push, so that its producer slot is taken too.
bool madeQueue (bool shared, uint32_t kind, uint64_t capacity, const jm_queue_options* options)
{
    static char other[80];
    std::snprintf (other, sizeof other, "%s-queue", name);
    const jm_handle queue = shared ? (options != nullptr ? jm_queue_open_with (kind, capacity, 8, other, options)
                                                         : jm_queue_open (kind, capacity, 8, other))
                                   : (options != nullptr ? jm_queue_create_with (kind, capacity, 8, options)
                                                         : jm_queue_create (kind, capacity, 8));
    const uint64_t value = 1;
    const bool pushed = queue != JM_INVALID_HANDLE && jm_queue_push (queue, &value, -1) == 0;
    const bool fine = closed (queue) && pushed;
    CHECK (!shared || !fine || jm_unlink (other) == 0);
    return fine;
}

void queues ()
{
    jm_options memory;
    jm_queue_options options;
    CHECK (jm_options_init (&memory, sizeof memory) == 0 && jm_queue_options_init (&options, sizeof options) == 0);
    memory.lock = 1;
    options.memory = &memory;
    for (uint32_t kind = JM_SPSC; kind <= JM_MPMC; ++kind)
    {
        for (const jm_queue_options* given : {static_cast<const jm_queue_options*> (nullptr), &std::as_const (options)})
        {
            eachAllocation ("jm_queue_create, _with", [&] { return madeQueue (false, kind, 4, given); });
            eachAllocation ("jm_queue_open, _with", [&] { return madeQueue (true, kind, 4, given); });
        }
        eachAllocation ("a queue on huge pages", [&] { return madeQueue (kind != JM_MPSC, kind, 1 << 18, nullptr); });
    }
    eachAllocation ("a queue that is none",
                    [] { return jm_queue_create (9, 4, 8) == JM_INVALID_HANDLE && jm_last_error () == EINVAL; });
    eachAllocation ("an absurd queue", [] {
        return jm_queue_open (JM_SPSC, UINT64_MAX, 8, name) == JM_INVALID_HANDLE && jm_last_error () == EOVERFLOW;
    });
    eachAllocation ("another segment than a queue", [] {
        return jm_queue_open (JM_SPSC, 4, 8, name) == JM_INVALID_HANDLE && jm_last_error () == EBADMSG;
    });
}

void queueCallsAllocateNothing ()
{
    const jm_handle queue = jm_queue_create (JM_SPSC, 4, 8);
    eachAllocation ("queue calls that allocate nothing", [&] {
        uint64_t value = 1;
        uint64_t count = 1;
        jm_queue_stats stats;
        jm_producer somebody;
        return jm_queue_try_push (queue, &value) == 0 && jm_queue_try_pop (queue, &value) == 0
               && jm_queue_push_n (queue, &value, 1, 0) == 1 && jm_queue_pop_some (queue, &value, 1, 0) == 1
               && jm_queue_try_pop (queue, &value) == -1 && jm_last_error () == EAGAIN && jm_queue_pending (queue) == 0
               && jm_queue_reserve (queue, &count) != nullptr && jm_queue_tag (queue, &count) == 0
               && jm_queue_get_stats (queue, &stats, sizeof stats) == 0
               && jm_queue_producers (queue, &somebody, 1, sizeof somebody) == 0;
    });
    CHECK (closed (queue));
}

// A set that has a queue, and a helper thread where it has a descriptor; glibc allocates for threads by malloc(3).
bool usedSet (jm_handle queue, bool withDescriptor)
{
    jm_wait_event event;
    const uint64_t value = 1;
    uint64_t got = 0;
    const jm_handle set = jm_wait_create ();
    const bool added = set != JM_INVALID_HANDLE && jm_wait_add (set, queue, JM_READY_ELEMENT, 1, 1) == 0
                       && jm_wait_modify (set, queue, JM_READY_ELEMENT | JM_READY_ROOM, 2, 4) == 0
                       && (!withDescriptor || jm_wait_fd (set) != -1);
    CHECK (!added || (jm_wait (set, &event, 1, 0) == 1 && event.ready == JM_READY_ROOM));
    CHECK (!added || (jm_queue_push (queue, &value, 0) == 0 && jm_queue_pop (queue, &got, 0) == 0));
    CHECK (set == JM_INVALID_HANDLE || jm_wait_size (set) == 0 || jm_wait_remove (set, queue) == 0);
    return closed (set) && added;
}

void waitSets ()
{
    const jm_handle queue = jm_queue_create (JM_SPSC, 4, 8);
    eachAllocation ("a wait set", [&] { return usedSet (queue, false); });
    eachAllocation ("a wait set with a descriptor", [&] { return usedSet (queue, true); });
    eachAllocation ("waits that allocate nothing", [&] {
        return jm_queue_await_room (queue, 1, 0) == 0 && jm_queue_await_element (queue, 1, 0) == -1
               && jm_last_error () == ETIMEDOUT;
    });
    CHECK (closed (queue));
}
}  // namespace

int main ()
{
    std::snprintf (name, sizeof name, "/joinmem-oom-%ld", static_cast<long> (::getpid ()));
    const jm_handle local = jm_local_create (4096);
    const jm_handle shared = jm_shm_open (4096, name);
    CHECK (local > 0 && shared > 0);

    eachAllocation ("jm_local_create", [] { return closed (jm_local_create (4096)); });
    eachAllocation ("jm_local_create of huge pages", [] { return closed (jm_local_create (5 << 20)); });
    eachAllocation ("jm_shm_open of one that is there", [] { return closed (jm_shm_open (4096, name)); });
    eachAllocation ("jm_shm_open of one that is not", [] {
        static char other[80];
        std::snprintf (other, sizeof other, "%s-new", name);
        const bool fine = closed (jm_shm_open (5 << 20, other));
        CHECK (!fine || jm_unlink (other) == 0);
        return fine;
    });
    eachAllocation ("jm_local_create_with, jm_shm_open_with", [&] {
        jm_options options;
        CHECK (jm_options_init (&options, sizeof options) == 0);
        options.lock = 1;
        return closed (jm_local_create_with (4096, &options)) && closed (jm_shm_open_with (4096, name, &options));
    });
    eachAllocation ("jm_options_init of a size that is none", [] {
        jm_options options;
        return jm_options_init (&options, 3) == -1 && jm_last_error () == EINVAL;
    });
    eachAllocation ("jm_mbind, jm_node_of", [&] {
        const bool bound = jm_mbind (local, 0) == 0 || jm_last_error () == ENOSYS || jm_last_error () == EPERM;
        return bound && (jm_node_of (local, 0) == 0 || jm_last_error () == ENOSYS || jm_last_error () == EPERM);
    });
    eachAllocation ("jm_unlink of one that is not there", [] { return jm_unlink ("/joinmem-oom-none") == 0; });
    eachAllocation ("jm_close of one that is not there",
                    [] { return jm_close (77) == -1 && jm_last_error () == EBADF; });
    eachAllocation ("jm_placement", [&] { return jm_placement (shared, nullptr, 0) > 0; });
    eachAllocation ("jm_get past the end",
                    [&] { return jm_get (local, 4096) == nullptr && jm_last_error () == ERANGE; });
    eachAllocation ("jm_shm_open of an absurd size", [] {
        return jm_shm_open (UINT64_MAX, name) == JM_INVALID_HANDLE && jm_last_error () == EOVERFLOW;
    });
    eachAllocation ("jm_shm_open of a bad name",
                    [] { return jm_shm_open (1, "a/b") == JM_INVALID_HANDLE && jm_last_error () == EINVAL; });
    eachAllocation ("the calls that allocate nothing", [&] {
        char text[64];
        return jm_size (local) == 4096 && jm_created (local) == 1 && jm_name (shared, text, sizeof text) > 0
               && jm_mlock (local) == 0 && jm_munlock (local) == 0 && jm_page_size (local) == 4096
               && jm_get (local, 0) != nullptr;
    });
    eachAllocation ("looking", [&] {
        jm_producer somebody;
        return jm_segment_names (nullptr, 0) > 0 && jm_inspect (name, nullptr, 0) > 0
               && jm_inspect_pages (name, UINT64_MAX, nullptr, 0) > 0
               && jm_inspect_producers (name, &somebody, 1, sizeof somebody) == -1 && jm_last_error () == EBADMSG
               && jm_remove_unused (name) == -1 && jm_last_error () == EBUSY;
    });
    queues ();
    queueCallsAllocateNothing ();
    waitSets ();
    CHECK (closed (local) && closed (shared) && jm_unlink (name) == 0);
    return 0;
}
