// SPDX-License-Identifier: MIT
// The descriptors of slot locks: opened by /proc/self/fd or by the
// segment's name, and checked before and after each use.
#include "queue/lock_file.hpp"

#include "segment/names.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// The part of an error message that describes one of the two ways to open the file.
struct StepText
{
    StepText (const char* step, int error, const char* missing) noexcept
    {
        error == ENOENT ? std::snprintf (text, sizeof (text), "%s", missing)
                        : std::snprintf (text, sizeof (text), "%s is refused (errno %d)", step, error);
    }

    char text[96];
};
}  // namespace

void LockFile::release () noexcept
{
    closeOurs (&_kept);
    for (File& spare : _spares)
    {
        closeOurs (&spare);
    }
    _device = 0;
    _inode = 0;
}

// The program may have closed the descriptor, and another file may have its number.
void LockFile::closeOurs (File* file) noexcept
{
    if (isOurs (file->handle) || (file->handle != -1 && _inode == 0))  // 0: it has just been opened
    {
        os::closeFile (file->handle);
    }
    file->handle = -1;
}

void LockFile::identify (const char* name, uint64_t device, uint64_t inode) noexcept
{
    _name = name;
    _device = device;
    _inode = inode;
}

bool LockFile::isOurs (int file) const noexcept
{
    os::FileFacts facts;
    return file != -1 && os::factsOf (file, &facts) == 0 && facts.device == _device && facts.inode == _inode;
}

int LockFile::openByName (File* fresh) const noexcept
{
    int error = ENOENT;
    const SegmentDirs places = segmentDirs ();
    for (std::size_t i = 0; i < places.count (); ++i)
    {
        File named;
        const SegmentPath path (places[i], _name);
        const int result = os::openFile (path.text, true, &named.handle);
        if (result == 0 && isOurs (named.handle))
        {
            std::swap (fresh->handle, named.handle);
            return 0;
        }
        error = result != 0 && error == ENOENT ? result : error;
    }
    return error;
}

Failure LockFile::open (File* fresh) noexcept
{
    int again = EBADF;
    if (isOurs (_kept.handle))
    {
        File opened;
        again = os::openAgain (_kept.handle, &opened.handle);
        if (again == 0 && isOurs (opened.handle))
        {
            std::swap (fresh->handle, opened.handle);
            return Failure ();
        }
        again = again == 0 ? EBADF : again;  // another thread closed and reused the number just now
    }
    const int named = openByName (fresh);
    if (named == 0)
    {
        return Failure ();
    }
    const StepText byNumber ("opening it by /proc/self/fd", again, "/proc is not mounted here");
    const StepText byName ("opening its name", named, "it is not found by its name");
    return Failure (again != EBADF && again != ENOENT ? again : named,
                    "no further producer slot of segment %.64s can be locked: %s, and %s; let threads push once "
                    "before the process drops its privileges, or closes descriptors that it did not open",
                    _name, again == EBADF ? "the descriptor that the library kept is closed" : byNumber.text,
                    byName.text);
}

Failure LockFile::probe (uint32_t number, bool* held) noexcept
{
    constexpr int maxAttempts = 16;
    for (int i = 0; i < maxAttempts; ++i)
    {
        File fresh;
        const bool kept = isOurs (_kept.handle);
        if (Failure failure = kept ? Failure () : open (&fresh))
        {
            return failure;
        }
        const int file = kept ? _kept.handle : fresh.handle;
        const int error = os::slotHeld (file, number, held);
        // In another file no byte is locked: so "not held" counts only if the descriptor still refers to this file.
        if ((error == 0 && *held) || isOurs (file))
        {
            return error == 0 ? Failure ()
                              : Failure (error, "slot lock %u of segment %.64s cannot be read (fcntl F_OFD_GETLK)",
                                         number, _name);
        }
        fresh.handle = -1;  // another thread closed it: it must not be closed again
    }
    return Failure (
        EBADF,
        "slot lock %u of segment %.64s cannot be read: another thread keeps closing the descriptors of the library; "
        "let it close only those that the program opened",
        number, _name);
}

void LockFile::keepSpares (uint32_t count) noexcept
{
    _wanted = count > _wanted ? count : _wanted;
    uint32_t existing = 0;
    for (File& mine : _spares)
    {
        if (!isOurs (mine.handle))
        {
            mine.handle = -1;
        }
        else if (existing == count)
        {
            closeOurs (&mine);
        }
        existing += mine.handle != -1 ? 1 : 0;
    }
    for (File& mine : _spares)
    {
        if (existing < count && mine.handle == -1)
        {
            open (&mine);  // a failure is no error: a process that can open descriptions needs no spare one
            existing += mine.handle != -1 ? 1 : 0;
        }
    }
}

bool LockFile::takeSpare (File* spare) noexcept
{
    for (File& mine : _spares)
    {
        if (isOurs (mine.handle))
        {
            std::swap (spare->handle, mine.handle);
            return true;
        }
        mine.handle = -1;
    }
    return false;
}

void LockFile::giveSpare (File* spare) noexcept
{
    for (File& mine : _spares)
    {
        if (mine.handle == -1)
        {
            std::swap (spare->handle, mine.handle);
            return;
        }
    }
}

void LockFile::renewSpares () noexcept
{
    for (uint32_t i = 0; i < maxSpares; ++i)
    {
        closeOurs (&_spares[i]);
        // By the descriptor alone: the search by name needs a mutex, which a thread of the parent may have held.
        File opened;
        if (i < _wanted && isOurs (_kept.handle) && os::openAgain (_kept.handle, &opened.handle) == 0
            && isOurs (opened.handle))
        {
            std::swap (_spares[i].handle, opened.handle);
        }
    }
}

}  // namespace JOIN_ABI
}  // namespace join
