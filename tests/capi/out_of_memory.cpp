// SPDX-License-Identifier: MIT
// operator new fails at its k-th call, for each k: each function says ENOMEM, and leaks no memory, mapping, descriptor,
// name or handle.
#include "check.h"

#include <cstdio>
#include <cstring>
#include <cstdlib>
#include <dirent.h>
#include <functional>
#include <new>

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

// Runs the body with the k-th allocation failing, for each k until it needs fewer. The body returns true on success.
void eachAllocation (const char* what, const std::function<bool ()>& body)
{
    CHECK (body ());  // what is made once a process is made now
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
    CHECK (closed (local) && closed (shared) && jm_unlink (name) == 0);
    return 0;
}
