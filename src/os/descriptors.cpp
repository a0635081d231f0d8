// SPDX-License-Identifier: MIT
// Moves new descriptors above the standard ones.
#include "descriptors.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
int keepDescriptor (int result, int* file) noexcept
{
    constexpr int firstFree = STDERR_FILENO + 1;
    if (result == -1)
    {
        return errno;
    }
    if (result < firstFree)
    {
        const int moved = ::fcntl (result, F_DUPFD_CLOEXEC, firstFree);
        const int error = errno;
        ::syscall (SYS_close, result);  // libc's close () is a cancellation point
        if (moved == -1)
        {
            return error == EINVAL ? EMFILE : error;  // EINVAL: the limit is below 4
        }
        result = moved;
    }
    *file = result;
    return 0;
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
