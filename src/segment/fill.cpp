// SPDX-License-Identifier: MIT
// Initialises the file of a new segment: mode, size, attach lock, mapping, NUMA node, pages and contents.
#include "segment/segment.hpp"

#include "memory/available.hpp"
#include "os/limits.hpp"
#include "os/mark.hpp"
#include "os/pages.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
constexpr std::size_t most = std::size_t (32) << 20;  // bytes for one fallocate(2), which starts over after a signal
constexpr std::size_t least = std::size_t (64) << 10;

Failure tooFull (const SegmentDir& folder, uint64_t bytes)
{
    os::Room room;
    File file;
    if (os::openFile (folder.path, false, &file.handle) == 0)
    {
        os::roomOf (file.handle, &room);
    }
    return Failure (ENOSPC,
                    "%s has %s free of %s, the segment needs %s: remove segments, or mount it larger (mount -o "
                    "remount,size=..., --shm-size of a container)",
                    folder.path, SizeText (room.free).text, SizeText (room.total).text, SizeText (bytes).text);
}

Failure allocateFailure (int error, const SegmentDir& folder, uint64_t bytes)
{
    return error == ENOSPC ? tooFull (folder, bytes)
                           : Failure (error, "%s in %s cannot be allocated", SizeText (bytes).text, folder.path);
}

// Allocates the bytes. On a file system without fallocate(2), such as ramfs, the populate that follows does it.
// @return 0, or an errno
int allocateAll (const File& file, std::size_t from, std::size_t to)
{
    std::size_t piece = most;
    for (std::size_t at = from; at < to;)
    {
        const std::size_t bytes = to - at < piece ? to - at : piece;
        const int error = os::allocate (file.handle, at, bytes);
        if (error == EOPNOTSUPP)
        {
            return os::setSize (file.handle, to);
        }
        if (error != 0 && error != EINTR)
        {
            return error;
        }
        // Linux 6.1 gives up at any signal and undoes the call's work. With a periodic timer, smaller pieces succeed.
        at += error == 0 ? bytes : 0;
        piece = error == 0 ? (piece < most ? piece * 2 : most) : (piece > least ? piece / 2 : least);
    }
    return 0;
}

// Touches one base page in each huge page, then calls MADV_COLLAPSE. That zeroes each byte once, whereas allocating
// everything first zeroes and then copies it (64 MiB: a fifth of the time, docs/bench/memory.md). EFAULT means that the
// file system is full.
Failure allocateHuge (const Mapping& mapping, const SegmentDir& folder, std::size_t part)
{
    Failure failure = makeHuge (mapping.options, mapping.base, part, true, true);
    return failure.error () == EFAULT ? tooFull (folder, mapping.bytes) : Failure (failure);
}

Failure checkLimits (const Mapping& mapping, const SegmentDir& folder, const os::Room& room)
{
    if (os::fileLimit () < mapping.bytes)
    {
        return Failure (EFBIG, "RLIMIT_FSIZE is %s, the segment needs %s: raise it (ulimit -f)",
                        SizeText (os::fileLimit ()).text, SizeText (mapping.bytes).text);
    }
    // A sparse segment may be larger than its file system, which provides pages as they are touched.
    if (!mapping.fills () || mapping.bytes < minChecked || folder.hugePage != 0)
    {
        return Failure ();
    }
    return room.total != 0 && room.free < mapping.bytes ? tooFull (folder, mapping.bytes) : checkRoom (mapping.bytes);
}

// Makes the huge pages of a new segment. *done: bytes from the beginning that are complete.
Failure fillHuge (Mapping* mapping, const SegmentDir& folder, std::size_t part, std::size_t* done)
{
    Failure failure = allocateHuge (*mapping, folder, part);
    if (!failure)
    {
        *done = part < mapping->bytes ? part : mapping->bytes;
        return failure;
    }
    if (failure.error () == ENOSPC)
    {
        return failure;
    }
    mapping->note (failure);
    mapping->hugeRefused = mapping->options.huge == HugePages::Require;
    return mapping->hugeRefused ? noHugePages (transparentPage (), mapping->bytes, true) : Failure ();
}

Failure fillTmpfs (Mapping* mapping, const File& file, const SegmentDir& folder)
{
    const bool require = mapping->options.huge == HugePages::Require;
    const std::size_t part = hugePart (*mapping);
    if (Failure failure = unreadableHugePages (*mapping))
    {
        mapping->note (failure);
        if (require)
        {
            return failure;
        }
    }
    if (!mapping->options.prefault && !require)
    {
        if (part != 0)
        {
            mapping->decide (
                "a segment gets its huge pages when it is created: without prefault it gets base pages at the touch");
        }
        return Failure ();
    }
    std::size_t done = 0;
    if (require && part == 0)
    {
        mapping->hugeRefused = true;
        return mapping->backing == Backing::Tmpfs
                   ? noHugePages (wantedPage (mapping->options), mapping->bytes, true)
                   : Failure (ENOMEM, "%s is not a tmpfs and has no huge pages: mount a tmpfs there", folder.path);
    }
    if (part != 0)
    {
        if (Failure failure = fillHuge (mapping, folder, part, &done))
        {
            return failure;
        }
    }
    else if (mapping->backing == Backing::File && wantedPage (mapping->options) != 0)
    {
        mapping->note (Failure (EOPNOTSUPP, "%s is not a tmpfs: its files are on base pages", folder.path));
    }
    if (int error = allocateAll (file, done, mapping->bytes))
    {
        return allocateFailure (error, folder, mapping->bytes);
    }
    if (done == mapping->bytes)
    {
        return Failure ();  // after a collapse its pages are mapped
    }
    Failure failure = makePresent (mapping->options, mapping->base + done, mapping->bytes - done, true);
    return failure && failure.error () == ENOMEM && mapping->backing == Backing::File ? tooFull (folder, mapping->bytes)
                                                                                      : failure;
}

Failure fillPool (Mapping* mapping, const SegmentDir& folder)
{
    if (mapping->options.numaNode >= 0)
    {
        if (Failure failure = checkNodePool (mapping->options.numaNode, folder.hugePage, mapping->backed))
        {
            return failure;
        }
    }
    return mapping->options.prefault ? makePresent (mapping->options, mapping->base, mapping->backed, true)
                                     : Failure ();
}

}  // namespace

Failure initialiseFile (Mapping* mapping, const File& file, const SegmentDir& folder, const char* path)
{
    os::Room room;
    if (int error = os::roomOf (file.handle, &room))
    {
        return folderFailure (error, folder.path);
    }
    os::FileFacts facts;
    if (int error = os::factsOf (file.handle, &facts))
    {
        return folderFailure (error, folder.path);
    }
    mapping->device = facts.device;
    mapping->inode = facts.inode;
    if (Failure failure = checkLimits (*mapping, folder, room))
    {
        return failure;
    }
    if (folder.hugePage != 0 && room.kind != os::FileSystem::Hugetlbfs)
    {
        return Failure (ENOENT, "%s is no longer a hugetlbfs: mount it again", folder.path);
    }
    mapping->backing = folder.hugePage != 0                 ? Backing::Hugetlbfs
                       : room.kind == os::FileSystem::Tmpfs ? Backing::Tmpfs
                                                            : Backing::File;
    const uint64_t size = folder.hugePage != 0 ? roundUp (mapping->bytes, folder.hugePage) : mapping->bytes;
    int error = os::setMarks (file.handle, mapping->options.permissions | ourMark, mapping->content == nullptr);
    // A small segment gets its size from fallocate(2), which saves a system call.
    const bool small =
        size < transparentPage () && mapping->options.prefault && mapping->options.numaNode < 0 && !mapping->pooled ();
    error =
        error != 0 || (small && mapping->options.huge != HugePages::Require) ? error : os::setSize (file.handle, size);
    if (error != 0)
    {
        return Failure (error, "a segment of %s in %s cannot be given its size and mode", SizeText (size).text,
                        folder.path);
    }
    if (Failure failure = takeAttachLock (file, path))
    {
        return failure;
    }
    if (Failure failure = mapShared (mapping, file, folder))
    {
        return failure;
    }
    if (Failure failure = bindFresh (mapping->options, mapping->base, mapping->backed, mapping->pooled ()))
    {
        return failure;
    }
    if (Failure failure = mapping->pooled () ? fillPool (mapping, folder) : fillTmpfs (mapping, file, folder))
    {
        return failure;
    }
    return complete (mapping, file, folder);
}

}  // namespace JOIN_ABI
}  // namespace join
