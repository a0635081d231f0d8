// SPDX-License-Identifier: MIT
// The private state of a Memory: a Mapping, under the name that the public header declares.
#ifndef JOIN_SRC_MEMORY_STATE_HPP
#define JOIN_SRC_MEMORY_STATE_HPP

#include "memory/mapping.hpp"

namespace join
{
inline namespace JOIN_ABI
{
struct Memory::State : Mapping
{
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
