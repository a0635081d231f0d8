// SPDX-License-Identifier: MIT
// Opening a segment that is there: only what is a regular file, of the right size and owner, not by a link.
#include "shared.hpp"

#include "binding.hpp"
#include "budget.hpp"
#include "os/pages.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
Failure openFailure (const Folder& folder, int error, const char* path)
{
    if (notThere (folder, path, error))
    {
        return Failure (ENOENT);  // the usual case: openShared has the words
    }
    switch (error)
    {
        case ELOOP:
            return Failure (ELOOP, "%s is a symbolic link, which is not followed: remove it", path);
        case EISDIR:
            return Failure (EISDIR, "%s is a folder and no segment", path);
        case EACCES:
            return Failure (EACCES,
                            "%s may not be opened by user %u: it is somebody else's, or its permissions are narrower",
                            path, os::effectiveUser ());
        case EROFS:
            return Failure (EROFS, "%s is on a read-only mount: open it read-only, or mount it writable", path);
        case EMFILE:
            return Failure (EMFILE, "%s cannot be opened: this process has used up its descriptors (ulimit -n)", path);
        default:
            return Failure (error, "%s cannot be opened", path);
    }
}

Failure checkOwner (const Mapping& mapping, const File& file, const os::FileFacts& facts, const char* path)
{
    if (!facts.regular)
    {
        return Failure (EINVAL, "%s is no regular file, and so no segment: remove it", path);
    }
    if (facts.owner != os::effectiveUser () && (mapping.asked.permissions & 0077) == 0)
    {
        return Failure (EACCES,
                        "%s belongs to user %u and not to %u: to share between users, open it with permissions that "
                        "have bits for others",
                        path, facts.owner, os::effectiveUser ());
    }
    if (facts.owner == os::effectiveUser () && (mapping.asked.permissions & 0077) == 0
        && os::ownedByUs (file.handle) == EPERM)
    {
        return Failure (EACCES, "%s belongs to a user that this user namespace does not know", path);
    }
    return Failure ();
}

// Sizes are compared in base pages; on a hugetlbfs, whose files have no others, in its pages.
Failure takeSize (Mapping* mapping, const os::FileFacts& facts, const Folder& folder, const char* path)
{
    const uint64_t unit = folder.hugePage != 0 ? folder.hugePage : os::basePageSize ();
    if (facts.size == 0 || facts.size > uint64_t (PTRDIFF_MAX) / 2)
    {
        return Failure (EINVAL, "%s has %s, which is no segment", path, SizeText (facts.size).text);
    }
    const uint64_t there = (facts.size + unit - 1) / unit * unit;
    if (mapping->bytes == 0)
    {
        mapping->bytes = static_cast<std::size_t> (there);
    }
    if ((mapping->bytes + unit - 1) / unit * unit != there)
    {
        return Failure (EINVAL, "%s has %s, asked for was %s: ask for what it has, or unlink it first", path,
                        SizeText (facts.size).text, SizeText (mapping->bytes).text);
    }
    return Failure ();
}

Failure checkMissing (const Mapping& mapping, const os::FileFacts& facts)
{
    const uint64_t missing = facts.allocated < mapping.bytes ? mapping.bytes - facts.allocated : 0;
    return missing >= worthALook ? checkRoom (missing) : Failure ();
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
    if (Failure failure = makePresent (mapping->asked, mapping->base, mapping->bytes, false))
    {
        return failure.error () == ENOMEM ? Failure (ENOSPC,
                                                     "%s lacks pages that cannot be had: its file system is full, or "
                                                     "the file was cut short",
                                                     path)
                                          : failure;
    }
    return Failure ();
}

// Whether nobody else is attached, as far as that can be told.
bool isAlone (const File& file)
{
    bool others = true;
    return os::leaseOfOthers (file.handle, &others) == 0 && !others;
}

// Those who have the segment in use on base pages would lose their page tables to a collapse, and fault again.
Failure leaveAsItIs (Mapping* mapping, std::size_t part)
{
    bool all = false;
    if (os::areHuge (mapping->base, part, &all) != 0 || !all)
    {
        mapping->decide ("others have the segment in use: its pages are left as they are, huge or not");
    }
    return Failure ();
}

// Huge pages that the segment may have already, or get now; required ones, or an error.
Failure makeOpenedHuge (Mapping* mapping, const File& file, const Folder& folder)
{
    const bool require = mapping->asked.huge == HugePages::Require;
    const std::size_t asked = static_cast<std::size_t> (mapping->asked.pageSize);
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
        return require && asked != 0 && asked != folder.hugePage ? noHugePages (asked, mapping->bytes, true)
                                                                 : Failure ();
    }
    if (require && asked != 0 && asked != transparentPage ())
    {
        return noHugePages (asked, mapping->bytes, true);
    }
    const std::size_t part = hugePart (*mapping);
    if (part == 0 || !(mapping->asked.prefault || require))
    {
        return require && part == 0 ? noHugePages (wantedPage (mapping->asked), mapping->bytes, true) : Failure ();
    }
    if (!require && !isAlone (file))
    {
        return leaveAsItIs (mapping, part);
    }
    if (Failure failure = makeHuge (mapping->asked, mapping->base, part, true, !mapping->asked.prefault))
    {
        mapping->note (failure);
        return require ? noHugePages (transparentPage (), mapping->bytes, true) : Failure ();
    }
    return Failure ();
}

Failure useOpened (Mapping* mapping, const File& file, const Folder& folder, const os::FileFacts& facts,
                   const char* path)
{
    os::Room room;
    if (int error = os::roomOf (file.handle, &room))
    {
        return Failure (error, "%s cannot be looked at (fstatfs)", path);
    }
    if (folder.hugePage != 0 && room.kind != os::FileSystem::Hugetlbfs)
    {
        return Failure (ENOENT);  // unmounted: what lies beneath is no segment
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
    if (mapping->asked.prefault)
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
    if (mapping->asked.node >= 0)
    {
        if (Failure failure = bindRange (mapping->base, mapping->bytes, mapping->asked.node, mapping->pooled ()))
        {
            return failure;
        }
    }
    return mapping->asked.lock ? lockRange (mapping->base, mapping->bytes) : Failure ();
}

Failure openIn (Mapping* mapping, const Folder& folder, const char* name)
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
        return Failure (error, "%s cannot be looked at (fstat)", path.text);
    }
    if (Failure failure = checkOwner (*mapping, file, facts, path.text))
    {
        return failure;
    }
    if (Failure failure = takeLease (file, path.text))
    {
        return failure;
    }
    // Whoever collects garbage takes the lease for himself before he removes the name: so look again behind ours.
    if (os::factsOf (file.handle, &facts) != 0 || !facts.named)
    {
        return Failure (EAGAIN, "%s is being removed", path.text);
    }
    if (mapping->content != nullptr)
    {
        if (Failure failure = mapping->content->examine (file, facts.size, path.text, &mapping->bytes))
        {
            return failure;
        }
        mapping->bytes = roundUp (mapping->bytes, os::basePageSize ());
    }
    else if (Failure failure = takeSize (mapping, facts, folder, path.text))
    {
        return failure;
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
    const bool sure = mapping->asked.mode == OpenMode::OpenOnly;
    for (int fresh = 0; fresh < (sure ? 2 : 1); ++fresh)
    {
        const Folders places = folders (fresh == 1);
        for (std::size_t i = 0; i < places.count; ++i)
        {
            Failure failure = openIn (mapping, places.list[i], name);
            if (!failure)
            {
                mapping->created = false;
                return failure;
            }
            mapping->release ();
            mapping->fallbacks.clear ();
            mapping->bytes = bytes;
            if (failure.error () != ENOENT)
            {
                return failure;
            }
        }
    }
    return sure ? Failure (ENOENT,
                           "there is no segment %s in /dev/shm: create it first, or open it with CreateOrOpen "
                           "(JM_CREATE_OR_OPEN)",
                           name)
                : Failure (ENOENT);
}

}  // namespace JOIN_ABI
}  // namespace join
