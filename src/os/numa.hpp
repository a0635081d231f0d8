// SPDX-License-Identifier: MIT
// NUMA policy and placement: mbind(2), get_mempolicy(2), move_pages(2). The build uses numa_libnuma.cpp, or
// numa_none.cpp, where each function returns ENOSYS.
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
constexpr int maxNodes = 1024;  // no kernel is built with more

enum class Move
{
    None,  ///< only pages that are allocated from now on
    Own,   ///< also existing pages that only this process maps
    All,   ///< also pages that other processes map: needs CAP_SYS_NICE
};

/// Binds the pages to the node with MPOL_BIND. 0 does not prove that pages moved. Required: 0 <= node < maxNodes.
int bindPages (void* address, std::size_t bytes, int node, Move move) noexcept;

/// Reads the node that the memory at `address` is bound to, by its mapping or its file; -1: none, or more than one.
/// Faults no page in.
int boundNode (const void* address, int* node) noexcept;

/// Reads the node of each page, or a negative errno if the page does not exist. Faults no page in.
int queryPages (void** pages, std::size_t count, int* nodes) noexcept;

/// Moves pages one by one; `status` gets what queryPages () writes to `nodes`. ENOMEM: the node is full.
int movePages (void** pages, std::size_t count, int node, Move move, int* status) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
