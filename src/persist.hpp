// SPDX-License-Identifier: MIT
#ifndef JOIN_SRC_PERSIST_HPP
#define JOIN_SRC_PERSIST_HPP

#include <join/detail/abi.hpp>

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
/// Asks again after a transient answer, a signal or a page that somebody holds for a moment, some times; then believes it.
template <typename Call>
int persistently (Call call) noexcept
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
