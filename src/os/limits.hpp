// SPDX-License-Identifier: MIT
// What a process may take: getrlimit(2), sysinfo(2).
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
constexpr uint64_t unlimited = ~uint64_t (0);

uint64_t lockLimit () noexcept;       ///< RLIMIT_MEMLOCK, bytes
uint64_t fileLimit () noexcept;       ///< RLIMIT_FSIZE, bytes
uint64_t dataLimit () noexcept;       ///< RLIMIT_DATA, bytes
uint64_t addressLimit () noexcept;    ///< RLIMIT_AS, bytes
uint64_t fileCountLimit () noexcept;  ///< RLIMIT_NOFILE

/// RAM that nobody uses, bytes: less than what is available, and 20 times as quick to ask for.
uint64_t freeRam () noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
