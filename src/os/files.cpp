// SPDX-License-Identifier: MIT
// Files, their facts, and OFD locks (fcntl F_OFD_SETLK).
#include "files.hpp"

#include "descriptors.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <memory>
#include <new>
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

struct flock64 flockOf (short type, uint32_t number) noexcept
{
    struct flock64 lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off64_t> (lockOffset) + number;
    lock.l_len = 1;
    return lock;
}

int setLock (int file, short type, uint32_t number = 0) noexcept
{
    struct flock64 lock = flockOf (type, number);
    return errnoUnless (::fcntl (file, F_OFD_SETLK, &lock) == 0);
}

// Whether another description holds a lock that conflicts with one of that type.
int isHeld (int file, short type, uint32_t number, bool* held) noexcept
{
    struct flock64 lock = flockOf (type, number);
    const int result = ::fcntl (file, F_OFD_GETLK, &lock);
    *held = lock.l_type != F_UNLCK;
    return errnoUnless (result == 0);
}

void setFacts (const struct stat& status, FileFacts* facts) noexcept
{
    facts->regular = S_ISREG (status.st_mode);
    facts->named = status.st_nlink != 0;
    facts->owner = status.st_uid;
    facts->group = status.st_gid;
    facts->mode = status.st_mode & 07777;
    facts->size = static_cast<uint64_t> (status.st_size);
    facts->allocated = static_cast<uint64_t> (status.st_blocks) * 512;
    facts->blockSize = static_cast<uint64_t> (status.st_blksize);
    facts->device = status.st_dev;
    facts->inode = status.st_ino;
}

int eachEntry (const char* folder, void (*visit) (const dirent& entry, void* with), void* with) noexcept
{
    int file = -1;
    if (int error = keepDescriptor (::open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), &file))
    {
        return error;
    }
    DIR* names = ::fdopendir (file);
    if (names == nullptr)
    {
        const int error = errno;
        ::close (file);
        return error;
    }
    while (const dirent* entry = ::readdir (names))
    {
        visit (*entry, with);
    }
    ::closedir (names);
    return 0;
}
}  // namespace

int openFile (const char* path, bool writable, int* file) noexcept
{
    const int flags = (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    return keepDescriptor (::open (path, flags), file);
}

int openForFacts (const char* path, int* file) noexcept
{
    return keepDescriptor (::open (path, O_PATH | O_NOFOLLOW | O_CLOEXEC), file);
}

int openUnnamed (const char* folder, int* file) noexcept
{
    return keepDescriptor (::open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), file);
}

int createFile (const char* path, int* file) noexcept
{
    return keepDescriptor (::open (path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600), file);
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

int writable (const char* folder) noexcept
{
    return errnoUnless (::faccessat (AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0);
}

int closeFile (int file) noexcept
{
    return errnoUnless (::close (file) == 0);
}

int factsAt (const char* path, FileFacts* facts) noexcept
{
    struct stat status;
    return ::lstat (path, &status) == 0 ? (setFacts (status, facts), 0) : errno;
}

int factsOf (int file, FileFacts* facts) noexcept
{
    struct stat status;
    return ::fstat (file, &status) == 0 ? (setFacts (status, facts), 0) : errno;
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
    const uint32_t magic = static_cast<uint32_t> (status.f_type);  // 32 bits; f_type is a signed int on some systems
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

int holdAttachLock (int file) noexcept
{
    return setLock (file, F_RDLCK);
}

int holdAttachLockAlone (int file) noexcept
{
    return setLock (file, F_WRLCK);
}

int attachLockOfOthers (int file, bool* held) noexcept
{
    return isHeld (file, F_WRLCK, 0, held);
}

int holdSlot (int file, uint32_t number) noexcept
{
    return setLock (file, F_WRLCK, number);
}

int freeSlot (int file, uint32_t number) noexcept
{
    return setLock (file, F_UNLCK, number);
}

int slotHeld (int file, uint32_t number, bool* held) noexcept
{
    return isHeld (file, F_RDLCK, number, held);
}

int openAgain (int file, int* again) noexcept
{
    char link[40];
    std::snprintf (link, sizeof (link), "/proc/self/fd/%d", file);
    return keepDescriptor (::open (link, O_RDWR | O_CLOEXEC), again);
}

int readAt (int file, uint64_t offset, void* bytes, std::size_t count, std::size_t* got) noexcept
{
    const ssize_t result = ::pread (file, bytes, count, static_cast<off_t> (offset));
    *got = result > 0 ? static_cast<std::size_t> (result) : 0;
    return errnoUnless (result != -1);
}

int eachName (const char* folder, const char* prefix, void (*visit) (const char* name, void* with), void* with) noexcept
{
    struct Visit
    {
        const char* prefix;
        void (*visit) (const char* name, void* with);
        void* with;
    };
    Visit each = {prefix, visit, with};
    return eachEntry (
        folder,
        [] (const dirent& entry, void* what) {
            const Visit& here = *static_cast<Visit*> (what);
            if (std::strncmp (entry.d_name, here.prefix, std::strlen (here.prefix)) == 0)
            {
                here.visit (entry.d_name, here.with);
            }
        },
        &each);
}

int hasInode (const char* folder, uint64_t inode, bool* found) noexcept
{
    struct Wanted
    {
        uint64_t inode;
        bool found;
    };
    Wanted wanted = {inode, false};
    const int error = eachEntry (
        folder,
        [] (const dirent& entry, void* with) {
            Wanted& here = *static_cast<Wanted*> (with);
            here.found = here.found || entry.d_ino == here.inode;
        },
        &wanted);
    *found = wanted.found;
    return error;
}

int ownedByUs (int file) noexcept
{
    // Only the owner may set O_NOATIME, see open(2), and the kernel compares the true owners.
    const int flags = ::fcntl (file, F_GETFL);
    return errnoUnless (flags != -1 && ::fcntl (file, F_SETFL, flags | O_NOATIME) == 0);
}

uint32_t effectiveUser () noexcept
{
    return ::geteuid ();
}

bool isInGroup (uint32_t group) noexcept
{
    bool found = ::getegid () == group;
    const int count = found ? 0 : ::getgroups (0, nullptr);
    const std::unique_ptr<gid_t[]> groups (count > 0 ? new (std::nothrow) gid_t[static_cast<std::size_t> (count)]
                                                     : nullptr);
    const int got = groups != nullptr ? ::getgroups (count, groups.get ()) : 0;
    for (int i = 0; i < got; ++i)
    {
        found = found || groups[static_cast<std::size_t> (i)] == group;
    }
    return found;
}

int randomBytes (void* bytes, unsigned count) noexcept
{
    return errnoUnless (::getrandom (bytes, count, 0) == static_cast<ssize_t> (count));
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
