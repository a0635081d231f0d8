// SPDX-License-Identifier: MIT
// What LocalMem and ShmMem can do once they are made; and the free functions.
#include <join/memory.hpp>

#include "binding.hpp"
#include "budget.hpp"
#include "options.hpp"
#include "placement.hpp"
#include "state.hpp"

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

// Locking brings in what is not there yet, and the killer comes where a refusal is meant.
Failure lockChecked (const void* address, std::size_t bytes, bool pooled) noexcept
{
    if (!pooled)
    {
        if (Failure failure = checkBound (address, bytes))
        {
            return failure;
        }
    }
    if (bytes >= worthALook)
    {
        const uint64_t there = residentBytes (address, bytes);
        if (there < bytes && bytes - there >= worthALook)
        {
            if (Failure failure = checkRoom (bytes - there))
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

int Memory::mbind (int node) noexcept
{
    if (_state == nullptr)
    {
        return notMapped ();
    }
    // Past the end of a file, where the last huge page may reach, nothing is bound: it moves with its first half.
    const std::size_t bytes = _state->backing == Backing::Tmpfs ? _state->bytes : _state->backed;
    Failure failure = bindRange (_state->base, bytes, node, _state->pooled ());
    const bool set = !failure || failure.error () == EBUSY;
    if (set)
    {
        _state->asked.node = node;
    }
    if (failure)
    {
        return fail (failure);
    }
    // A move to a node that is fragmented splits huge pages: what was huge is made so again, where it lies now.
    const std::size_t page = transparentPage ();
    if (_state->asked.huge != HugePages::Never && page != 0 && !_state->pooled () && _state->asked.prefault)
    {
        const std::size_t part = _state->backed / page * page;
        if (part != 0)
        {
            os::collapse (_state->base, part);  // placement () tells the outcome
        }
    }
    return 0;
}

int Memory::mlock () noexcept
{
    if (_state == nullptr)
    {
        return notMapped ();
    }
    if (Failure failure = lockChecked (_state->base, _state->bytes, _state->pooled ()))
    {
        return fail (failure);
    }
    _state->asked.lock = true;
    return 0;
}

int Memory::munlock () noexcept
{
    if (_state == nullptr)
    {
        return notMapped ();
    }
    if (int error = os::unlockPages (_state->base, _state->bytes))
    {
        return fail (error, "%s cannot be unlocked", SizeText (_state->bytes).text);
    }
    _state->asked.lock = false;
    return 0;
}

uint64_t Memory::pageSize () const noexcept
{
    if (_state == nullptr)
    {
        notMapped ();
        return 0;
    }
    const Backed backed = readBacked (*_state);
    if (!backed.page.has_value ())
    {
        fail (ENODATA, "the page size cannot be known here: no page is there yet, or /proc/self/smaps cannot be read");
        return 0;
    }
    return *backed.page;
}

int Memory::nodeOf (uint64_t offset) const noexcept
{
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
        return fail (error, "the node of a page cannot be read (move_pages)%s",
                     error == ENOSYS ? ": the library was built without libnuma, or the kernel lacks it" : "");
    }
    if (node < 0)
    {
        return fail (ENOENT, "there is no page at offset %llu yet: touch it first",
                     static_cast<unsigned long long> (offset));
    }
    return node;
}

void Memory::report (Placement& placement) const
{
    if (_state == nullptr)
    {
        throw std::runtime_error ("nothing is mapped: the object was moved from");
    }
    fillPlacement (*_state, placement);
}

LocalMem::LocalMem (uint64_t size)
: LocalMem (size, MemOptions ())
{
}

LocalMem::LocalMem (uint64_t size, const MemOptions& options)
{
    _state = new State;
    if (Failure failure = readOptions (options, false, &_state->asked))
    {
        raise (failure);
    }
    if (Failure failure = makeLocal (size, _state))
    {
        raise (failure);
    }
    _base = _state->base;
    _size = _state->bytes;
}

int mbind (void* ptr, uint64_t size, int node) noexcept
{
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
        return fail (EINVAL, "0 bytes are to be bound: give 1 or more");
    }
    if (size > uint64_t (PTRDIFF_MAX) - page || reinterpret_cast<std::size_t> (ptr) + size + page < size)
    {
        return fail (EFAULT, "%s at %p is past the address space", SizeText (size).text, ptr);
    }
    Failure failure = bindRange (ptr, roundUp (static_cast<std::size_t> (size), page), node, false);
    return failure ? fail (failure) : 0;
}

int mlock (const void* ptr, uint64_t size) noexcept
{
    if (ptr == nullptr)
    {
        return fail (EFAULT, "the address to lock is null");
    }
    if (size == 0)
    {
        return fail (EINVAL, "0 bytes are to be locked: give 1 or more");
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
