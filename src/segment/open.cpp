// SPDX-License-Identifier: MIT
// Opens an existing segment, after checks: it must be a regular file of the right size and owner, not a symbolic link.
#include "segment/segment.hpp"

#include "memory/binding.hpp"
#include "memory/available.hpp"
#include "os/pages.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
Failure openFailure (const SegmentDir& folder, int error, const char* path)
{
    if (notThere (folder, path, error))
    {
        return Failure (ENOENT).as (Signal::Missing);  // the usual case: openShared () makes the sentence
    }
    switch (error)
    {
        case ELOOP:
            return Failure (ELOOP, "%s is a symbolic link, which is not followed: remove it", path);
        case EISDIR:
            return Failure (EISDIR, "%s is a folder and not a segment: choose another name", path);
        case EACCES:
            return Failure (EACCES,
                            "%s cannot be opened by user %u: it belongs to another user, or its permissions do not "
                            "allow it: change them (chmod)",
                            path, os::effectiveUser ());
        case EROFS:
            return Failure (EROFS, "%s is on a read-only mount: open it read-only, or mount it writable", path);
        case EMFILE:
            return Failure (EMFILE, "%s cannot be opened: this process has used up its descriptors (ulimit -n)", path);
        default:
            return Failure (error, "%s cannot be opened", path);
    }
}

// Permissions with bits for the group alone mean this user's group: no other user may read the segment, or write to it.
Failure checkGroup (const Mapping& mapping, const os::FileFacts& facts, const char* path)
{
    const uint32_t others = mapping.options.permissions & 0077;
    if (others == 0 || (others & 0007) != 0)
    {
        return Failure ();
    }
    if ((facts.mode & 0077 & ~others) != 0)
    {
        return Failure (
            EACCES,
            "%s has permissions %03o, which admit more users than the requested %03o: request those, or unlink it and "
            "create it again",
            path, facts.mode & 0777, mapping.options.permissions & 0777);
    }
    const bool own = facts.owner == os::effectiveUser () && (facts.mode & 0070) == 0;
    if (!own && !os::isInGroup (facts.group))
    {
        return Failure (
            EACCES,
            "%s belongs to group %u, of which user %u is not a member, and the requested permissions %03o admit only a "
            "group: request bits for all users, or change its group (chgrp)",
            path, facts.group, os::effectiveUser (), mapping.options.permissions & 0777);
    }
    return Failure ();
}

Failure checkOwner (const Mapping& mapping, const File& file, const os::FileFacts& facts, const char* path)
{
    if (!facts.regular)
    {
        return Failure (EINVAL, "%s is not a regular file and so not a segment: remove it", path);
    }
    if (facts.owner != os::effectiveUser () && (mapping.options.permissions & 0077) == 0)
    {
        return Failure (EACCES,
                        "%s belongs to user %u and not to %u: to share it between users, open it with permissions that "
                        "have bits for others",
                        path, facts.owner, os::effectiveUser ());
    }
    if (facts.owner == os::effectiveUser () && (mapping.options.permissions & 0077) == 0
        && os::ownedByUs (file.handle) == EPERM)
    {
        return Failure (EACCES,
                        "%s belongs to a user that this user namespace does not map: open it outside of the namespace",
                        path);
    }
    return checkGroup (mapping, facts, path);
}

// Rejects a queue, because writing to it as plain memory would destroy it. A file of another program is opened if its
// size fits, as in shm_overview(7), unless `onlyOurs` forbids that.
Failure checkPlain (const Mapping& mapping, const File& file, const os::FileFacts& facts, const char* path)
{
    QueueStart start = {};
    std::size_t got = 0;
    if (int error = os::readAt (file.handle, 0, &start, sizeof (start), &got))
    {
        return Failure (error, "%s cannot be read", path);
    }
    if (start.magic == queueMagic)
    {
        const char* kind = queueKindName (start.kind);
        return Failure (
            EINVAL,
            "%s is a queue of %s%s and not plain memory (%s, of user %u): open it as a queue, or remove it first "
            "(joinmem rm)",
            path, kind != nullptr ? "kind " : "an unknown kind", kind != nullptr ? kind : "",
            SizeText (facts.size).text, facts.owner);
    }
    if (mapping.options.onlyOurs && markOf (file.handle, facts) == Mark::None)
    {
        return Failure (EINVAL,
                        "%s was not made by this library (%s, of user %u): open it without onlyOurs (only_ours), or "
                        "remove it first (joinmem rm)",
                        path, SizeText (facts.size).text, facts.owner);
    }
    return Failure ();
}

// Checks the size of the file. It must be the requested one, or that rounded up to base pages, as this library does.
// Files on a hugetlbfs have a multiple of its page size.
Failure takeSize (Mapping* mapping, const os::FileFacts& facts, const SegmentDir& folder, const char* path)
{
    const uint64_t unit = folder.hugePage != 0 ? folder.hugePage : os::basePageSize ();
    if (facts.size == 0 || facts.size > uint64_t (PTRDIFF_MAX) / 2)
    {
        return Failure (EINVAL, "%s has %s (of user %u), which no segment has: remove it first (joinmem rm)", path,
                        SizeText (facts.size).text, facts.owner);
    }
    if (mapping->bytes == 0)
    {
        mapping->bytes = static_cast<std::size_t> ((facts.size + unit - 1) / unit * unit);
    }
    else if (facts.size != mapping->requested && facts.size != (mapping->bytes + unit - 1) / unit * unit)
    {
        return Failure (
            EINVAL,
            "%s has %s (of user %u%s), but %s were requested: request its size, or remove it first (joinmem rm)", path,
            SizeText (facts.size).text, facts.owner, (facts.mode & ourMark) != 0 ? "" : ", not made by this library",
            SizeText (mapping->requested).text);
    }
    return Failure ();
}

Failure checkMissing (const Mapping& mapping, const os::FileFacts& facts)
{
    const uint64_t missing = facts.allocated < mapping.bytes ? mapping.bytes - facts.allocated : 0;
    return missing >= minChecked ? checkRoom (missing) : Failure ();
}

Failure fillOpened (Mapping* mapping, const char* path)
{
    if (!mapping->pooled ())
    {
        if (Failure failure = checkBound (mapping->base, mapping->bytes))
        {
            return failure;
        }
    }
    if (Failure failure = makePresent (mapping->options, mapping->base, mapping->bytes, false))
    {
        return failure.error () == ENOMEM ? Failure (ENOSPC,
                                                     "%s lacks pages that are not available: its file system is full, "
                                                     "or the file was truncated",
                                                     path)
                                          : failure;
    }
    return Failure ();
}

// Whether no other open file description, of this or another process, is attached. False if that is unknown.
bool isAlone (const File& file)
{
    bool others = true;
    return os::attachLockOfOthers (file.handle, &others) == 0 && !others;
}

// A collapse would remove the base pages from the page tables of the other users, which would fault again.
Failure leaveAsItIs (Mapping* mapping, std::size_t part)
{
    bool all = false;
    if (os::areHuge (mapping->base, part, &all) != 0 || !all)
    {
        mapping->decide ("the segment is open elsewhere: its pages are left as they are, huge or not");
    }
    return Failure ();
}

// Makes the pages of an opened segment huge, if they are not. Fails only if huge pages are required.
Failure makeOpenedHuge (Mapping* mapping, const File& file, const SegmentDir& folder)
{
    const bool require = mapping->options.huge == HugePages::Require;
    const std::size_t pageSize = static_cast<std::size_t> (mapping->options.hugePageSize);
    if (Failure failure = unreadableHugePages (*mapping))
    {
        mapping->note (failure);
        if (require)
        {
            return failure;
        }
    }
    if (folder.hugePage != 0)
    {
        return require && pageSize != 0 && pageSize != folder.hugePage ? noHugePages (pageSize, mapping->bytes, true)
                                                                       : Failure ();
    }
    if (require && pageSize != 0 && pageSize != transparentPage ())
    {
        return noHugePages (pageSize, mapping->bytes, true);
    }
    const std::size_t part = hugePart (*mapping);
    if (part == 0 || !(mapping->options.prefault || require))
    {
        return require && part == 0 ? noHugePages (wantedPage (mapping->options), mapping->bytes, true) : Failure ();
    }
    if (!require && !isAlone (file))
    {
        return leaveAsItIs (mapping, part);
    }
    if (Failure failure = makeHuge (mapping->options, mapping->base, part, true, !mapping->options.prefault))
    {
        mapping->note (failure);
        return require ? noHugePages (transparentPage (), mapping->bytes, true) : Failure ();
    }
    return Failure ();
}

Failure useOpened (Mapping* mapping, const File& file, const SegmentDir& folder, const os::FileFacts& facts,
                   const char* path)
{
    os::Room room;
    if (int error = os::roomOf (file.handle, &room))
    {
        return Failure (error, "%s cannot be examined (fstatfs)", path);
    }
    if (folder.hugePage != 0 && room.kind != os::FileSystem::Hugetlbfs)
    {
        return Failure (ENOENT).as (Signal::Missing);  // unmounted: the file is in the folder beneath
    }
    mapping->backing = folder.hugePage != 0                 ? Backing::Hugetlbfs
                       : room.kind == os::FileSystem::Tmpfs ? Backing::Tmpfs
                                                            : Backing::File;
    if (Failure failure = mapShared (mapping, file, folder))
    {
        return failure;
    }
    if (mapping->fills ())
    {
        if (Failure failure = checkMissing (*mapping, facts))
        {
            return failure;
        }
    }
    if (mapping->options.prefault)
    {
        if (Failure failure = fillOpened (mapping, path))
        {
            return failure;
        }
    }
    if (Failure failure = makeOpenedHuge (mapping, file, folder))
    {
        return failure;
    }
    if (mapping->options.numaNode >= 0)
    {
        if (Failure failure = bindRange (mapping->base, mapping->bytes, mapping->options.numaNode, mapping->pooled ()))
        {
            return failure;
        }
    }
    return mapping->options.lock ? lockRange (mapping->base, mapping->bytes) : Failure ();
}

Failure openIn (Mapping* mapping, const SegmentDir& folder, const char* name)
{
    const SegmentPath path (folder, name);
    File file;
    if (int error = os::openFile (path.text, mapping->writable (), &file.handle))
    {
        return openFailure (folder, error, path.text);
    }
    os::FileFacts facts;
    if (int error = os::factsOf (file.handle, &facts))
    {
        return Failure (error, "%s cannot be examined (fstat)", path.text);
    }
    if (Failure failure = checkOwner (*mapping, file, facts, path.text))
    {
        return failure;
    }
    if (Failure failure = takeAttachLock (file, path.text))
    {
        return failure;
    }
    // A process that removes unused segments takes the attach lock exclusively before it removes the name. So check
    // again whether the file has a name, now that this process holds the lock.
    if (os::factsOf (file.handle, &facts) != 0 || !facts.named)
    {
        return Failure (EAGAIN, "%s is being removed", path.text).as (Signal::LostRace);
    }
    mapping->path = path.text;
    mapping->device = facts.device;
    mapping->inode = facts.inode;
    if (mapping->content != nullptr)
    {
        if (Failure failure = mapping->content->examine (file, facts.size, path.text, &mapping->bytes))
        {
            return failure;
        }
        mapping->bytes = roundUp (mapping->bytes, os::basePageSize ());
    }
    else
    {
        Failure failure = checkPlain (*mapping, file, facts, path.text);
        failure = failure ? failure : takeSize (mapping, facts, folder, path.text);
        if (failure)
        {
            return failure;
        }
    }
    if (Failure failure = useOpened (mapping, file, folder, facts, path.text))
    {
        return failure;
    }
    return keepFile (*mapping, &file);
}
}  // namespace

Failure openShared (Mapping* mapping, const char* name)
{
    const std::size_t bytes = mapping->bytes;
    const bool sure = mapping->options.openMode == OpenMode::OpenOnly;
    for (int fresh = 0; fresh < (sure ? 2 : 1); ++fresh)
    {
        const SegmentDirs places = segmentDirs (fresh == 1);
        for (std::size_t i = 0; i < places.count (); ++i)
        {
            Failure failure = openIn (mapping, places[i], name);
            if (!failure)
            {
                mapping->created = false;
                return failure;
            }
            mapping->release ();
            mapping->fallbacks.clear ();
            mapping->bytes = bytes;
            if (!failure.is (Signal::Missing))
            {
                return failure;
            }
        }
    }
    return !sure ? Failure (ENOENT).as (Signal::Missing)
           : mapping->content != nullptr
               ? Failure (ENOENT,
                          "there is no queue %s in /dev/shm: first start the program that creates it, or open it with "
                          "CreateOrOpen (JM_CREATE_OR_OPEN) and its kind, capacity and element size",
                          name)
               : Failure (ENOENT,
                          "there is no segment %s in /dev/shm: create it first, or open it with CreateOrOpen "
                          "(JM_CREATE_OR_OPEN)",
                          name);
}

}  // namespace JOIN_ABI
}  // namespace join
