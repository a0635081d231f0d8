// SPDX-License-Identifier: MIT
// What segments require of files: they are created without a name, named when they are complete, and locked by each
// process that has them open. No probe here creates a name.
#include "facts.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tool::doctor
{
namespace
{
constexpr off64_t attachLockAt = off64_t (1) << 62;  // where the library holds its attach lock

constexpr Subject unnamedSubject {"tmpfile", "files without a name in /dev/shm (O_TMPFILE)", sharedSection};
constexpr Subject linkSubject {"linkat", "naming such a file (linkat)", sharedSection};
constexpr Subject attachLockSubject {"locks", "open file description locks (F_OFD_SETLK)", sharedSection};
constexpr Subject protectedSubject {"protected-regular", "fs.protected_regular", sharedSection};

Result lockByte (int file, int command, short type) noexcept
{
    struct flock64 lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = attachLockAt;
    lock.l_len = 1;
    return resultOf (::fcntl (file, command, &lock) == 0);
}

// "." exists already. The kernel returns EEXIST after it has found the file and allowed the link, and creates no name.
Result linkToDot (int from, const char* path, int flags) noexcept
{
    const int done = ::linkat (from, path, AT_FDCWD, "/dev/shm/.", flags);
    return done == 0 || errno == EEXIST ? 0 : errno;
}

Check judgeUnnamed (const Facts& facts)
{
    const Result result = facts.calls.file[FileUnnamed];
    if (!facts.calls.tried)
    {
        return unnamedSubject.unknown (notLive, "");
    }
    if (result == 0)
    {
        return unnamedSubject.fine ("works", "A process that dies while it creates a segment leaves nothing.");
    }
    if (result == EOPNOTSUPP || result == EISDIR)
    {
        return unnamedSubject.worse (
            wordsFor (result),
            "A process that dies while it creates a segment may leave a file "
            "/dev/shm/.joinmem-*, which the next process to create one removes. No process ever "
            "sees an incomplete segment.",
            "mount -t tmpfs -o mode=1777 tmpfs /dev/shm (as root)");
    }
    if ((result == EACCES || result == EPERM) && facts.shm.writable && !facts.shm.readOnly)
    {
        return unnamedSubject.worse (
            wordsFor (result) + ", although the directory is writable: a security module or a seccomp filter",
            "Segments are created under a temporary name that begins with their own, if that is allowed. A process "
            "that dies meanwhile may leave a file /dev/shm/NAME.joinmem-*, which the next process to create NAME "
            "removes.",
            "allow O_TMPFILE in the profile or the filter");
    }
    return unnamedSubject.missing (wordsFor (result), "No segment can be created.", "see check shm");
}

Check judgeLink (const Facts& facts)
{
    const Results& results = facts.calls.file;
    if (!facts.calls.tried)
    {
        return linkSubject.unknown (notLive, "");
    }
    const Result direct = results[FileLink];
    const Result byProc = results[FileLinkByProc];
    if (results[FileUnnamed] != 0)
    {
        return linkSubject.unknown ("not tried: no file could be created", "");
    }
    if (direct == 0 || (direct == ENOENT && byProc == 0))
    {
        return linkSubject.fine (direct == 0 ? "works by descriptor (AT_EMPTY_PATH)" : "works by /proc/self/fd",
                                 "A segment's name appears when the segment is complete.");
    }
    if (direct == ENOENT && !facts.machine.proc)
    {
        return linkSubject.worse (
            "does not work without /proc",
            "Segments are created under a temporary name: a process that dies meanwhile may leave a "
            "file /dev/shm/.joinmem-*, which the next process to create one removes.",
            "mount -t proc proc /proc (as root)");
    }
    return linkSubject.missing (wordsFor (direct == ENOENT ? byProc : direct), "No segment can be created.",
                                "allow linkat in the seccomp profile");
}

Check judgeAttachLock (const Facts& facts)
{
    const Results& results = facts.calls.file;
    if (!facts.calls.tried)
    {
        return attachLockSubject.unknown (notLive, "");
    }
    if (results[FileMemory] != 0 || results[FileLockRead] == notTried)
    {
        return attachLockSubject.unknown ("not tried: no file could be created", "");
    }
    const char* const fix = "use Linux 3.15 or later, and allow fcntl in the seccomp profile";
    for (const std::size_t call : {FileLockRead, FileLockWrite})
    {
        if (results[call] != 0)
        {
            return attachLockSubject.missing (
                wordsFor (results[call]),
                "No segment can be created or opened: the library could not find out which processes have it open.",
                fix);
        }
    }
    if (results[FileLockQuery] != 0)
    {
        return attachLockSubject.worse (
            "locks can be taken but not queried: " + wordsFor (results[FileLockQuery]),
            "No process is recognised as dead: elements after a push that a dead process did not finish are never "
            "delivered.",
            fix);
    }
    return attachLockSubject.fine (
        "work", "The library knows which processes have a segment open, and notices their death, even "
                "across PID namespaces.");
}

Check judgeProtected (const AroundFacts& around)
{
    if (around.protectedRegular.empty ())
    {
        return protectedSubject.unknown ("does not exist", "");
    }
    return protectedSubject.fine (around.protectedRegular,
                                  "Any value is fine: the library opens another user's segment without O_CREAT.");
}
}  // namespace

void tryFiles (Results& results) noexcept
{
    int file = ::open ("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    results[FileUnnamed] = resultOf (file != -1);
    if (file != -1)
    {
        char path[40];
        std::snprintf (path, sizeof (path), "/proc/self/fd/%d", file);
        results[FileLink] = linkToDot (file, "", AT_EMPTY_PATH);
        results[FileLinkByProc] = linkToDot (AT_FDCWD, path, AT_SYMLINK_FOLLOW);
        results[FileMemory] = 0;
    }
    else
    {
        results[FileLink] = ENOENT;
        results[FileLinkByProc] = ENOENT;
        file = ::memfd_create ("joinmem-doctor", MFD_CLOEXEC);
        results[FileMemory] = resultOf (file != -1);
    }
    results[FileLockRead] = lockByte (file, F_OFD_SETLK, F_RDLCK);
    results[FileLockWrite] = lockByte (file, F_OFD_SETLK, F_WRLCK);
    results[FileLockQuery] = lockByte (file, F_OFD_GETLK, F_WRLCK);
    ::close (file);
}

void judgeFiles (const Facts& facts, Checks* checks)
{
    checks->push_back (judgeUnnamed (facts));
    checks->push_back (judgeLink (facts));
    checks->push_back (judgeAttachLock (facts));
    checks->push_back (judgeProtected (facts.around));
}

}  // namespace tool::doctor
