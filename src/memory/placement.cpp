// SPDX-License-Identifier: MIT
// Reads /proc/self/smaps, mincore(2) and move_pages(2) for the placement report of a mapping.
#include "memory/placement.hpp"

#include "memory/page_query.hpp"
#include "os/pages.hpp"
#include "os/scratch.hpp"
#include "os/text.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// One mapping in smaps.
struct Area
{
    std::size_t begin = 0;
    std::size_t end = 0;
    uint64_t resident = 0;  // bytes, without those of the hugetlb pool
    uint64_t huge = 0;      // bytes of these on huge pages
    uint64_t pooled = 0;    // bytes on pages of the pool
    uint64_t page = 0;      // page size of this mapping, bytes
    bool locked = false;
};

bool isHeader (const char* line, Area* area) noexcept
{
    unsigned long long begin = 0;
    unsigned long long end = 0;
    char permission = 0;
    if (std::sscanf (line, "%llx-%llx %c", &begin, &end, &permission) != 3)
    {
        return false;
    }
    *area = Area ();
    area->begin = static_cast<std::size_t> (begin);
    area->end = static_cast<std::size_t> (end);
    return true;
}

void readField (const char* line, Area* area) noexcept
{
    const char* colon = std::strchr (line, ':');
    if (colon == nullptr)
    {
        return;
    }
    const std::string_view key (line, static_cast<std::size_t> (colon - line));
    const uint64_t bytes = std::strtoull (colon + 1, nullptr, 10) * 1024;
    if (key == "Rss")
    {
        area->resident = bytes;
    }
    else if (key == "KernelPageSize")
    {
        area->page = bytes;
    }
    else if (key == "AnonHugePages" || key == "ShmemPmdMapped" || key == "FilePmdMapped")
    {
        area->huge += bytes;
    }
    else if (key == "Shared_Hugetlb" || key == "Private_Hugetlb")
    {
        area->pooled += bytes;
    }
    else if (key == "VmFlags")
    {
        area->locked = std::strstr (colon, " lo") != nullptr;
    }
}

struct Sum
{
    bool seen = false;
    bool hugeKnown = true;
    uint64_t resident = 0;
    uint64_t huge = 0;
    uint64_t locked = 0;
    uint64_t page = 0;

    void smallest (uint64_t size) noexcept
    {
        page = page == 0 || size < page ? size : page;
    }
};

void add (const Mapping& mapping, const Area& area, Sum* sum) noexcept
{
    const std::size_t base = reinterpret_cast<std::size_t> (mapping.base);
    const std::size_t end = base + mapping.backed;
    if (area.end <= base || area.begin >= end)
    {
        return;
    }
    sum->seen = true;
    uint64_t resident = area.resident;
    uint64_t huge = area.huge;
    if (area.begin < base || area.end > end)
    {
        // The kernel has merged it with a neighbour: count only our part. How much of it is huge is known only if the
        // whole merged mapping is huge, or none of it.
        const std::size_t from = area.begin < base ? base : area.begin;
        const std::size_t to = area.end > end ? end : area.end;
        resident = residentBytes (reinterpret_cast<void*> (from), to - from);
        const bool all = huge == area.end - area.begin;
        sum->hugeKnown = sum->hugeKnown && (huge == 0 || all);
        huge = all ? resident : 0;
    }
    const uint64_t present = resident + area.pooled;
    sum->resident += present;
    sum->huge += huge + area.pooled;
    sum->locked += area.locked ? present : area.pooled;  // the pool's pages never leave RAM
    if (area.pooled != 0)
    {
        sum->smallest (area.page);
    }
    if (resident != 0)
    {
        sum->smallest (huge == resident ? transparentPage () : os::basePageSize ());
    }
}

const char* nameOf (Backing backing) noexcept
{
    switch (backing)
    {
        case Backing::Anonymous:
            return "anonymous";
        case Backing::Pool:
            return "pool";
        case Backing::Tmpfs:
            return "tmpfs";
        case Backing::Hugetlbfs:
            return "hugetlbfs";
        case Backing::File:
            break;
    }
    return "file";
}

detail::TextData textOf (std::string_view text) noexcept
{
    return {text.data (), text.size ()};
}

detail::NumberData numberOf (const std::optional<uint64_t>& number) noexcept
{
    return {number.value_or (0), number.has_value ()};
}

std::vector<detail::FallbackData> fallbacksOf (const Mapping& mapping)
{
    std::vector<detail::FallbackData> fallbacks;
    for (const Fallback& fallback : mapping.fallbacks)
    {
        fallbacks.push_back ({fallback.error, textOf (fallback.reason)});
    }
    return fallbacks;
}

void fillRequest (const Mapping& mapping, detail::PlacementData* data) noexcept
{
    data->structSize = sizeof (*data);
    data->requestedHuge = mapping.options.huge;
    data->requestedPageSize = mapping.options.hugePageSize;
    data->requestedNode = mapping.requestedNode ();
    data->requestedPrefault = mapping.options.prefault;
    data->requestedLock = mapping.requestedLock ();
    data->shared = mapping.shared;
    data->created = mapping.created;
    data->size = mapping.bytes;
    data->name = textOf (mapping.name);
    data->backing = textOf (nameOf (mapping.backing));
}
}  // namespace

void NodePages::count (void*, int node, void* pages) noexcept
{
    if (node < os::maxNodes)
    {
        ++static_cast<NodePages*> (pages)->_onNode[node];
    }
}

int NodePages::add (void* address, std::size_t bytes, uint64_t most) noexcept
{
    return eachPage (address, bytes, count, this, most);
}

std::vector<NodeBytes> NodePages::list () const
{
    std::vector<NodeBytes> nodes;
    for (int node = 0; node < os::maxNodes; ++node)
    {
        if (_onNode[node] != 0)
        {
            nodes.push_back ({node, _onNode[node] * os::basePageSize ()});
        }
    }
    return nodes;
}

Backed readBacked (const Mapping& mapping) noexcept
{
    const std::size_t end = reinterpret_cast<std::size_t> (mapping.base) + mapping.backed;
    Area area;
    Area next;
    Sum sum;
    os::TextFile file ("/proc/self/smaps");
    while (const char* line = file.line ())
    {
        if (!isHeader (line, &next))
        {
            readField (line, &area);
            continue;
        }
        add (mapping, area, &sum);
        area = next;
        if (area.begin >= end)
        {
            break;
        }
    }
    add (mapping, area, &sum);
    Backed backed;
    if (file.error () != 0 || !sum.seen)
    {
        return backed;
    }
    backed.resident = sum.resident;
    backed.locked = sum.locked;
    if (sum.hugeKnown)
    {
        backed.huge = sum.huge;
    }
    if (sum.hugeKnown && sum.page != 0)
    {
        backed.page = sum.page;
    }
    return backed;
}

void reportPlacement (const Mapping& mapping, detail::PlacementReceiver take, void* to)
{
    const Backed backed = readBacked (mapping);
    detail::PlacementData data = {};
    fillRequest (mapping, &data);
    data.pageSize = numberOf (backed.page);
    data.hugeBytes = numberOf (backed.huge);
    data.residentBytes = numberOf (backed.resident);
    data.lockedBytes = numberOf (backed.locked);
    std::vector<NodeBytes> nodes;
    const os::Scratch<NodePages> pages;
    // Stop at the last resident page: memory may be sparse.
    const uint64_t most = backed.resident.has_value () ? *backed.resident / os::basePageSize () : UINT64_MAX;
    const bool known = pages && pages->add (mapping.base, mapping.backed, most) == 0;
    if (known)
    {
        nodes = pages->list ();
    }
    data.nodes = {nodes.data (), nodes.size (), known};
    const std::vector<detail::FallbackData> fallbacks = fallbacksOf (mapping);
    data.fallbacks = fallbacks.data ();
    data.fallbackCount = fallbacks.size ();
    take (data, to);
}

}  // namespace JOIN_ABI
}  // namespace join
