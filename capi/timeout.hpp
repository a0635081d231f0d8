// SPDX-License-Identifier: MIT
// The timeouts of joinmem.h: nanoseconds; -1: without limit; 0: do not wait.
#ifndef JOIN_CAPI_TIMEOUT_HPP
#define JOIN_CAPI_TIMEOUT_HPP

#include <join/detail/abi.hpp>
#include <join/detail/ring.hpp>
#include <join/detail/timeout.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// Sets lastError to EINVAL for a timeout below -1. @return -1
__attribute__ ((cold)) int refuseTimeout (int64_t timeout) noexcept;

/// @return whether the timeout is valid; else lastError is set
inline bool isTimeout (int64_t timeout) noexcept
{
    return __builtin_expect (timeout >= -1, 1) || refuseTimeout (timeout) == 0;
}

/// The deadline for a valid timeout that begins now.
inline detail::Deadline deadlineOf (int64_t timeout) noexcept
{
    return timeout == -1 ? detail::noDeadline () : detail::Ring::deadlineIn (timeout);
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
