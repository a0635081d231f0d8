// SPDX-License-Identifier: MIT
// Makes the pages of a LocalMem: on base pages, on transparent huge pages, or from the hugetlb pool.
#include "memory/mapping.hpp"

#include "memory/available.hpp"
#include "memory/placement.hpp"
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
    return mapping.fills () && bytes >= minChecked ? checkRoom (bytes) : Failure ();
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
    if (mapping->options.huge == HugePages::Never && transparentPage () != 0 && mapping->bytes >= transparentPage ())
    {
        os::adviseHuge (mapping->base, mapping->bytes, false);  // matters if transparent_hugepage/enabled is always
    }
    if (Failure failure = bindFresh (mapping->options, mapping->base, mapping->bytes, false))
    {
        return failure;
    }
    return mapping->options.prefault ? makePresent (mapping->options, mapping->base, mapping->bytes, true) : Failure ();
}

// Makes the reservation accessible from `offset` on, as private memory that can become huge pages.
Failure openPart (Mapping* mapping, std::size_t offset, bool fill)
{
    char* start = mapping->base + offset;
    const std::size_t bytes = mapping->backed - offset;
    if (int error = os::openUp (start, bytes))
    {
        return noAddresses (error, bytes);
    }
    os::adviseHuge (start, bytes, true);  // a refusal shows in makeHuge
    if (Failure failure = bindFresh (mapping->options, start, bytes, false))
    {
        return failure;
    }
    return fill ? makePresent (mapping->options, start, bytes, true) : Failure ();
}

// Tries transparent huge pages. @return a failure if there is no memory; *huge: whether all whole huge pages are huge
Failure transparentLocal (Mapping* mapping, std::size_t page, bool* huge)
{
    *huge = false;
    const bool fill = mapping->options.prefault || mapping->options.huge == HugePages::Require;
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
        *huge = true;  // unknown before the touch, and there is nothing better to try
        char enabled[32];
        os::chosenWord ("/sys/kernel/mm/transparent_hugepage/enabled", enabled, sizeof (enabled));
        if (std::strcmp (enabled, "never") == 0)
        {
            mapping->decide ("transparent_hugepage/enabled is never, and without prefault nothing else is tried");
        }
        return Failure ();
    }
    const std::size_t part = mapping->backed / page * page;
    Failure failure = makeHuge (mapping->options, mapping->base, part, false, false);
    if (failure && readBacked (*mapping).huge.value_or (0) < part)  // without MADV_COLLAPSE the pages may be huge too
    {
        mapping->note (failure);
        return Failure ();
    }
    *huge = true;
    return Failure ();
}

// Puts the rest of the memory, which is no whole page of the pool, on base pages after the pool's pages.
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
        if (Failure failure = openPart (mapping, whole, mapping->options.prefault))
        {
            return failure;
        }
    }
    if (int error = os::moveMapping (pool, whole, mapping->base))
    {
        return Failure (error, "huge pages of the pool cannot be placed next to base pages (mremap)");
    }
    return Failure ();
}

// Tries the hugetlb pool. Its pages are allocated on their node before the mapping gives anything up for them.
Failure poolLocal (Mapping* mapping, std::size_t page)
{
    const std::size_t whole = mapping->backed / page * page;
    void* pool = nullptr;
    if (os::mapAnonymous (whole, __builtin_ctzll (page), &pool) != 0)
    {
        return noHugePages (page, whole, false);
    }
    Failure failure = bindFresh (mapping->options, pool, whole, true);
    if (!failure && mapping->options.numaNode >= 0)
    {
        failure = checkNodePool (mapping->options.numaNode, page, whole);
    }
    if (!failure && mapping->options.prefault)
    {
        failure = makePresent (mapping->options, pool, whole, true);
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

// Transparent huge pages come first: the pool is reserved for other programs, and its pages may raise SIGBUS in a
// forked child. A page size that is required explicitly, or that only the pool has, goes to the pool first.
Failure hugeLocal (Mapping* mapping, std::size_t wanted)
{
    const bool require = mapping->options.huge == HugePages::Require;
    const bool poolFirst =
        wanted != transparentPage () || (require && (mapping->options.hugePageSize != 0 || !mapping->options.prefault));
    mapping->backed = require ? roundUp (mapping->bytes, wanted) : mapping->bytes;
    if (mapping->backed < wanted)
    {
        mapping->decide ("the memory is smaller than one huge page of the requested size");
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
        return Failure (EINVAL, "the size is 0 bytes: request 1 or more");
    }
    constexpr uint64_t most = uint64_t (PTRDIFF_MAX) / 4 * 3;  // rounding and alignment stay in range
    const std::size_t wanted = wantedPage (mapping->options);
    if (size > most || wanted > most / 4)
    {
        return Failure (ENOMEM, "%s are more than any machine has: request less",
                        SizeText (size > most ? size : wanted).text);
    }
    mapping->bytes = roundUp (static_cast<std::size_t> (size), os::basePageSize ());
    const bool require = mapping->options.huge == HugePages::Require;
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
        return Failure (ENOMEM, "this kernel has no huge pages: prefer them instead of requiring them");
    }
    const std::size_t smallest = transparentPage () != 0 && transparentPage () < wanted ? transparentPage () : wanted;
    const bool base = wanted == 0 || (!require && mapping->bytes < smallest);
    if (base && mapping->options.hugePageSize != 0 && wanted != 0)
    {
        mapping->decide ("the memory is smaller than one huge page of the requested size");
    }
    Failure failure = base ? baseLocal (mapping) : hugeLocal (mapping, wanted);
    if (!failure && mapping->options.lock)
    {
        failure = lockRange (mapping->base, mapping->bytes);
    }
    return failure;
}

}  // namespace JOIN_ABI
}  // namespace join
