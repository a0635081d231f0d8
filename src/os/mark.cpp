// SPDX-License-Identifier: MIT
// fsetxattr(2), fgetxattr(2), and a write lease of fcntl(2).
#include "mark.hpp"

#include "files.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/xattr.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
constexpr const char* markName = "user.joinmem";
}  // namespace

int setMarks (int file, uint32_t mode, bool attribute) noexcept
{
    const int error = setMode (file, mode);
    if (error == 0 && attribute)
    {
        ::fsetxattr (file, markName, "", 0, 0);  // if this fails, the mode is the mark
    }
    return error;
}

int markOf (int file, bool* marked) noexcept
{
    *marked = ::fgetxattr (file, markName, nullptr, 0) >= 0;
    return *marked || errno == ENODATA ? 0 : errno;
}

int openOnlyHere (int file) noexcept
{
    // A process that opens the file at that instant waits for the end of the lease, and this process gets a signal.
    // SIGURG is ignored by default, whereas SIGIO would terminate the process.
    if (::fcntl (file, F_SETSIG, SIGURG) == -1 || ::fcntl (file, F_SETLEASE, F_WRLCK) == -1)
    {
        return errno;
    }
    return ::fcntl (file, F_SETLEASE, F_UNLCK) == 0 ? 0 : errno;
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
