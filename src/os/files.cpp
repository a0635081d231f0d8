// SPDX-License-Identifier: MIT
#include "files.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
int errnoUnless (bool fine) noexcept
{
    return fine ? 0 : errno;
}

int opened (int result, int* file) noexcept
{
    if (result == -1)
    {
        return errno;
    }
    *file = result;
    return 0;
}

struct flock64 leaseLock (short type, uint32_t number) noexcept
{
    struct flock64 lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off64_t> (leaseOffset) + number;
    lock.l_len = 1;
    return lock;
}

int lease (int file, short type, uint32_t number = 0) noexcept
{
    struct flock64 lock = leaseLock (type, number);
    return errnoUnless (::fcntl (file, F_OFD_SETLK, &lock) == 0);
}
}  // namespace

int openFile (const char* path, bool writable, int* file) noexcept
{
    const int flags = (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    return opened (::open (path, flags), file);
}

int openForFacts (const char* path, int* file) noexcept
{
    return opened (::open (path, O_PATH | O_NOFOLLOW | O_CLOEXEC), file);
}

int openUnnamed (const char* folder, int* file) noexcept
{
    return opened (::open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), file);
}

int createFile (const char* path, int* file) noexcept
{
    return opened (::open (path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600), file);
}

int publish (int file, const char* path) noexcept
{
    return errnoUnless (::linkat (file, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0);
}

int publishByProc (int file, const char* path) noexcept
{
    char link[40];
    std::snprintf (link, sizeof (link), "/proc/self/fd/%d", file);
    return errnoUnless (::linkat (AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0);
}

int addName (const char* path, const char* newPath) noexcept
{
    return errnoUnless (::link (path, newPath) == 0);
}

int removeName (const char* path) noexcept
{
    return errnoUnless (::unlink (path) == 0);
}

int exists (const char* path) noexcept
{
    return errnoUnless (::faccessat (AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
}

int searchable (const char* folder) noexcept
{
    return errnoUnless (::faccessat (AT_FDCWD, folder, X_OK, AT_EACCESS) == 0);
}

int closeFile (int file) noexcept
{
    return errnoUnless (::close (file) == 0);
}

int factsOf (int file, FileFacts* facts) noexcept
{
    struct stat status;
    if (::fstat (file, &status) == -1)
    {
        return errno;
    }
    facts->regular = S_ISREG (status.st_mode);
    facts->named = status.st_nlink != 0;
    facts->owner = status.st_uid;
    facts->mode = status.st_mode & 07777;
    facts->size = static_cast<uint64_t> (status.st_size);
    facts->allocated = static_cast<uint64_t> (status.st_blocks) * 512;
    facts->blockSize = static_cast<uint64_t> (status.st_blksize);
    facts->device = status.st_dev;
    facts->inode = status.st_ino;
    return 0;
}

bool isDevice (uint64_t device, unsigned major, unsigned minor) noexcept
{
    return device == makedev (major, minor);
}

int bornAt (int file, uint64_t* nanoseconds) noexcept
{
    struct statx status;
    if (::statx (file, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &status) == -1)
    {
        return errno;
    }
    const statx_timestamp& time = (status.stx_mask & STATX_BTIME) != 0 ? status.stx_btime : status.stx_mtime;
    constexpr int64_t second = 1'000'000'000;
    *nanoseconds = time.tv_sec > 0 ? static_cast<uint64_t> (time.tv_sec * second + time.tv_nsec) : 0;
    return 0;
}

int nextData (int file, uint64_t offset, uint64_t* begin, uint64_t* end) noexcept
{
    const off_t data = ::lseek (file, static_cast<off_t> (offset), SEEK_DATA);
    const off_t hole = data == -1 ? -1 : ::lseek (file, data, SEEK_HOLE);
    if (hole == -1)
    {
        return errno;
    }
    *begin = static_cast<uint64_t> (data);
    *end = static_cast<uint64_t> (hole);
    return 0;
}

int roomOf (int file, Room* room) noexcept
{
    struct statfs status;
    if (::fstatfs (file, &status) == -1)
    {
        return errno;
    }
    const uint32_t magic = static_cast<uint32_t> (status.f_type);  // of 32 bits, and an int where a long has no more
    room->kind = magic == TMPFS_MAGIC       ? FileSystem::Tmpfs
                 : magic == HUGETLBFS_MAGIC ? FileSystem::Hugetlbfs
                                            : FileSystem::Other;
    room->total = static_cast<uint64_t> (status.f_blocks) * static_cast<uint64_t> (status.f_bsize);
    room->free = static_cast<uint64_t> (status.f_bavail) * static_cast<uint64_t> (status.f_bsize);
    return 0;
}

int setMode (int file, uint32_t permissions) noexcept
{
    return errnoUnless (::fchmod (file, static_cast<mode_t> (permissions)) == 0);
}

int setSize (int file, uint64_t bytes) noexcept
{
    return errnoUnless (::ftruncate (file, static_cast<off_t> (bytes)) == 0);
}

int allocate (int file, uint64_t offset, uint64_t bytes) noexcept
{
    return errnoUnless (::fallocate (file, 0, static_cast<off_t> (offset), static_cast<off_t> (bytes)) == 0);
}

int holdLease (int file) noexcept
{
    return lease (file, F_RDLCK);
}

int holdLeaseAlone (int file) noexcept
{
    return lease (file, F_WRLCK);
}

int leaseOfOthers (int file, bool* held) noexcept
{
    return laneHeld (file, 0, held);
}

int holdLane (int file, uint32_t number) noexcept
{
    return lease (file, F_WRLCK, number);
}

int laneHeld (int file, uint32_t number, bool* held) noexcept
{
    struct flock64 lock = leaseLock (F_WRLCK, number);
    const int result = ::fcntl (file, F_OFD_GETLK, &lock);
    *held = lock.l_type != F_UNLCK;
    return errnoUnless (result == 0);
}

int openAgain (int file, int* again) noexcept
{
    char link[40];
    std::snprintf (link, sizeof (link), "/proc/self/fd/%d", file);
    return opened (::open (link, O_RDWR | O_CLOEXEC), again);
}

int readAt (int file, uint64_t offset, void* bytes, std::size_t count, std::size_t* got) noexcept
{
    const ssize_t result = ::pread (file, bytes, count, static_cast<off_t> (offset));
    *got = result > 0 ? static_cast<std::size_t> (result) : 0;
    return errnoUnless (result != -1);
}

int eachName (const char* folder, const char* prefix, void (*visit) (const char* name, void* with), void* with) noexcept
{
    DIR* names = ::opendir (folder);
    if (names == nullptr)
    {
        return errno;
    }
    while (const dirent* entry = ::readdir (names))
    {
        if (std::strncmp (entry->d_name, prefix, std::strlen (prefix)) == 0)
        {
            visit (entry->d_name, with);
        }
    }
    ::closedir (names);
    return 0;
}

int ownedByUs (int file) noexcept
{
    // O_NOATIME is for the owner alone, see open(2): the kernel compares true owners.
    const int flags = ::fcntl (file, F_GETFL);
    return errnoUnless (flags != -1 && ::fcntl (file, F_SETFL, flags | O_NOATIME) == 0);
}

uint32_t effectiveUser () noexcept
{
    return ::geteuid ();
}

int randomBytes (void* bytes, unsigned count) noexcept
{
    return errnoUnless (::getrandom (bytes, count, 0) == static_cast<ssize_t> (count));
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
