// SPDX-License-Identifier: MIT
// The members that LocalMem and ShmMem share, LocalMem's constructors, and the free functions mbind () and mlock ().
#include <join/memory.hpp>

#include "memory/binding.hpp"
#include "memory/available.hpp"
#include "memory/options.hpp"
#include "memory/page_query.hpp"
#include "memory/placement.hpp"
#include "memory/state.hpp"

#include "os/barrier.hpp"
#include "os/pages.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
int notMapped () noexcept
{
    return fail (EBADF, "nothing is mapped: the object was moved from");
}

// Checks for available memory first, because mlock(2) allocates the missing pages: if memory runs out, the OOM killer
// acts, and the call does not fail.
Failure lockChecked (const void* address, std::size_t bytes, bool pooled) noexcept
{
    if (!pooled)
    {
        if (Failure failure = checkBound (address, bytes))
        {
            return failure;
        }
    }
    if (bytes >= minChecked)
    {
        const uint64_t resident = residentBytes (address, bytes);
        if (resident < bytes && bytes - resident >= minChecked)
        {
            if (Failure failure = checkRoom (bytes - resident))
            {
                return failure;
            }
        }
    }
    return lockRange (address, bytes);
}
}  // namespace

Memory::Memory (Memory&& other) noexcept
: _base (std::exchange (other._base, nullptr))
, _size (std::exchange (other._size, 0))
, _state (std::exchange (other._state, nullptr))
{
}

Memory& Memory::operator= (Memory&& other) noexcept
{
    if (this != &other)
    {
        delete _state;
        _base = std::exchange (other._base, nullptr);
        _size = std::exchange (other._size, 0);
        _state = std::exchange (other._state, nullptr);
    }
    return *this;
}

Memory::~Memory ()
{
    delete _state;
}

void Memory::throwBadOffset (uint64_t offset) const
{
    if (_base == nullptr)
    {
        throw std::runtime_error ("nothing is mapped: the object was moved from");
    }
    throw std::out_of_range ("offset " + std::to_string (offset) + " is past the end: the memory has "
                             + std::to_string (_size) + " bytes");
}

int Memory::mbind (int node) const noexcept
{
    const os::NoCancel noCancel;
    if (_state == nullptr)
    {
        return notMapped ();
    }
    // The last huge page may reach past the end of the file. That part is not bound: it moves with the part before it.
    const std::size_t bytes = _state->backing == Backing::Tmpfs ? _state->bytes : _state->backed;
    Failure failure = bindRange (_state->base, bytes, node, _state->pooled ());
    if (!failure || failure.error () == EBUSY)
    {
        _state->node.store (node);
    }
    if (failure)
    {
        return fail (failure);
    }
    // A move to a fragmented node splits huge pages: collapse them again on their new node.
    const std::size_t page = transparentPage ();
    if (_state->options.huge != HugePages::Never && page != 0 && !_state->pooled () && _state->options.prefault)
    {
        const std::size_t part = _state->backed / page * page;
        if (part != 0)
        {
            os::collapse (_state->base, part);  // placement () reports the outcome
        }
    }
    return 0;
}

int Memory::mlock () const noexcept
{
    const os::NoCancel noCancel;
    if (_state == nullptr)
    {
        return notMapped ();
    }
    if (Failure failure = lockChecked (_state->base, _state->bytes, _state->pooled ()))
    {
        return fail (failure);
    }
    _state->lockState.store (1);
    return 0;
}

int Memory::munlock () const noexcept
{
    const os::NoCancel noCancel;
    if (_state == nullptr)
    {
        return notMapped ();
    }
    if (int error = os::unlockPages (_state->base, _state->bytes))
    {
        return fail (error, "%s cannot be unlocked", SizeText (_state->bytes).text);
    }
    _state->lockState.store (0);
    return 0;
}

uint64_t Memory::pageSize () const noexcept
{
    const os::NoCancel noCancel;
    if (_state == nullptr)
    {
        notMapped ();
        return 0;
    }
    const Backed backed = readBacked (*_state);
    if (!backed.page.has_value ())
    {
        fail (ENODATA, "the page size is unknown: no page is resident yet, or /proc/self/smaps cannot be read");
        return 0;
    }
    return *backed.page;
}

int Memory::nodeOf (uint64_t offset) const noexcept
{
    const os::NoCancel noCancel;
    if (_state == nullptr)
    {
        return notMapped ();
    }
    if (offset >= _size)
    {
        return fail (ERANGE, "offset %llu is past the end: the memory has %llu bytes",
                     static_cast<unsigned long long> (offset), static_cast<unsigned long long> (_size));
    }
    void* page = _state->base + offset / os::basePageSize () * os::basePageSize ();
    int node = -1;
    if (int error = os::queryPages (&page, 1, &node))
    {
        return fail (error, "the node of the page cannot be read (move_pages)%s",
                     error == ENOSYS ? ": the library was built without libnuma, or the kernel lacks it" : "");
    }
    if (node < 0)
    {
        return fail (ENOENT, "the page at offset %llu does not exist yet: touch it first",
                     static_cast<unsigned long long> (offset));
    }
    return node;
}

void Memory::report (detail::PlacementReceiver take, void* to) const
{
    const os::NoCancel noCancel;
    if (_state == nullptr)
    {
        throw std::runtime_error ("nothing is mapped: the object was moved from");
    }
    reportPlacement (*_state, take, to);
}

LocalMem::LocalMem (uint64_t size, const MemOptions& options, const std::error_category& errors)
{
    const os::NoCancel noCancel;
    _state = new State;
    if (Failure failure = readOptions (options, false, &_state->options))
    {
        raise (failure, errors);
    }
    if (Failure failure = makeLocal (size, _state))
    {
        raise (failure, errors);
    }
    _base = _state->base;
    _size = _state->bytes;
}

LocalMem LocalMem::make (uint64_t size) noexcept
{
    return make (size, MemOptions ());
}

LocalMem LocalMem::make (uint64_t size, const MemOptions& options) noexcept
{
    try
    {
        return LocalMem (size, options);
    }
    catch (...)
    {
        failCaught ();
        return LocalMem ();
    }
}

int mbind (void* ptr, uint64_t size, int node) noexcept
{
    const os::NoCancel noCancel;
    const std::size_t page = os::basePageSize ();
    if (ptr == nullptr)
    {
        return fail (EFAULT, "the address to bind is null");
    }
    if (reinterpret_cast<std::size_t> (ptr) % page != 0)
    {
        return fail (EINVAL, "the address to bind, %p, is not on a page boundary (%zu)", ptr, page);
    }
    if (size == 0)
    {
        return fail (EINVAL, "the size to bind is 0 bytes: give 1 or more");
    }
    if (size > uint64_t (PTRDIFF_MAX) - page || reinterpret_cast<std::size_t> (ptr) + size + page < size)
    {
        return fail (EFAULT, "%s at %p is past the address space", SizeText (size).text, ptr);
    }
    Failure failure = bindRange (ptr, roundUp (static_cast<std::size_t> (size), page), node, false);
    return failure ? fail (failure) : 0;
}

int mlock (void* ptr, uint64_t size) noexcept
{
    const os::NoCancel noCancel;
    if (ptr == nullptr)
    {
        return fail (EFAULT, "the address to lock is null");
    }
    if (size == 0)
    {
        return fail (EINVAL, "the size to lock is 0 bytes: give 1 or more");
    }
    if (size > uint64_t (PTRDIFF_MAX))
    {
        return fail (ENOMEM, "%s at %p is past the address space", SizeText (size).text, ptr);
    }
    Failure failure = lockChecked (ptr, static_cast<std::size_t> (size), false);
    return failure ? fail (failure) : 0;
}

}  // namespace JOIN_ABI
}  // namespace join
