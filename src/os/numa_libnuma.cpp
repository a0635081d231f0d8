// SPDX-License-Identifier: MIT
// The NUMA calls by way of libnuma's wrappers.
#include "numa.hpp"

#include <cerrno>
#include <climits>
#include <numaif.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
constexpr int wordBits = sizeof (unsigned long) * CHAR_BIT;

unsigned moveFlag (Move move) noexcept
{
    return move == Move::None ? 0U : move == Move::Own ? MPOL_MF_MOVE : MPOL_MF_MOVE_ALL;
}
}  // namespace

int bindPages (void* address, std::size_t bytes, int node, Move move) noexcept
{
    unsigned long mask[maxNodes / wordBits] = {};
    mask[node / wordBits] = 1UL << (node % wordBits);
    // The kernel reads one bit less than the number that it gets.
    return ::mbind (address, bytes, MPOL_BIND, mask, maxNodes + 1, moveFlag (move)) == 0 ? 0 : errno;
}

int boundNode (const void* address, int* node) noexcept
{
    int mode = MPOL_DEFAULT;
    unsigned long mask[maxNodes / wordBits] = {};
    *node = -1;
    if (::get_mempolicy (&mode, mask, maxNodes + 1, const_cast<void*> (address), MPOL_F_ADDR) != 0)
    {
        return errno;
    }
    int count = 0;
    for (int i = 0; mode == MPOL_BIND && i < maxNodes; ++i)
    {
        if ((mask[i / wordBits] >> (i % wordBits) & 1) != 0)
        {
            *node = ++count == 1 ? i : -1;
        }
    }
    return 0;
}

int queryPages (void** pages, std::size_t count, int* nodes) noexcept
{
    return ::move_pages (0, count, pages, nullptr, nodes, 0) < 0 ? errno : 0;
}

int movePages (void** pages, std::size_t count, int node, Move move, int* status) noexcept
{
    constexpr std::size_t most = 512;
    if (count > most)
    {
        return EINVAL;
    }
    int nodes[most];
    for (std::size_t i = 0; i < count; ++i)
    {
        nodes[i] = node;
    }
    return ::move_pages (0, count, pages, nodes, status, static_cast<int> (moveFlag (move))) < 0 ? errno : 0;
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
