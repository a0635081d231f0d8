// SPDX-License-Identifier: MIT
// The C ABI's memory functions: each one line of conversion, inside the guard.
#include "joinmem.h"

#include "failure.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "json.hpp"
#include "options.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>

using namespace join;

namespace
{
// A memory of either kind. Its address and size never change; the mutex is for what does.
class MemoryObject : public capi::Object
{
public:
    MemoryObject () noexcept
    : Object (Sort::Memory)
    {
    }

    virtual Memory& memory () noexcept = 0;
    virtual std::string_view name () const noexcept = 0;
    virtual bool created () const noexcept = 0;

    void forked () noexcept override
    {
        new (&mutex) std::mutex;
    }

    std::mutex mutex;
};

class LocalObject final : public MemoryObject
{
public:
    LocalObject (uint64_t size, const MemOptions& options)
    : _memory (size, options)
    {
    }

    Memory& memory () noexcept override
    {
        return _memory;
    }

    std::string_view name () const noexcept override
    {
        return std::string_view ();
    }

    bool created () const noexcept override
    {
        return true;
    }

private:
    LocalMem _memory;
};

class ShmObject final : public MemoryObject
{
public:
    ShmObject (uint64_t size, const char* name, const MemOptions& options)
    : _memory (size, name, options)
    {
    }

    Memory& memory () noexcept override
    {
        return _memory;
    }

    std::string_view name () const noexcept override
    {
        return _memory.name ();
    }

    bool created () const noexcept override
    {
        return _memory.created ();
    }

private:
    ShmMem _memory;
};

// What the body makes of the memory behind the handle, or `failure`.
template <typename Result, typename Body>
Result with (jm_handle handle, Result failure, Body body) noexcept
{
    return capi::guard (failure, [&] {
        const capi::Use use (handle);
        if (use.object () == nullptr)
        {
            fail (EBADF, "handle %lld is none, or closed", static_cast<long long> (handle));
            return failure;
        }
        if (use.object ()->sort != capi::Object::Sort::Memory)
        {
            fail (EINVAL, "handle %lld is no memory", static_cast<long long> (handle));
            return failure;
        }
        return body (static_cast<MemoryObject&> (*use.object ()));
    });
}

// The same for what changes the memory's state, or reads it: one thread at a time.
template <typename Result, typename Body>
Result withLocked (jm_handle handle, Result failure, Body body) noexcept
{
    return with (handle, failure, [&] (MemoryObject& object) {
        const capi::NoCancel noCancel;
        std::lock_guard<std::mutex> lock (object.mutex);
        return body (object);
    });
}

jm_handle create (uint64_t size, const MemOptions& options)
{
    capi::Reservation place;
    return place.open (new LocalObject (size, options));
}

jm_handle openShared (uint64_t size, const char* name, const MemOptions& options)
{
    capi::Reservation place;
    return place.open (new ShmObject (size, name, options));
}

// As snprintf(3): cut to fit, and the whole length.
int64_t write (std::string_view from, char* text, uint64_t size)
{
    if (text == nullptr && size != 0)
    {
        return fail (EINVAL, "the text is null, and its size is %llu: give 0", static_cast<unsigned long long> (size));
    }
    if (size != 0)
    {
        const std::size_t length = from.size () < size ? from.size () : static_cast<std::size_t> (size - 1);
        if (length != 0)  // an empty name has no bytes, and memcpy wants some
        {
            std::memcpy (text, from.data (), length);
        }
        text[length] = '\0';
    }
    return static_cast<int64_t> (from.size ());
}
}  // namespace

JOIN_EXPORT jm_handle jm_local_create (uint64_t size) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [&] { return create (size, MemOptions ()); });
}

JOIN_EXPORT jm_handle jm_local_create_with (uint64_t size, const jm_options* options) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [&] { return create (size, capi::optionsOf (options)); });
}

JOIN_EXPORT jm_handle jm_shm_open (uint64_t size, const char* name) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [&] { return openShared (size, name, MemOptions ()); });
}

JOIN_EXPORT jm_handle jm_shm_open_with (uint64_t size, const char* name, const jm_options* options) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [&] { return openShared (size, name, capi::optionsOf (options)); });
}

JOIN_EXPORT int jm_unlink (const char* name) noexcept
{
    return capi::guardWhole (-1, [&] { return ShmMem::unlink (name); });
}

JOIN_EXPORT void* jm_get (jm_handle memory, uint64_t offset) noexcept
{
    return with (memory, static_cast<void*> (nullptr), [&] (MemoryObject& m) { return m.memory ().get (offset); });
}

JOIN_EXPORT int jm_mbind (jm_handle memory, int node) noexcept
{
    return withLocked (memory, -1, [&] (MemoryObject& m) { return m.memory ().mbind (node); });
}

JOIN_EXPORT int jm_mlock (jm_handle memory) noexcept
{
    return withLocked (memory, -1, [&] (MemoryObject& m) { return m.memory ().mlock (); });
}

JOIN_EXPORT int jm_munlock (jm_handle memory) noexcept
{
    return withLocked (memory, -1, [&] (MemoryObject& m) { return m.memory ().munlock (); });
}

JOIN_EXPORT int64_t jm_size (jm_handle memory) noexcept
{
    return with (memory, int64_t (-1), [&] (MemoryObject& m) { return static_cast<int64_t> (m.memory ().size ()); });
}

JOIN_EXPORT int64_t jm_page_size (jm_handle memory) noexcept
{
    return withLocked (memory, int64_t (-1), [&] (MemoryObject& m) {
        const uint64_t size = m.memory ().pageSize ();
        return size != 0 ? static_cast<int64_t> (size) : int64_t (-1);
    });
}

JOIN_EXPORT int jm_created (jm_handle memory_or_queue) noexcept
{
    return with (memory_or_queue, -1, [&] (MemoryObject& m) { return m.created () ? 1 : 0; });
}

JOIN_EXPORT int64_t jm_name (jm_handle memory_or_queue, char* text, uint64_t size) noexcept
{
    return with (memory_or_queue, int64_t (-1), [&] (MemoryObject& m) { return write (m.name (), text, size); });
}

JOIN_EXPORT int jm_node_of (jm_handle memory, uint64_t offset) noexcept
{
    return withLocked (memory, -1, [&] (MemoryObject& m) { return m.memory ().nodeOf (offset); });
}

JOIN_EXPORT int64_t jm_placement (jm_handle memory_or_queue, char* text, uint64_t size) noexcept
{
    return withLocked (memory_or_queue, int64_t (-1),
                       [&] (MemoryObject& m) { return write (capi::jsonOf (m.memory ().placement ()), text, size); });
}
