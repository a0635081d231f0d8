// SPDX-License-Identifier: MIT
// The one pointer of a Memory: a Mapping, under the name that the public header gives it.
#ifndef JOIN_SRC_STATE_HPP
#define JOIN_SRC_STATE_HPP

#include "mapping.hpp"

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
