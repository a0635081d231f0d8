// SPDX-License-Identifier: MIT
// What the kernel says of a mapping: /proc/self/smaps, mincore(2), move_pages(2).
#ifndef JOIN_SRC_PLACEMENT_HPP
#define JOIN_SRC_PLACEMENT_HPP

#include "mapping.hpp"
#include "os/numa.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// Without a value: cannot be known here.
struct Backed
{
    detail::Maybe<uint64_t> page;      ///< smallest, bytes
    detail::Maybe<uint64_t> huge;      ///< bytes
    detail::Maybe<uint64_t> resident;  ///< bytes
    detail::Maybe<uint64_t> locked;    ///< bytes
};

Backed readBacked (const Mapping& mapping) noexcept;

/// Bytes of the range that are in RAM, in base pages; 0 where that cannot be told.
uint64_t residentBytes (const void* address, std::size_t bytes) noexcept;

/// Resident pages by node.
class NodePages
{
public:
    /// Adds those of a range. 0, or an errno: they cannot be known here.
    int add (void* address, std::size_t bytes) noexcept;

    /// Nodes that have some. May throw std::bad_alloc.
    detail::Array<NodeBytes> list () const;

private:
    static void count (void* page, int node, void* pages) noexcept;

    uint64_t _onNode[os::maxNodes] = {};
};

/// Fills in as much of the report as the program that asks knows of. May throw std::bad_alloc.
void fillPlacement (const Mapping& mapping, Placement& placement);

}  // namespace JOIN_ABI
}  // namespace join

#endif
