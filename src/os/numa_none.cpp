// SPDX-License-Identifier: MIT
// The NUMA calls of a build without libnuma: each returns ENOSYS.
#include "numa.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
int bindPages (void*, std::size_t, int, Move) noexcept
{
    return ENOSYS;
}

int boundNode (const void*, int*) noexcept
{
    return ENOSYS;
}

int queryPages (void**, std::size_t, int*) noexcept
{
    return ENOSYS;
}

int movePages (void**, std::size_t, int, Move, int*) noexcept
{
    return ENOSYS;
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
