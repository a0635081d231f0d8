// SPDX-License-Identifier: MIT
// What is asked about a queue, into the structs of joinmem.h, of whatever size.
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
/// As jm_queue_participants (), jm_inspect_participants () and jm_queue_get_stats () promise.
int64_t participantsOf (detail::Ring& ring, jm_participant* list, uint64_t count, uint32_t size) noexcept;
int64_t participantsOf (const char* name, jm_participant* list, uint64_t count, uint32_t size) noexcept;
int statsOf (const detail::Ring& ring, jm_queue_stats* stats, uint32_t size) noexcept;

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
