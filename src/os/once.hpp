// SPDX-License-Identifier: MIT
// The lock that a process holds while it constructs a segment's contents: an OFD lock on a byte after the slot locks.
#ifndef JOIN_SRC_OS_ONCE_HPP
#define JOIN_SRC_OS_ONCE_HPP

#include <join/detail/abi.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// Takes the lock for this open file description. EAGAIN, EACCES: another one holds it. The kernel releases it when the
/// process dies.
int holdConstruction (int file) noexcept;

/// Releases the lock, even if a forked child has inherited the description.
int giveConstruction (int file) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
