// SPDX-License-Identifier: MIT
// Repeats system calls that fail for a transient reason.
#ifndef JOIN_SRC_BASE_RETRY_HPP
#define JOIN_SRC_BASE_RETRY_HPP

#include <join/detail/abi.hpp>

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
/// Repeats the call up to 16 times while it fails with EINTR, EAGAIN or EBUSY, as after a signal or for a page that
/// another thread holds for a moment. @return 0, or the last errno
template <typename Call>
int retryTransient (Call call) noexcept
{
    constexpr int patience = 16;
    int error = 0;
    for (int i = 0; i < patience; ++i)
    {
        error = call ();
        if (error != EINTR && error != EAGAIN && error != EBUSY)
        {
            break;
        }
    }
    return error;
}

}  // namespace JOIN_ABI
}  // namespace join

#endif
