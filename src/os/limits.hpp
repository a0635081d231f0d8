// SPDX-License-Identifier: MIT
// Resource limits of the process, getrlimit(2), and the machine's free RAM, sysinfo(2).
#ifndef JOIN_SRC_OS_LIMITS_HPP
#define JOIN_SRC_OS_LIMITS_HPP

#include <join/detail/abi.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// The value of a limit that is not set.
constexpr uint64_t unlimited = ~uint64_t (0);

uint64_t lockLimit () noexcept;       ///< RLIMIT_MEMLOCK, bytes
uint64_t fileLimit () noexcept;       ///< RLIMIT_FSIZE, bytes
uint64_t dataLimit () noexcept;       ///< RLIMIT_DATA, bytes
uint64_t addressLimit () noexcept;    ///< RLIMIT_AS, bytes
uint64_t fileCountLimit () noexcept;  ///< RLIMIT_NOFILE, descriptors

/// Unused RAM, bytes. That is less than what is available, but reading it takes a twentieth of the time.
uint64_t freeRam () noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
