// SPDX-License-Identifier: MIT
// Reports about a queue in the structs of joinmem.h, of any struct_size.
#ifndef JOIN_CAPI_REPORT_HPP
#define JOIN_CAPI_REPORT_HPP

#include "joinmem.h"

#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// Implement jm_queue_producers (), jm_inspect_producers () and jm_queue_get_stats ().
int64_t producersOf (detail::Ring& ring, jm_producer* list, uint64_t count, uint32_t size) noexcept;
int64_t producersOf (const char* name, jm_producer* list, uint64_t count, uint32_t size) noexcept;
int statsOf (const detail::Ring& ring, jm_queue_stats* stats, uint32_t size) noexcept;

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
