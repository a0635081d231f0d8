// SPDX-License-Identifier: MIT
// The C ABI's memory functions: each one line of conversion, inside the guard.
#include "joinmem.h"

#include "objects.hpp"
#include "options.hpp"

using namespace join;

namespace
{
// A memory of either kind. Its address and size never change; the mutex is for what does.
class MemoryObject : public capi::Segment
{
public:
    static constexpr const char* what = "memory";

    static bool is (Sort sort) noexcept
    {
        return sort == Sort::Memory;
    }

    MemoryObject () noexcept
    : Segment (Sort::Memory)
    {
    }

    virtual Memory& memory () noexcept = 0;
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

    Placement placement () const override
    {
        return _memory.placement ();
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

    Placement placement () const override
    {
        return _memory.placement ();
    }

private:
    ShmMem _memory;
};

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
    return capi::with<MemoryObject> (memory, static_cast<void*> (nullptr),
                                     [&] (MemoryObject& m) { return m.memory ().get (offset); });
}

JOIN_EXPORT int jm_mbind (jm_handle memory, int node) noexcept
{
    return capi::withLocked<MemoryObject> (memory, -1, [&] (MemoryObject& m) { return m.memory ().mbind (node); });
}

JOIN_EXPORT int jm_mlock (jm_handle memory) noexcept
{
    return capi::withLocked<MemoryObject> (memory, -1, [&] (MemoryObject& m) { return m.memory ().mlock (); });
}

JOIN_EXPORT int jm_munlock (jm_handle memory) noexcept
{
    return capi::withLocked<MemoryObject> (memory, -1, [&] (MemoryObject& m) { return m.memory ().munlock (); });
}

JOIN_EXPORT int64_t jm_size (jm_handle memory) noexcept
{
    return capi::with<MemoryObject> (memory, int64_t (-1),
                                     [&] (MemoryObject& m) { return static_cast<int64_t> (m.memory ().size ()); });
}

JOIN_EXPORT int64_t jm_page_size (jm_handle memory) noexcept
{
    return capi::withLocked<MemoryObject> (memory, int64_t (-1), [&] (MemoryObject& m) {
        const uint64_t size = m.memory ().pageSize ();
        return size != 0 ? static_cast<int64_t> (size) : int64_t (-1);
    });
}

JOIN_EXPORT int jm_node_of (jm_handle memory, uint64_t offset) noexcept
{
    return capi::withLocked<MemoryObject> (memory, -1, [&] (MemoryObject& m) { return m.memory ().nodeOf (offset); });
}
