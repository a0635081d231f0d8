// SPDX-License-Identifier: MIT
// Making a segment: an unnamed file gets its mode, size, bytes, pages, node and lease, and its name last. No half-made
// segment is ever seen, and a death before the name leaves nothing.
#include "shared.hpp"

#include "budget.hpp"
#include "os/limits.hpp"
#include "os/pages.hpp"

#include <cerrno>
#include <cstdio>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
constexpr std::size_t most = std::size_t (32) << 20;  // of fallocate at a time: it starts over after a signal
constexpr std::size_t least = std::size_t (64) << 10;

Failure folderFailure (int error, const char* path)
{
    switch (error)
    {
        case ENOENT:
            return Failure (ENOENT, "%s is missing: mount a tmpfs there", path);
        case EROFS:
            return Failure (EROFS, "%s is mounted read-only: mount it writable", path);
        case EACCES:
            return Failure (EACCES, "%s may not be written by user %u: its mode should be 1777", path,
                            os::effectiveUser ());
        case EMFILE:
        case ENFILE:
            return Failure (error, "no descriptor is left for a segment in %s (ulimit -n is %llu)", path,
                            static_cast<unsigned long long> (os::fileCountLimit ()));
        default:
            return Failure (error, "no segment can be made in %s", path);
    }
}

Failure tooFull (const Folder& folder, uint64_t bytes)
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

Failure allocateFailure (int error, const Folder& folder, uint64_t bytes)
{
    return error == ENOSPC ? tooFull (folder, bytes)
                           : Failure (error, "%s in %s cannot be allocated", SizeText (bytes).text, folder.path);
}

// 0, or an errno; a file system without fallocate (ramfs) is left to the populate that follows.
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
        // Linux 6.1 gives up at any signal, and undoes what it did: where a timer ticks, ever less at a time.
        at += error == 0 ? bytes : 0;
        piece = error == 0 ? (piece < most ? piece * 2 : most) : (piece > least ? piece / 2 : least);
    }
    return 0;
}

// One base page touched in each huge page, then MADV_COLLAPSE: each byte is zeroed once, where allocating everything
// first zeroes, and then copies (64 MiB: a fifth of the time, docs/bench/memory.md). A page that cannot be had is a full file system.
Failure allocateHuge (const Mapping& mapping, const Folder& folder, std::size_t part)
{
    Failure failure = makeHuge (mapping.asked, mapping.base, part, true, true);
    return failure.error () == EFAULT ? tooFull (folder, mapping.bytes) : Failure (failure);
}

Failure checkLimits (const Mapping& mapping, const Folder& folder, const os::Room& room)
{
    if (os::fileLimit () < mapping.bytes)
    {
        return Failure (EFBIG, "RLIMIT_FSIZE is %s, the segment needs %s: raise it (ulimit -f)",
                        SizeText (os::fileLimit ()).text, SizeText (mapping.bytes).text);
    }
    const bool fills = mapping.fills () && mapping.bytes >= worthALook;
    // Sparse or not, what is larger than the file system could never be filled.
    if (folder.hugePage == 0 && room.total != 0 && (fills ? room.free : room.total) < mapping.bytes)
    {
        return tooFull (folder, mapping.bytes);
    }
    return fills && folder.hugePage == 0 ? checkRoom (mapping.bytes) : Failure ();
}

// *done: how far the huge pages reach.
Failure fillHuge (Mapping* mapping, const Folder& folder, std::size_t part, std::size_t* done)
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
    mapping->hugeRefused = mapping->asked.huge == HugePages::Require;
    return mapping->hugeRefused ? noHugePages (transparentPage (), mapping->bytes, true) : Failure ();
}

Failure fillTmpfs (Mapping* mapping, const File& file, const Folder& folder)
{
    const bool require = mapping->asked.huge == HugePages::Require;
    const std::size_t part = hugePart (*mapping);
    if (Failure failure = unreadableHugePages (*mapping))
    {
        mapping->note (failure);
        if (require)
        {
            return failure;
        }
    }
    if (!mapping->asked.prefault && !require)
    {
        if (part != 0)
        {
            mapping->decide (
                "huge pages of a segment are made with it: without prefault it gets base pages at the touch");
        }
        return Failure ();
    }
    std::size_t done = 0;
    if (require && part == 0)
    {
        mapping->hugeRefused = true;
        return mapping->backing == Backing::Tmpfs
                   ? noHugePages (wantedPage (mapping->asked), mapping->bytes, true)
                   : Failure (ENOMEM, "%s is no tmpfs and has no huge pages: mount one there", folder.path);
    }
    if (part != 0)
    {
        if (Failure failure = fillHuge (mapping, folder, part, &done))
        {
            return failure;
        }
    }
    else if (mapping->backing == Backing::File && wantedPage (mapping->asked) != 0)
    {
        mapping->note (Failure (EOPNOTSUPP, "%s is no tmpfs: its files are on base pages", folder.path));
    }
    if (int error = allocateAll (file, done, mapping->bytes))
    {
        return allocateFailure (error, folder, mapping->bytes);
    }
    if (done == mapping->bytes)
    {
        return Failure ();  // a collapse leaves its pages mapped
    }
    Failure failure = makePresent (mapping->asked, mapping->base + done, mapping->bytes - done, true);
    return failure && failure.error () == ENOMEM && mapping->backing == Backing::File ? tooFull (folder, mapping->bytes)
                                                                                      : failure;
}

Failure fillPool (Mapping* mapping, const Folder& folder)
{
    if (mapping->asked.node >= 0)
    {
        if (Failure failure = checkNodePool (mapping->asked.node, folder.hugePage, mapping->backed))
        {
            return failure;
        }
    }
    return mapping->asked.prefault ? makePresent (mapping->asked, mapping->base, mapping->backed, true) : Failure ();
}

// Everything but the name. The file is ours alone.
Failure furnish (Mapping* mapping, const File& file, const Folder& folder, const char* path)
{
    os::Room room;
    if (int error = os::roomOf (file.handle, &room))
    {
        return folderFailure (error, folder.path);
    }
    if (Failure failure = checkLimits (*mapping, folder, room))
    {
        return failure;
    }
    if (folder.hugePage != 0 && room.kind != os::FileSystem::Hugetlbfs)
    {
        return Failure (ENOENT, "%s is a hugetlbfs no more", folder.path);
    }
    mapping->backing = folder.hugePage != 0                 ? Backing::Hugetlbfs
                       : room.kind == os::FileSystem::Tmpfs ? Backing::Tmpfs
                                                            : Backing::File;
    const uint64_t size = folder.hugePage != 0 ? roundUp (mapping->bytes, folder.hugePage) : mapping->bytes;
    int error = os::setMode (file.handle, mapping->asked.permissions | ourMark);
    // A small segment gets its size with its bytes: a system call less.
    const bool small =
        size < transparentPage () && mapping->asked.prefault && mapping->asked.node < 0 && !mapping->pooled ();
    error =
        error != 0 || (small && mapping->asked.huge != HugePages::Require) ? error : os::setSize (file.handle, size);
    if (error != 0)
    {
        return Failure (error, "a segment of %s in %s cannot be given its size and mode", SizeText (size).text,
                        folder.path);
    }
    if (Failure failure = takeLease (file, path))
    {
        return failure;
    }
    if (Failure failure = mapShared (mapping, file, folder))
    {
        return failure;
    }
    if (Failure failure = bindFresh (mapping->asked, mapping->base, mapping->backed, mapping->pooled ()))
    {
        return failure;
    }
    if (Failure failure = mapping->pooled () ? fillPool (mapping, folder) : fillTmpfs (mapping, file, folder))
    {
        return failure;
    }
    return complete (mapping);
}

Failure nameFailure (int error, const char* path)
{
    if (error == EEXIST)
    {
        return Failure (EEXIST, "%s exists already: open it, or unlink it first", path);
    }
    return Failure (error, "%s cannot be given its name", path);
}

// Files of ours that a death left: nobody holds their lease.
void removeStale (const char* name, void* with)
{
    const Folder& folder = *static_cast<const Folder*> (with);
    const SegmentPath path (folder, name);
    File file;
    os::FileFacts facts;
    if (os::openFile (path.text, true, &file.handle) == 0 && os::factsOf (file.handle, &facts) == 0 && facts.regular
        && facts.owner == os::effectiveUser () && os::holdLeaseAlone (file.handle) == 0)
    {
        os::removeName (path.text);
    }
}

// Gone at the end of the scope, however it ends.
struct WorkingName
{
    const SegmentPath& path;

    ~WorkingName ()
    {
        os::removeName (path.text);
    }
};

Failure createByWorkingName (Mapping* mapping, const Folder& folder, const char* name)
{
    os::eachName (folder.path, workingPrefix, removeStale, const_cast<Folder*> (&folder));
    unsigned long long number = 0;
    os::randomBytes (&number, sizeof (number));  // a name that is taken is EEXIST, and tried again with another
    char working[40];
    std::snprintf (working, sizeof (working), "%s%016llx", workingPrefix, number);
    const SegmentPath from (folder, working);
    const SegmentPath to (folder, name);
    File file;
    if (int error = os::createFile (from.text, &file.handle))
    {
        return error == EEXIST ? Failure (EAGAIN, "%s is taken", from.text) : folderFailure (error, folder.path);
    }
    const WorkingName remover {from};
    if (Failure failure = furnish (mapping, file, folder, from.text))
    {
        return failure;
    }
    const int error = os::addName (from.text, to.text);
    if (error == ENOENT)
    {
        return Failure (EAGAIN, "%s was removed", from.text);  // by a creator that came before its lease
    }
    return error == 0 ? keepFile (*mapping, &file) : nameFailure (error, to.text);
}

Failure createIn (Mapping* mapping, const Folder& folder, const char* name)
{
    const SegmentPath path (folder, name);
    File file;
    const int error = os::openUnnamed (folder.path, &file.handle);
    if (error == EOPNOTSUPP || error == EISDIR)
    {
        return createByWorkingName (mapping, folder, name);
    }
    if (error != 0)
    {
        return folderFailure (error, folder.path);
    }
    if (Failure failure = furnish (mapping, file, folder, path.text))
    {
        return failure;
    }
    int named = os::publish (file.handle, path.text);
    if (named == ENOENT)
    {
        named = os::publishByProc (file.handle, path.text);
    }
    if (named == ENOENT && os::exists ("/proc/self/fd") != 0)
    {
        mapping->release ();
        return createByWorkingName (mapping, folder, name);
    }
    return named == 0 ? keepFile (*mapping, &file) : nameFailure (named, path.text);
}

// A hugetlbfs that has pages of that size and lets this user in; `failure` comes back where there is none.
Failure createInPool (Mapping* mapping, const char* name, std::size_t page, Failure failure)
{
    const Folders places = folders (true);
    for (std::size_t i = 1; i < places.count; ++i)
    {
        if (places.list[i].hugePage != page)
        {
            continue;
        }
        failure = createIn (mapping, places.list[i], name);
        if (failure)
        {
            mapping->release ();
            continue;
        }
        const SegmentPath elsewhere (places.list[0], name);
        if (os::exists (elsewhere.text) != 0)
        {
            return failure;
        }
        // No name is in both: the one in /dev/shm is found first, so it stays.
        os::removeName (SegmentPath (places.list[i], name).text);
        mapping->release ();
        return Failure (EEXIST, "%s exists already: open it, or unlink it first", elsewhere.text);
    }
    return failure;
}
}  // namespace

Failure createShared (Mapping* mapping, const char* name)
{
    const bool require = mapping->asked.huge == HugePages::Require;
    const std::size_t wanted = wantedPage (mapping->asked);
    const bool poolOnly = wanted != transparentPage () && wanted != 0;
    Failure pool;
    mapping->hugeRefused = false;
    if (poolOnly && (require || mapping->bytes >= wanted))
    {
        pool = createInPool (mapping, name, wanted, noHugePages (wanted, mapping->bytes, true));
        if (!pool || require || pool.error () == EEXIST)
        {
            return pool;
        }
        mapping->note (pool);
    }
    else if (wanted > mapping->bytes && mapping->asked.pageSize != 0)
    {
        mapping->decide ("the segment is smaller than one huge page of the size asked for");
    }
    Failure failure = createIn (mapping, folders ().list[0], name);
    if (!failure || !mapping->hugeRefused || wanted == 0)
    {
        return failure;
    }
    mapping->release ();
    pool = createInPool (mapping, name, wanted, Failure (failure));
    if (!pool || pool.error () == EEXIST || pool.error () == failure.error ())
    {
        return pool;
    }
    return Failure (ENOMEM, "%.300s (%.130s)", failure.text (), pool.text ());
}

}  // namespace JOIN_ABI
}  // namespace join
