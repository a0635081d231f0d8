// SPDX-License-Identifier: MIT
// How much memory the limits of this process's cgroups leave, v1 or v2.
#ifndef JOIN_SRC_MEMORY_CGROUPS_HPP
#define JOIN_SRC_MEMORY_CGROUPS_HPP

#include "base/failure.hpp"

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// What the machine can provide besides free memory, bytes.
struct Reserves
{
    uint64_t swapFree = 0;
    uint64_t slabReclaimable = 0;
};

/// Fails with ENOMEM if the limit of a cgroup of this process, or of an ancestor, leaves less than `bytes` after the
/// kernel has reclaimed page cache, reclaimable slab (dentries and inodes) and, if the cgroup may swap, anonymous
/// memory.
Failure checkGroups (uint64_t bytes) noexcept;

/// Reads them from /proc/meminfo; zeros if it cannot be read.
Reserves readReserves () noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
