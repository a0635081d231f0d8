// SPDX-License-Identifier: MIT
// The mark of a segment's file: an extended attribute that distinguishes it from another program's file, for segments
// whose bytes do not. Also whether a program that takes no locks has a file open, by a write lease.
#ifndef JOIN_SRC_OS_MARK_HPP
#define JOIN_SRC_OS_MARK_HPP

#include <join/detail/abi.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// Sets the mode of the file, and the attribute "user.joinmem" if `attribute` is true and the file system has
/// attributes (tmpfs before Linux 6.6 and hugetlbfs have none). Fails only if the mode cannot be set.
int setMarks (int file, uint32_t mode, bool attribute) noexcept;

/// *marked: whether the file has that attribute. EOPNOTSUPP: the file system has no attributes.
int markOf (int file, bool* marked) noexcept;

/// Checks that this descriptor, which is open for writing, has the only open file description of the file on this
/// machine, mappings included. It takes a write lease of fcntl(2) for an instant. 0: it is the only one. EAGAIN: there
/// is another. EACCES: only the owner of the file may ask.
int openOnlyHere (int file) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
