// SPDX-License-Identifier: MIT
/// The report on where memory is: what was requested, what the kernel gave, and why they differ. Programs that call
/// placement () of memory or of a queue include this header; the others need not compile it.
///
///     const join::Placement placement = memory.placement ();
///     std::printf ("%llu bytes on huge pages\n", static_cast<unsigned long long> (placement.hugeBytes.value_or (0)));
///     for (const join::Fallback& fallback : placement.fallbacks)
///     {
///         std::printf ("%s\n", fallback.reason.c_str ());
///     }
///
/// A std::optional has no value where the kernel does not tell. Since: 0.1
#ifndef JOIN_PLACEMENT_HPP
#define JOIN_PLACEMENT_HPP

#include <join/detail/report_data.hpp>
#include <join/memory.hpp>

#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
/// A step that failed or was not taken: why the memory is not as requested. Since: 0.1
struct Fallback
{
    int error = 0;       ///< errno; 0 for a decision of the library
    std::string reason;  ///< a sentence
};

/// The bytes that lie on one NUMA node. Since: 0.1
struct NodeBytes
{
    int node = 0;
    uint64_t bytes = 0;
};

/// The report of placement (). Since: 0.1
struct Placement
{
    HugePages requestedHuge = HugePages::Prefer;  ///< the request, as in MemOptions; so are the next four
    uint64_t requestedPageSize = 0;               ///< bytes
    int32_t requestedNode = -1;                   ///< mbind () changes it
    bool requestedPrefault = true;                ///<
    bool requestedLock = false;                   ///< mlock () and munlock () change it
    bool shared = false;                          ///< ShmMem
    bool created = true;                          ///< this object created the memory
    uint64_t size = 0;                            ///< bytes, as size ()
    std::string name;                             ///< with its leading slash; empty for private memory
    std::string backing;                          ///< "anonymous", "pool", "tmpfs", "hugetlbfs" or "file"
    std::optional<uint64_t> pageSize;             ///< bytes of the smallest page that backs any part
    std::optional<uint64_t> hugeBytes;            ///< bytes on huge pages, as this process maps them
    std::optional<uint64_t> residentBytes;        ///< bytes in RAM and mapped by this process
    std::optional<uint64_t> lockedBytes;          ///< bytes that mlock keeps in RAM
    std::optional<std::vector<NodeBytes>> nodes;  ///< resident bytes by NUMA node, without nodes that have none
    std::vector<Fallback> fallbacks;              ///< in order of time; empty when the request was met in full
};

// --- The public interface ends here. -------------------------------------------------------------------------

namespace detail
{
struct FallbackData
{
    int error;
    TextData reason;
};

struct NodesData
{
    const NodeBytes* begin;
    uint64_t size;
    bool known;

    std::optional<std::vector<NodeBytes>> optional () const
    {
        return known ? std::optional<std::vector<NodeBytes>> (std::vector<NodeBytes> (begin, begin + size))
                     : std::optional<std::vector<NodeBytes>> ();
    }
};

struct PlacementData
{
    uint32_t structSize;  // bytes, of the library's struct
    HugePages requestedHuge;
    uint64_t requestedPageSize;
    int32_t requestedNode;
    bool requestedPrefault;
    bool requestedLock;
    bool shared;
    bool created;
    uint64_t size;
    TextData name;
    TextData backing;
    NumberData pageSize;
    NumberData hugeBytes;
    NumberData residentBytes;
    NumberData lockedBytes;
    NodesData nodes;
    const FallbackData* fallbacks;
    uint64_t fallbackCount;
};

template <>
struct ReportReader<Placement>
{
    static void take (const PlacementData& input, void* to);
};

/// Copies the report into a Placement. @throw std::bad_alloc
JOIN_HIDDEN inline void ReportReader<Placement>::take (const PlacementData& input, void* to)
{
    const PlacementData data = copyKnown (input);
    Placement& placement = *static_cast<Placement*> (to);
    placement.requestedHuge = data.requestedHuge;
    placement.requestedPageSize = data.requestedPageSize;
    placement.requestedNode = data.requestedNode;
    placement.requestedPrefault = data.requestedPrefault;
    placement.requestedLock = data.requestedLock;
    placement.shared = data.shared;
    placement.created = data.created;
    placement.size = data.size;
    placement.name = data.name.string ();
    placement.backing = data.backing.string ();
    placement.pageSize = data.pageSize.optional ();
    placement.hugeBytes = data.hugeBytes.optional ();
    placement.residentBytes = data.residentBytes.optional ();
    placement.lockedBytes = data.lockedBytes.optional ();
    placement.nodes = data.nodes.optional ();
    for (uint64_t i = 0; i < data.fallbackCount; ++i)
    {
        placement.fallbacks.push_back (Fallback {data.fallbacks[i].error, data.fallbacks[i].reason.string ()});
    }
}
}  // namespace detail

}  // namespace JOIN_ABI
}  // namespace join

#endif
