// SPDX-License-Identifier: MIT
// placement () as one flat JSON object. The keys are documented in joinmem.h and part of the ABI.
#ifndef JOIN_CAPI_JSON_HPP
#define JOIN_CAPI_JSON_HPP

#include <join/memory.hpp>

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

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
