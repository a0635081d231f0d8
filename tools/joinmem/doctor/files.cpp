// SPDX-License-Identifier: MIT
// What segments need of files: made without a name, named when they are whole, and locked by who has them open. Nothing
// here ever has a name.
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
constexpr off64_t leaseByte = off64_t (1) << 62;  // where the library holds its lease

constexpr Subject unnamedSubject {"tmpfile", "files without a name in /dev/shm (O_TMPFILE)", sharedSection};
constexpr Subject linkSubject {"linkat", "giving such a file its name", sharedSection};
constexpr Subject leaseSubject {"leases", "locks of open file descriptions (F_OFD_SETLK)", sharedSection};
constexpr Subject protectedSubject {"protected-regular", "fs.protected_regular", sharedSection};

Result lease (int file, int command, short type) noexcept
{
    struct flock64 lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = leaseByte;
    lock.l_len = 1;
    return resultOf (::fcntl (file, command, &lock) == 0);
}

// "." is there already. The kernel says so when it has found the file and allowed the link, and makes no name.
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
        return unnamedSubject.fine ("works", "A process that dies while it makes a segment leaves nothing.");
    }
    if (result == EOPNOTSUPP || result == EISDIR)
    {
        return unnamedSubject.worse (
            wordsFor (result),
            "A process that dies while it makes a segment may leave a file /dev/shm/.joinmem-*, "
            "which the next one removes. No half-made segment is seen even so.",
            "mount -t tmpfs -o mode=1777 tmpfs /dev/shm (as root)");
    }
    return unnamedSubject.missing (wordsFor (result), "No segment can be made.", "see check shm");
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
        return linkSubject.unknown ("not tried, for want of a file", "");
    }
    if (direct == 0 || (direct == ENOENT && byProc == 0))
    {
        return linkSubject.fine (direct == 0 ? "by its descriptor (AT_EMPTY_PATH)" : "by /proc/self/fd",
                                 "A segment's name appears when the segment is whole.");
    }
    if (direct == ENOENT && !facts.machine.proc)
    {
        return linkSubject.worse ("not without /proc",
                                  "Segments are made under a working name: a process that dies in the middle may leave "
                                  "a file /dev/shm/.joinmem-*, which the next one removes.",
                                  "mount -t proc proc /proc (as root)");
    }
    return linkSubject.missing (wordsFor (direct == ENOENT ? byProc : direct), "No segment can be made.",
                                "a seccomp profile that lets linkat pass");
}

Check judgeLease (const Facts& facts)
{
    const Results& results = facts.calls.file;
    if (!facts.calls.tried)
    {
        return leaseSubject.unknown (notLive, "");
    }
    if (results[FileMemory] != 0 || results[FileLockRead] == notTried)
    {
        return leaseSubject.unknown ("not tried, for want of a file", "");
    }
    const char* const mend = "Linux from 3.15 on, and a seccomp profile that lets fcntl pass";
    for (const std::size_t call : {FileLockRead, FileLockWrite})
    {
        if (results[call] != 0)
        {
            return leaseSubject.missing (wordsFor (results[call]),
                                         "No segment can be made or opened: it could not be known who has it open.",
                                         mend);
        }
    }
    if (results[FileLockQuery] != 0)
    {
        return leaseSubject.worse ("they can be taken, not asked for: " + wordsFor (results[FileLockQuery]),
                                   "Nobody is taken for dead: what is behind a push that a dead process did not finish "
                                   "waits for ever.",
                                   mend);
    }
    return leaseSubject.fine ("work", "Who has a segment open is known, and who died is noticed, across PID namespaces "
                                      "too.");
}

Check judgeProtected (const AroundFacts& around)
{
    if (around.protectedRegular.empty ())
    {
        return protectedSubject.unknown ("not there", "");
    }
    return protectedSubject.fine (around.protectedRegular,
                                  "Any value will do: another user's segment is opened without O_CREAT.");
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
    results[FileLockRead] = lease (file, F_OFD_SETLK, F_RDLCK);
    results[FileLockWrite] = lease (file, F_OFD_SETLK, F_WRLCK);
    results[FileLockQuery] = lease (file, F_OFD_GETLK, F_WRLCK);
    ::close (file);
}

void judgeFiles (const Facts& facts, Checks* checks)
{
    checks->push_back (judgeUnnamed (facts));
    checks->push_back (judgeLink (facts));
    checks->push_back (judgeLease (facts));
    checks->push_back (judgeProtected (facts.around));
}

}  // namespace tool::doctor
