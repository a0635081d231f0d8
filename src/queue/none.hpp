// SPDX-License-Identifier: MIT
// The errors of queue objects without a queue, which were moved from or whose make () failed, and of drained queues.
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

/// @return -1, lastError is EPIPE
inline int failDrained () noexcept
{
    return setError (EPIPE, "the queue is shut down, and drained");
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
