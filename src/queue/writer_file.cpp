// SPDX-License-Identifier: MIT
// The second lock file: made, opened, and removed with its queue.
#include "queue/writer_file.hpp"

#include "os/pages.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// Users who may write to the queue may read and write this file; others have no permission.
constexpr uint32_t modeFor (uint32_t permissions) noexcept
{
    const uint32_t writers = (permissions & 0222) | 0200;
    return writers | writers << 1;
}

struct Left
{
    const SegmentDir& folder;
    int checksLeft;
};

// Whether the folder has no file of that inode number. Some file systems list numbers that differ from those of
// fstat(2), so the number of a file that certainly exists must be listed as well.
bool isAbsent (const SegmentDir& folder, uint64_t inode, uint64_t present) noexcept
{
    bool listed = false;
    bool found = true;
    return os::hasInode (folder.path, present, &listed) == 0 && listed && os::hasInode (folder.path, inode, &found) == 0
           && !found;
}

// Removes a file whose attach lock no process holds, and whose queue has no name.
void removeIfLeft (const char* name, void* with)
{
    Left& left = *static_cast<Left*> (with);
    const SegmentPath path (left.folder, name);
    const uint64_t inode = std::strtoull (name + std::strlen (lockPrefix), nullptr, 16);
    File file;
    os::FileFacts facts;
    if (left.checksLeft-- > 0 && os::openFile (path.text, true, &file.handle) == 0
        && os::factsOf (file.handle, &facts) == 0 && facts.regular && facts.owner == os::effectiveUser ()
        && os::holdAttachLockAlone (file.handle) == 0 && isAbsent (left.folder, inode, facts.inode))
    {
        os::removeName (path.text);
    }
}
}  // namespace

WriterFilePath::WriterFilePath (const char* path, uint64_t inode, uint64_t number) noexcept
{
    const char* slash = std::strrchr (path, '/');
    const int length = slash != nullptr ? static_cast<int> (slash - path) : 0;
    std::snprintf (text, sizeof (text), "%.*s/%s%llx-%016llx", length < 232 ? length : 232, path, lockPrefix,
                   static_cast<unsigned long long> (inode), static_cast<unsigned long long> (number));
}

void removeLeftWriterFiles (const SegmentDir& folder) noexcept
{
    constexpr int maxChecks = 8;  // for each queue that is made: over time all are removed
    Left left {folder, maxChecks};
    os::eachName (folder.path, lockPrefix, removeIfLeft, &left);
}

// Takes the attach lock, which then lasts as long as the mapping; a forked child inherits it.
Failure WriterFile::attach (const char* path) noexcept
{
    std::snprintf (_path, sizeof (_path), "%s", path);
    os::FileFacts facts;
    if (int error = os::factsOf (_locks.kept ().handle, &facts))
    {
        return Failure (error, "%.300s cannot be examined (fstat)", _path);
    }
    _locks.identify (std::strrchr (_path, '/'), facts.device, facts.inode);
    if (Failure failure = takeAttachLock (_locks.kept (), _path))
    {
        return failure;
    }
    if (os::factsOf (_locks.kept ().handle, &facts) != 0 || !facts.named)
    {
        return Failure (EAGAIN, "%.300s is being removed", _path).as (Signal::LostRace);
    }
    const std::size_t unit = static_cast<std::size_t> (facts.blockSize);  // on a hugetlbfs the size of a huge page
    _bytes = unit % os::basePageSize () == 0 && unit != 0 ? unit : os::basePageSize ();
    if (int error = os::mapForReading (_locks.kept ().handle, _bytes, &_attached))
    {
        return Failure (error, "the attach lock of %.300s cannot be kept (mmap)", _path);
    }
    return Failure ();
}

Failure WriterFile::create (const File& segment, const SegmentDir& folder, uint32_t permissions) noexcept
{
    release ();
    if (!hasReaders (permissions))
    {
        return Failure ();
    }
    removeLeftWriterFiles (folder);
    os::FileFacts facts;
    if (int error = os::factsOf (segment.handle, &facts))
    {
        return Failure (error, "a new segment in %s cannot be examined (fstat)", folder.path);
    }
    uint64_t number = 0;
    if (int error = os::randomBytes (&number, sizeof (number)))
    {
        return Failure (error, "the kernel returned no random number for a lock file in %s (getrandom)", folder.path);
    }
    const WriterFilePath path (SegmentPath (folder, "").text, facts.inode, number);
    int error = number == 0 ? EEXIST : os::createFile (path.text, &_locks.kept ().handle);
    if (error == EEXIST)
    {
        return Failure (EAGAIN, "%s is taken", path.text).as (Signal::LostRace);
    }
    if (error != 0)
    {
        return Failure (error, "the lock file %s cannot be made", path.text);
    }
    _published = false;
    _number = number;
    if (Failure failure = attach (path.text))
    {
        return failure;
    }
    error = os::setMode (_locks.kept ().handle, modeFor (permissions));
    return error == 0 ? Failure () : Failure (error, "the lock file %s cannot be given its mode", path.text);
}

void WriterFile::withdraw () noexcept
{
    _published = _number == 0;
    release ();
}

Failure WriterFile::open (const File& segment, const char* path, uint64_t number) noexcept
{
    release ();
    os::FileFacts facts;
    os::FileFacts own;
    const bool known = os::factsOf (segment.handle, &facts) == 0;
    const WriterFilePath other (path, facts.inode, number);
    const int error = known ? os::openFile (other.text, true, &_locks.kept ().handle) : EBADF;
    Failure failure;
    if (error != 0 || os::factsOf (_locks.kept ().handle, &own) != 0 || !own.regular || own.owner != facts.owner)
    {
        failure =
            error == EACCES ? Failure (EACCES,
                                       "%.200s may be written by this user, but its lock file %.100s may not: give "
                                       "both the same owner and group",
                                       path, other.text)
            : error == 0 || error == ENOENT
                ? Failure (EBADMSG,
                           "%.200s has lost its lock file %.100s, which shows which producers are alive: remove it "
                           "(joinmem rm) and make it anew",
                           path, other.text)
                : Failure (error, "the lock file %.200s cannot be opened", other.text);
    }
    else
    {
        failure = attach (other.text);
        _number = number;
    }
    // A process that removes the queue holds this attach lock exclusively, and removes the queue's name first.
    if (os::factsOf (segment.handle, &facts) != 0 || !facts.named)
    {
        return Failure (EAGAIN, "%.300s is being removed", path).as (Signal::LostRace);
    }
    return failure;
}

void WriterFile::release () noexcept
{
    if (!_published)
    {
        os::removeName (_path);
    }
    if (_attached != nullptr)
    {
        os::unmap (_attached, _bytes);
    }
    _locks.release ();
    _attached = nullptr;
    _number = 0;
    _published = true;
}

}  // namespace JOIN_ABI
}  // namespace join
