// SPDX-License-Identifier: MIT
// What the library knows as one flat JSON object. The keys are documented in joinmem.h and part of the ABI.
#ifndef JOIN_CAPI_JSON_HPP
#define JOIN_CAPI_JSON_HPP

#include <join/inspect.hpp>

#include <string>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// A JSON string of any bytes: those that are no UTF-8 become U+FFFD each.
std::string quoted (std::string_view text);

std::string jsonOf (const Placement& placement);
std::string jsonOf (const SegmentInfo& info);
std::string jsonOf (const SegmentPages& pages);

/// As snprintf(3): cut to fit, and the whole length; -1: null with a size.
int64_t writeText (std::string_view from, char* text, uint64_t size) noexcept;

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
