// SPDX-License-Identifier: MIT
// Checked options: after readOptions () every field is present and valid.
#ifndef JOIN_SRC_MEMORY_OPTIONS_HPP
#define JOIN_SRC_MEMORY_OPTIONS_HPP

#include "base/failure.hpp"

#include <join/memory.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// Copies the options, whose struct may have the size of an older or a newer header, and checks each field.
Failure readOptions (const MemOptions& input, bool shared, MemOptions* options) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
