// SPDX-License-Identifier: MIT
// The kernel's report about a mapping: /proc/self/smaps, mincore(2), move_pages(2).
#ifndef JOIN_SRC_MEMORY_PLACEMENT_HPP
#define JOIN_SRC_MEMORY_PLACEMENT_HPP

#include "memory/mapping.hpp"
#include "os/numa.hpp"

#include <join/placement.hpp>

#include <optional>
#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
/// What backs a mapping. A member without a value cannot be known on this system.
struct Backed
{
    std::optional<uint64_t> page;      ///< size of the smallest page, bytes
    std::optional<uint64_t> huge;      ///< bytes on huge pages
    std::optional<uint64_t> resident;  ///< bytes
    std::optional<uint64_t> locked;    ///< bytes
};

Backed readBacked (const Mapping& mapping) noexcept;

/// Counts resident pages by node.
class NodePages
{
public:
    /// Adds those of a range, up to about `most`. @return 0, or an errno if the nodes cannot be known on this system
    int add (void* address, std::size_t bytes, uint64_t most = UINT64_MAX) noexcept;

    /// The nodes that have some. @throw std::bad_alloc
    std::vector<NodeBytes> list () const;

private:
    static void count (void* page, int node, void* pages) noexcept;

    uint64_t _onNode[os::maxNodes] = {};
};

/// Passes the report to `take`, which copies it. @throw std::bad_alloc
void reportPlacement (const Mapping& mapping, detail::PlacementReceiver take, void* to);

}  // namespace JOIN_ABI
}  // namespace join

#endif
