// SPDX-License-Identifier: MIT
// Memory on a NUMA node, and the proof that it is there.
#ifndef JOIN_SRC_BINDING_HPP
#define JOIN_SRC_BINDING_HPP

#include "failure.hpp"
#include "os/numa.hpp"

#include <cstddef>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// mbind(2) with a sentence: says which nodes there are where this one is none.
Failure setPolicy (void* address, std::size_t bytes, int node, os::Move move) noexcept;

/// Binds whole pages, moves those that are there, and looks. `pooled`: on huge pages of the pool.
Failure bindRange (void* address, std::size_t bytes, int node, bool pooled) noexcept;

/// ENOMEM where the memory is bound to a node, by whomever, that has no room for those of its pages that are not there
/// yet: to touch them would be the killer's. Not for pages of the pool.
Failure checkBound (const void* address, std::size_t bytes) noexcept;

/// Calls visit (node) for each page that is there. 0, or an errno of move_pages(2).
int eachPage (void* address, std::size_t bytes, void (*visit) (void* page, int node, void* with), void* with) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
