// SPDX-License-Identifier: MIT
// Options as they came, checked: from here on every field is one that is meant.
#ifndef JOIN_SRC_OPTIONS_HPP
#define JOIN_SRC_OPTIONS_HPP

#include "failure.hpp"

#include <join/memory.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// Copies what a program of any age gave, of whatever size its struct is, and checks each field.
Failure readOptions (const MemOptions& given, bool shared, MemOptions* options) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
