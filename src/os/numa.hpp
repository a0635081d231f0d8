// SPDX-License-Identifier: MIT
// NUMA policy and placement: mbind(2), move_pages(2). Built from numa_libnuma.cpp, or from numa_none.cpp, where each
// function is ENOSYS.
#ifndef JOIN_SRC_OS_NUMA_HPP
#define JOIN_SRC_OS_NUMA_HPP

#include <join/detail/abi.hpp>

#include <cstddef>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
constexpr int maxNodes = 1024;  // as any kernel is built with, or fewer

enum class Move
{
    None,  ///< pages that come from now on
    Own,   ///< those there too that only this process maps
    All,   ///< those others map as well: CAP_SYS_NICE
};

/// MPOL_BIND to the one node. Its 0 does not say that pages moved. Required: 0 <= node < maxNodes.
int bindPages (void* address, std::size_t bytes, int node, Move move) noexcept;

/// The one node that the memory at `address` is bound to, by its mapping or its file; -1: none, or more than one. Faults
/// nothing in.
int boundNode (const void* address, int* node) noexcept;

/// The node of each page, or minus an errno where there is none. Faults nothing in.
int queryPages (void** pages, std::size_t count, int* nodes) noexcept;

/// Moves pages one by one; `status` as of queryPages. ENOMEM: the node is full.
int movePages (void** pages, std::size_t count, int node, Move move, int* status) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
