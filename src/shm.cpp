// SPDX-License-Identifier: MIT
// ShmMem: open or create, until one of the two is done.
#include "options.hpp"
#include "shared.hpp"
#include "state.hpp"

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
// Racing creators and removers send one another round: each round of one is a success of another. But who removes holds the
// lease meanwhile, and may have been preempted: so after some rounds he is given the processor, a second in all.
constexpr int rounds = 1000;
constexpr int eager = 16;

void letOthersOn (int round) noexcept
{
    constexpr int64_t nap = 1'000'000;
    if (round >= eager)
    {
        os::sleepUntil (os::now () + nap);
    }
}

Failure existing (const char* name)
{
    const Folders places = folders ();
    for (std::size_t i = 0; i < places.count; ++i)
    {
        const SegmentPath path (places.list[i], name);
        if (os::exists (path.text) == 0)
        {
            return Failure (EEXIST, "%s exists already: open it, or unlink it first", path.text);
        }
    }
    return Failure ();
}

Failure once (Mapping* mapping, const char* name)
{
    if (mapping->asked.mode != OpenMode::CreateOnly)
    {
        Failure failure = openShared (mapping, name);
        if (failure.error () != ENOENT || mapping->asked.mode == OpenMode::OpenOnly)
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

Failure makeShared (uint64_t size, std::string_view given, Mapping* mapping)
{
    SegmentName name;
    if (Failure failure = readName (given, &name))
    {
        return failure;
    }
    const std::size_t page = os::basePageSize ();
    if (size == 0 && mapping->asked.mode != OpenMode::OpenOnly)
    {
        return Failure (EINVAL,
                        "segment %.64s of 0 bytes is none: ask for 1 or more, or open it with OpenOnly (JM_OPEN_ONLY)",
                        name.text);
    }
    if (size > uint64_t (INT64_MAX) / page * page)
    {
        throw std::overflow_error ("a segment of " + std::to_string (size) + " bytes is past what a file can have");
    }
    if (size > uint64_t (PTRDIFF_MAX) / 2 || wantedPage (mapping->asked) > std::size_t (PTRDIFF_MAX) / 8)
    {
        return Failure (ENOMEM, "no machine has %s", SizeText (size).text);
    }
    mapping->bytes = roundUp (static_cast<std::size_t> (size), page);
    mapping->name = name.text;
    for (int i = 0; i < rounds; ++i)
    {
        Failure failure = once (mapping, name.text);
        const bool lost = failure.error () == EEXIST && mapping->asked.mode == OpenMode::CreateOrOpen;
        if (!lost && failure.error () != EAGAIN)
        {
            return failure;
        }
        mapping->release ();
        mapping->fallbacks.clear ();
        mapping->created = true;
        letOthersOn (i);
    }
    return Failure (EBUSY, "segment %.64s comes and goes, or is held by a process that removes it: %d tries", name.text,
                    rounds);
}

ShmMem::ShmMem (uint64_t size, std::string_view name)
: ShmMem (size, name, MemOptions ())
{
}

ShmMem::ShmMem (uint64_t size, std::string_view name, const MemOptions& options)
{
    _state = new State;
    _state->shared = true;
    if (Failure failure = readOptions (options, true, &_state->asked))
    {
        raise (failure);
    }
    if (Failure failure = makeShared (size, name, _state))
    {
        raise (failure);
    }
    _base = _state->base;
    _size = _state->bytes;
}

std::string_view ShmMem::name () const noexcept
{
    return _state != nullptr ? std::string_view (_state->name) : std::string_view ();
}

bool ShmMem::created () const noexcept
{
    return _state != nullptr && _state->created;
}

int ShmMem::unlink (std::string_view given) noexcept
{
    SegmentName name;
    if (Failure failure = readName (given, &name))
    {
        return fail (failure);
    }
    bool found = false;
    for (int fresh = 0; fresh < 2 && !found; ++fresh)
    {
        const Folders places = folders (fresh == 1);
        for (std::size_t i = 0; i < places.count; ++i)
        {
            const SegmentPath path (places.list[i], name.text);
            if (places.list[i].hugePage != 0 && !stillHuge (places.list[i]))
            {
                continue;
            }
            const int error = os::removeName (path.text);
            if (error != 0 && !notThere (places.list[i], path.text, error))
            {
                return fail (error, "%s cannot be unlinked", path.text);
            }
            found = found || error == 0;
        }
    }
    return 0;
}

}  // namespace JOIN_ABI
}  // namespace join
