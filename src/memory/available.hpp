// SPDX-License-Identifier: MIT
// Checks for available memory before a page is touched: if memory runs out while pages are populated, no call fails,
// but the OOM killer acts.
#ifndef JOIN_SRC_MEMORY_AVAILABLE_HPP
#define JOIN_SRC_MEMORY_AVAILABLE_HPP

#include "base/failure.hpp"

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// Bytes below which a check costs more than the memory, and is left out.
constexpr uint64_t minChecked = uint64_t (1) << 20;

/// Fails with ENOMEM if the machine, or the limit of a cgroup of this process, leaves less than `bytes`.
Failure checkRoom (uint64_t bytes) noexcept;

/// Fails with ENOMEM if the node has less than `bytes` free. Succeeds if the kernel reports nothing about the node.
Failure checkNodeRoom (int node, uint64_t bytes) noexcept;

/// Fails with ENOMEM if the node's hugetlb pool has less than `bytes` free in pages of that size, so that a touch would
/// raise SIGBUS.
Failure checkNodePool (int node, uint64_t page, uint64_t bytes) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
