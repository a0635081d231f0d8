// SPDX-License-Identifier: MIT
// What memory there is to take, asked before a page is touched: a populate that runs out is killed, not refused.
#ifndef JOIN_SRC_BUDGET_HPP
#define JOIN_SRC_BUDGET_HPP

#include "failure.hpp"

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// Below this the look costs more than the memory, and is left out: the design's threshold.
constexpr uint64_t worthALook = uint64_t (1) << 20;

/// ENOMEM where the machine, or the limit of a cgroup that this process is in, leaves less than `bytes`.
Failure checkRoom (uint64_t bytes) noexcept;

/// ENOMEM where the node has less than `bytes` free. A node that tells nothing has room.
Failure checkNodeRoom (int node, uint64_t bytes) noexcept;

/// ENOMEM where the node's pool has less than `bytes` free in huge pages of that size: a touch would be a SIGBUS.
Failure checkNodePool (int node, uint64_t page, uint64_t bytes) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
