// SPDX-License-Identifier: MIT
// The error of a queue object without a queue, which was moved from or whose make () failed.
#ifndef JOIN_SRC_QUEUE_NONE_HPP
#define JOIN_SRC_QUEUE_NONE_HPP

#include "base/failure.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
constexpr const char* noQueue = "the object has no queue: it was moved from, or make () failed";

/// @return -1, lastError is EBADF
inline int failNone () noexcept
{
    return setError (EBADF, noQueue);
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
