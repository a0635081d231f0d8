// SPDX-License-Identifier: MIT
// Queries about the pages of a range: which are resident, and on which nodes. mincore(2), move_pages(2).
#ifndef JOIN_SRC_MEMORY_PAGE_QUERY_HPP
#define JOIN_SRC_MEMORY_PAGE_QUERY_HPP

#include <join/detail/abi.hpp>

#include <cstddef>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// Bytes of the range that are in RAM, in whole base pages; 0 if that is unknown.
uint64_t residentBytes (const void* address, std::size_t bytes) noexcept;

/// Calls visit (page, node) for each resident page of a range. Each base page costs about 0.1 us, resident or not.
/// @param most stop after the batch in which this many resident pages have been found
/// @return 0, or an errno of move_pages(2)
int eachPage (void* address, std::size_t bytes, void (*visit) (void* page, int node, void* with), void* with,
              uint64_t most = UINT64_MAX) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
