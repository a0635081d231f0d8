// SPDX-License-Identifier: MIT
// ShmMem: opens or creates a segment, and repeats until one of the two succeeds.
#include "memory/options.hpp"
#include "segment/segment.hpp"
#include "memory/state.hpp"

#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "os/pages.hpp"

#include <cerrno>
#include <stdexcept>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// Processes that race to create and remove a segment make one another repeat: each round that one loses is a success of
// another. A process that removes the segment holds the lock meanwhile and may be preempted. So later rounds sleep, for
// one second in all.
constexpr int rounds = 1000;
constexpr int eager = 16;

void letOthersOn (int round) noexcept
{
    constexpr int64_t nap = 1'000'000;
    if (round >= eager)
    {
        os::sleepUntil (os::monotonicNow () + nap);
    }
}

Failure existing (const char* name)
{
    const SegmentDirs places = segmentDirs ();
    for (std::size_t i = 0; i < places.count (); ++i)
    {
        const SegmentPath path (places[i], name);
        if (os::exists (path.text) == 0)
        {
            return Failure (EEXIST, "%s exists already: open it, or unlink it first", path.text);
        }
    }
    return Failure ();
}

Failure once (Mapping* mapping, const char* name)
{
    if (mapping->options.openMode != OpenMode::CreateOnly)
    {
        Failure failure = openShared (mapping, name);
        if (!failure.is (Signal::Missing) || mapping->options.openMode == OpenMode::OpenOnly)
        {
            return failure;
        }
    }
    else if (Failure failure = existing (name))
    {
        return failure;
    }
    return createShared (mapping, name);
}
}  // namespace

Failure makeShared (uint64_t size, std::string_view input, Mapping* mapping)
{
    SegmentName name;
    if (Failure failure = readName (input, &name))
    {
        return failure;
    }
    const std::size_t page = os::basePageSize ();
    if (size == 0 && mapping->options.openMode != OpenMode::OpenOnly)
    {
        return Failure (
            EINVAL, "the size of segment %.64s is 0 bytes: request 1 or more, or open it with OpenOnly (JM_OPEN_ONLY)",
            name.text);
    }
    if (size > uint64_t (INT64_MAX) / page * page)
    {
        throw std::overflow_error ("a segment of " + std::to_string (size) + " bytes is larger than a file can be");
    }
    if (size > uint64_t (PTRDIFF_MAX) / 2 || wantedPage (mapping->options) > std::size_t (PTRDIFF_MAX) / 8)
    {
        return Failure (ENOMEM, "%s are more than any machine has: request less", SizeText (size).text);
    }
    mapping->requested = size;
    mapping->bytes = roundUp (static_cast<std::size_t> (size), page);
    mapping->name = name.text;
    for (int i = 0; i < rounds; ++i)
    {
        Failure failure = once (mapping, name.text);
        const bool final = failure.error () == EEXIST && mapping->options.openMode == OpenMode::CreateOnly;
        if (final || !failure.is (Signal::LostRace))
        {
            return failure;
        }
        mapping->release ();
        mapping->fallbacks.clear ();
        mapping->created = true;
        letOthersOn (i);
    }
    return Failure (EBUSY,
                    "segment %.64s is created and removed again and again, or a process that removes it keeps it "
                    "locked: gave up after %d attempts",
                    name.text, rounds);
}

ShmMem::ShmMem (uint64_t size, std::string_view name, const MemOptions& options, const std::error_category& errors)
{
    const os::NoCancel noCancel;
    _state = new State;
    _state->shared = true;
    if (Failure failure = readOptions (options, true, &_state->options))
    {
        raise (failure, errors);
    }
    if (Failure failure = makeShared (size, name, _state))
    {
        raise (failure, errors);
    }
    _base = _state->base;
    _size = _state->bytes;
}

ShmMem ShmMem::makeNamed (uint64_t size, std::string_view name, const MemOptions& options) noexcept
{
    try
    {
        return ShmMem (size, name, options);
    }
    catch (...)
    {
        failCaught ();
        return ShmMem ();
    }
}

std::string_view ShmMem::name () const noexcept
{
    return _state != nullptr ? std::string_view (_state->name) : std::string_view ();
}

bool ShmMem::created () const noexcept
{
    return _state != nullptr && _state->created;
}

int ShmMem::named () const noexcept
{
    return _state != nullptr ? isNamed (*_state) : fail (EBADF, "nothing is mapped: the object was moved from");
}

}  // namespace JOIN_ABI
}  // namespace join
