// SPDX-License-Identifier: MIT
// Binds memory to a NUMA node, and verifies on which nodes its pages are: mbind(2), move_pages(2).
#ifndef JOIN_SRC_MEMORY_BINDING_HPP
#define JOIN_SRC_MEMORY_BINDING_HPP

#include "base/failure.hpp"
#include "os/numa.hpp"

#include <cstddef>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// Sets the memory policy with mbind(2). The message for a node that does not exist lists the nodes that have memory.
Failure setPolicy (void* address, std::size_t bytes, int node, os::Move move) noexcept;

/// Binds whole pages to the node, moves the resident ones there, and verifies that they moved.
/// @param pooled the range is on huge pages of the hugetlb pool
Failure bindRange (void* address, std::size_t bytes, int node, bool pooled) noexcept;

/// Fails with ENOMEM if the memory is bound to a node, by any process, that lacks room for the pages that are not
/// resident yet: the OOM killer would answer a touch of them. Not for pages of the hugetlb pool.
Failure checkBound (const void* address, std::size_t bytes) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
