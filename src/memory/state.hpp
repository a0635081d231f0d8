// SPDX-License-Identifier: MIT
// The private state of a Memory: a Mapping, under the name that the public header declares.
#ifndef JOIN_SRC_MEMORY_STATE_HPP
#define JOIN_SRC_MEMORY_STATE_HPP

#include "memory/mapping.hpp"

#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
struct Memory::State : Mapping
{
    std::mutex mutex;  // protects `asked`, which const members on several threads change and read
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
