// SPDX-License-Identifier: MIT
// LocalMem: where its pages come from, and in which order.
#include "mapping.hpp"

#include "budget.hpp"
#include "placement.hpp"
#include "os/pages.hpp"
#include "os/text.hpp"

#include <cerrno>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
Failure checkBudget (const Mapping& mapping, std::size_t bytes)
{
    return mapping.fills () && bytes >= worthALook ? checkRoom (bytes) : Failure ();
}

Failure baseLocal (Mapping* mapping)
{
    if (Failure failure = checkBudget (*mapping, mapping->bytes))
    {
        return failure;
    }
    mapping->backed = mapping->bytes;
    if (int error = os::mapAnonymous (mapping->bytes, 0, &mapping->reserved))
    {
        return noAddresses (error, mapping->bytes);
    }
    mapping->reservedBytes = mapping->bytes;
    mapping->base = static_cast<char*> (mapping->reserved);
    if (mapping->asked.huge == HugePages::Never && transparentPage () != 0 && mapping->bytes >= transparentPage ())
    {
        os::adviseHuge (mapping->base, mapping->bytes, false);  // where `enabled` is always; no THP: nothing to refuse
    }
    if (Failure failure = bindFresh (mapping->asked, mapping->base, mapping->bytes, false))
    {
        return failure;
    }
    return mapping->asked.prefault ? makePresent (mapping->asked, mapping->base, mapping->bytes, true) : Failure ();
}

// Private memory at the given part of the reservation, ready to become huge pages.
Failure openPart (Mapping* mapping, std::size_t offset, bool fill)
{
    char* start = mapping->base + offset;
    const std::size_t bytes = mapping->backed - offset;
    if (int error = os::openUp (start, bytes))
    {
        return noAddresses (error, bytes);
    }
    os::adviseHuge (start, bytes, true);  // a refusal shows in makeHuge
    if (Failure failure = bindFresh (mapping->asked, start, bytes, false))
    {
        return failure;
    }
    return fill ? makePresent (mapping->asked, start, bytes, true) : Failure ();
}

// Transparent huge pages: a failure means no memory; *huge says whether all whole huge pages are.
Failure transparentLocal (Mapping* mapping, std::size_t page, bool* huge)
{
    *huge = false;
    const bool fill = mapping->asked.prefault || mapping->asked.huge == HugePages::Require;
    if (Failure failure = checkBudget (*mapping, mapping->backed))
    {
        return failure;
    }
    if (Failure failure = mapping->reserveAligned (page))
    {
        return failure;
    }
    if (Failure failure = openPart (mapping, 0, fill))
    {
        return failure;
    }
    if (!fill)
    {
        *huge = true;  // not known before the touch, and nothing better to try
        char enabled[32];
        os::chosenWord ("/sys/kernel/mm/transparent_hugepage/enabled", enabled, sizeof (enabled));
        if (std::strcmp (enabled, "never") == 0)
        {
            mapping->decide ("transparent_hugepage/enabled is never, and without prefault nothing else is tried");
        }
        return Failure ();
    }
    const std::size_t part = mapping->backed / page * page;
    Failure failure = makeHuge (mapping->asked, mapping->base, part, false, false);
    if (failure && readBacked (*mapping).huge.value_or (0) < part)  // no MADV_COLLAPSE, and huge all the same?
    {
        mapping->note (failure);
        return Failure ();
    }
    *huge = true;
    return Failure ();
}

// The part of the memory that is no whole pool page goes on base pages behind the pool's.
Failure joinTail (Mapping* mapping, void* pool, std::size_t whole, std::size_t page)
{
    if (mapping->reserved == nullptr)
    {
        if (Failure failure = checkBudget (*mapping, mapping->backed - whole))
        {
            return failure;
        }
        if (Failure failure = mapping->reserveAligned (page))
        {
            return failure;
        }
        if (Failure failure = openPart (mapping, whole, mapping->asked.prefault))
        {
            return failure;
        }
    }
    if (int error = os::moveMapping (pool, whole, mapping->base))
    {
        return Failure (error, "huge pages of the pool cannot be put beside base pages (mremap)");
    }
    return Failure ();
}

// The reserved pool. Its pages are made here, on their node, before anything of the mapping is given up for them.
Failure poolLocal (Mapping* mapping, std::size_t page)
{
    const std::size_t whole = mapping->backed / page * page;
    void* pool = nullptr;
    if (os::mapAnonymous (whole, __builtin_ctzll (page), &pool) != 0)
    {
        return noHugePages (page, whole, false);
    }
    Failure failure = bindFresh (mapping->asked, pool, whole, true);
    if (!failure && mapping->asked.node >= 0)
    {
        failure = checkNodePool (mapping->asked.node, page, whole);
    }
    if (!failure && mapping->asked.prefault)
    {
        failure = makePresent (mapping->asked, pool, whole, true);
    }
    if (!failure && whole != mapping->backed)
    {
        const bool before = mapping->reserved != nullptr;
        failure = joinTail (mapping, pool, whole, page);
        if (failure && !before)
        {
            mapping->release ();
        }
    }
    if (failure)
    {
        os::unmap (pool, whole);
        return failure;
    }
    if (whole == mapping->backed)
    {
        mapping->release ();
        mapping->reserved = pool;
        mapping->reservedBytes = whole;
        mapping->base = static_cast<char*> (pool);
    }
    mapping->backing = Backing::Pool;
    return Failure ();
}

// Transparent first: the pool is somebody's reserve, and its pages are a SIGBUS in a forked child. A page size that is
// required by name, or that only the pool has, goes to the pool at once.
Failure hugeLocal (Mapping* mapping, std::size_t wanted)
{
    const bool require = mapping->asked.huge == HugePages::Require;
    const bool poolFirst =
        wanted != transparentPage () || (require && (mapping->asked.pageSize != 0 || !mapping->asked.prefault));
    mapping->backed = require ? roundUp (mapping->bytes, wanted) : mapping->bytes;
    if (mapping->backed < wanted)
    {
        mapping->decide ("the memory is smaller than one huge page of the size asked for");
    }
    else if (poolFirst)
    {
        Failure failure = poolLocal (mapping, wanted);
        if (!failure || (require && wanted != transparentPage ()))
        {
            return failure;
        }
        mapping->note (failure);
    }
    Failure failure;
    if (const std::size_t page = transparentPage ())
    {
        bool huge = false;
        failure = transparentLocal (mapping, page, &huge);
        if (!failure && huge)
        {
            return Failure ();
        }
        if (failure)
        {
            mapping->release ();
        }
    }
    if (!poolFirst && wanted == poolPage ())
    {
        Failure pool = poolLocal (mapping, wanted);
        if (!pool)
        {
            return Failure ();
        }
        mapping->note (pool);
    }
    if (failure)
    {
        return failure;
    }
    if (require)
    {
        return noHugePages (wanted, mapping->bytes, false);
    }
    return mapping->reserved != nullptr ? Failure () : baseLocal (mapping);
}
}  // namespace

Failure makeLocal (uint64_t size, Mapping* mapping)
{
    if (size == 0)
    {
        return Failure (EINVAL, "memory of 0 bytes is none: ask for 1 or more");
    }
    constexpr uint64_t most = uint64_t (PTRDIFF_MAX) / 4 * 3;  // rounding and alignment stay in range
    const std::size_t wanted = wantedPage (mapping->asked);
    if (size > most || wanted > most / 4)
    {
        return Failure (ENOMEM, "no machine has %s", SizeText (size > most ? size : wanted).text);
    }
    mapping->bytes = roundUp (static_cast<std::size_t> (size), os::basePageSize ());
    const bool require = mapping->asked.huge == HugePages::Require;
    if (Failure failure = unreadableHugePages (*mapping))
    {
        mapping->note (failure);
        if (require)
        {
            return failure;
        }
    }
    if (require && wanted == 0)
    {
        return Failure (ENOMEM, "this kernel has no huge pages: prefer them and do not require them");
    }
    const std::size_t smallest = transparentPage () != 0 && transparentPage () < wanted ? transparentPage () : wanted;
    const bool base = wanted == 0 || (!require && mapping->bytes < smallest);
    if (base && mapping->asked.pageSize != 0 && wanted != 0)
    {
        mapping->decide ("the memory is smaller than one huge page of the size asked for");
    }
    Failure failure = base ? baseLocal (mapping) : hugeLocal (mapping, wanted);
    if (!failure && mapping->asked.lock)
    {
        failure = lockRange (mapping->base, mapping->bytes);
    }
    return failure;
}

}  // namespace JOIN_ABI
}  // namespace join
