// SPDX-License-Identifier: MIT
// The number of objects, of all processes, that have a segment open: /proc/locks has a line for each attach lock.
#ifndef JOIN_SRC_QUEUE_USERS_HPP
#define JOIN_SRC_QUEUE_USERS_HPP

#include "os/files.hpp"

#include <optional>

namespace join
{
inline namespace JOIN_ABI
{
/// The number of open file descriptions that hold the attach lock of a file, which is known to be locked. No value:
/// /proc/locks cannot be read, or has too many lines.
///
/// Reading /proc/locks takes time in proportion to all locks of the machine, so inspecting each of many segments would
/// be quadratic. Therefore a long table (more than 128 locks) is kept for 16 times as long as reading it took: a count
/// may be that old. A short table is read each time.
/// While other locks come and go, the kernel may list a lock twice, or leave it out: the number is an estimate then.
///
/// Thread safety: any thread.
std::optional<uint32_t> countUsers (const os::FileFacts& facts) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
