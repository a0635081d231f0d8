// SPDX-License-Identifier: MIT
// An OFD lock on one byte (fcntl F_OFD_SETLK).
#include "once.hpp"

#include "files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
constexpr uint64_t constructionOffset = lockOffset + 4096;  // after all slot locks

int setLock (int file, short type) noexcept
{
    struct flock64 lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off64_t> (constructionOffset);
    lock.l_len = 1;
    return ::fcntl (file, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}
}  // namespace

int holdConstruction (int file) noexcept
{
    return setLock (file, F_WRLCK);
}

int giveConstruction (int file) noexcept
{
    return setLock (file, F_UNLCK);
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
