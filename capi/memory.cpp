// SPDX-License-Identifier: MIT
// The C ABI's memory functions: each converts its arguments and calls a C++ member inside guard ().
#include "joinmem.h"

#include "base/failure.hpp"
#include "objects.hpp"
#include "options.hpp"
#include "os/futex.hpp"
#include "segment/segment.hpp"
#include "timeout.hpp"
#include "memory/state.hpp"

#include <atomic>
#include <cerrno>
#include <mutex>

using namespace join;

namespace join
{
inline namespace JOIN_ABI
{
/// A friend of ShmMem: calls its private members for the C functions.
class Initialisation
{
public:
    static Failure begin (ShmMem& memory, uint64_t ready, bool* first) noexcept
    {
        return tryInitialise (memory._state, ready, first);
    }

    static int end (ShmMem& memory, uint64_t ready, bool constructed) noexcept
    {
        return memory.endInitialise (ready, constructed);
    }
};
}  // namespace JOIN_ABI
}  // namespace join

namespace
{
// Private or shared memory. Its address and size never change; the mutex protects what does, the state of its pages.
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

    virtual Failure beginInitialise (uint64_t ready, bool* first) noexcept = 0;
    virtual int endInitialise (uint64_t ready, bool constructed) noexcept = 0;

    void interrupt () noexcept override
    {
        closing.store (true);
    }

    std::atomic<bool> closing {false};
};

Failure onlyShared () noexcept
{
    return Failure (EINVAL,
                    "private memory is initialised by the thread that creates it: use a handle of jm_shm_open ()");
}

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

    int named () const noexcept override
    {
        return 0;
    }

    Placement placement () const override
    {
        return _memory.placement ();
    }

    Failure beginInitialise (uint64_t, bool*) noexcept override
    {
        return onlyShared ();
    }

    int endInitialise (uint64_t, bool) noexcept override
    {
        return fail (onlyShared ());
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

    int named () const noexcept override
    {
        return _memory.named ();
    }

    Placement placement () const override
    {
        return _memory.placement ();
    }

    Failure beginInitialise (uint64_t ready, bool* first) noexcept override
    {
        return Initialisation::begin (_memory, ready, first);
    }

    int endInitialise (uint64_t ready, bool constructed) noexcept override
    {
        return Initialisation::end (_memory, ready, constructed);
    }

private:
    ShmMem _memory;
};

// Waits without holding the object's mutex, so that other calls on the handle can proceed.
int waitToInitialise (MemoryObject& object, uint64_t ready, int64_t timeout) noexcept
{
    constexpr int64_t nap = 1'000'000;
    if (!capi::isTimeout (timeout))
    {
        return -1;
    }
    const int64_t start = os::monotonicNow ();
    const int64_t end = timeout < 0 || timeout > INT64_MAX - start ? INT64_MAX : start + timeout;
    for (;;)
    {
        bool first = false;
        Failure failure;
        {
            std::lock_guard<std::mutex> lock (object.mutex);
            failure = object.beginInitialise (ready, &first);
        }
        if (!failure)
        {
            return first ? 1 : 0;
        }
        if (!failure.is (Signal::LostRace))
        {
            return fail (failure);
        }
        if (object.closing.load ())
        {
            return fail (ECANCELED, "the handle was closed while the segment was being initialised");
        }
        const int64_t now = os::monotonicNow ();
        if (now >= end)
        {
            return fail (ETIMEDOUT, "the time is up: %s", failure.text ());
        }
        os::sleepUntil (end - now < nap ? end : now + nap);
    }
}

jm_handle create (uint64_t size, const MemOptions& options)
{
    capi::Reservation slot;
    return slot.open (new LocalObject (size, options));
}

jm_handle openShared (uint64_t size, const char* name, const MemOptions& options)
{
    capi::Reservation slot;
    return slot.open (new ShmObject (size, name, options));
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

JOIN_EXPORT int jm_initialise_begin (jm_handle memory, uint64_t ready, int64_t timeout_ns) noexcept
{
    return capi::guardWhole (-1, [&] {
        return capi::onObject<MemoryObject> (memory, -1,
                                             [&] (MemoryObject& m) { return waitToInitialise (m, ready, timeout_ns); });
    });
}

JOIN_EXPORT int jm_initialise_end (jm_handle memory, uint64_t ready, int constructed) noexcept
{
    return capi::onLockedObject<MemoryObject> (
        memory, -1, [&] (MemoryObject& m) { return m.endInitialise (ready, constructed != 0); });
}

JOIN_EXPORT void* jm_get (jm_handle memory, uint64_t offset) noexcept
{
    return capi::onObject<MemoryObject> (memory, static_cast<void*> (nullptr),
                                         [&] (MemoryObject& m) { return m.memory ().get (offset); });
}

JOIN_EXPORT int jm_mbind (jm_handle memory, int node) noexcept
{
    return capi::onLockedObject<MemoryObject> (memory, -1, [&] (MemoryObject& m) { return m.memory ().mbind (node); });
}

JOIN_EXPORT int jm_mlock (jm_handle memory) noexcept
{
    return capi::onLockedObject<MemoryObject> (memory, -1, [&] (MemoryObject& m) { return m.memory ().mlock (); });
}

JOIN_EXPORT int jm_munlock (jm_handle memory) noexcept
{
    return capi::onLockedObject<MemoryObject> (memory, -1, [&] (MemoryObject& m) { return m.memory ().munlock (); });
}

JOIN_EXPORT int64_t jm_size (jm_handle memory) noexcept
{
    return capi::onObject<MemoryObject> (memory, int64_t (-1),
                                         [&] (MemoryObject& m) { return static_cast<int64_t> (m.memory ().size ()); });
}

JOIN_EXPORT int64_t jm_page_size (jm_handle memory) noexcept
{
    return capi::onLockedObject<MemoryObject> (memory, int64_t (-1), [&] (MemoryObject& m) {
        const uint64_t size = m.memory ().pageSize ();
        return size != 0 ? static_cast<int64_t> (size) : int64_t (-1);
    });
}

JOIN_EXPORT int jm_node_of (jm_handle memory, uint64_t offset) noexcept
{
    return capi::onLockedObject<MemoryObject> (memory, -1,
                                               [&] (MemoryObject& m) { return m.memory ().nodeOf (offset); });
}
