// SPDX-License-Identifier: MIT
// Reports of the library as flat JSON objects. Their keys are documented in joinmem.h and are part of the ABI.
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
/// A JSON string of any bytes: each byte that is not UTF-8 becomes U+FFFD.
std::string quoted (std::string_view text);

std::string jsonOf (const Placement& placement);
std::string jsonOf (const SegmentInfo& info);
std::string jsonOf (const SegmentPages& pages);

/// Copies a text as snprintf(3) does, cut to fit. @return its whole length, or -1: `text` is null and `size` is not 0
int64_t writeText (std::string_view from, char* text, uint64_t size) noexcept;

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
