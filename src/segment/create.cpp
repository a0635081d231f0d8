// SPDX-License-Identifier: MIT
// Creates a segment: a file without a name (O_TMPFILE) is initialised, and linkat(2) names it last. So no process sees
// an incomplete segment, and a process that dies before the name leaves nothing.
#include "segment/segment.hpp"

#include "os/limits.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
Failure nameFailure (int error, const char* path)
{
    if (error == EEXIST)
    {
        return Failure (EEXIST, "%s exists already: open it, or unlink it first", path).as (Signal::LostRace);
    }
    return Failure (error, "%s cannot be named (linkat)", path);
}

// Removes a file that a killed creator left under a working name: no process holds its attach lock.
void removeStale (const char* name, void* with)
{
    const SegmentDir& folder = *static_cast<const SegmentDir*> (with);
    const SegmentPath path (folder, name);
    File file;
    os::FileFacts facts;
    if (isWorkingName (name) && os::openFile (path.text, true, &file.handle) == 0
        && os::factsOf (file.handle, &facts) == 0 && facts.regular && facts.owner == os::effectiveUser ()
        && os::holdAttachLockAlone (file.handle) == 0)
    {
        os::removeName (path.text);
    }
}

// Removes the name at the end of the scope.
struct NameRemover
{
    const SegmentPath& path;

    ~NameRemover ()
    {
        os::removeName (path.text);
    }
};

// start: the beginning of the working name. noinline, because it needs a large stack frame.
__attribute__ ((noinline)) Failure createByWorkingName (Mapping* mapping, const SegmentDir& folder, const char* name,
                                                        const char* start)
{
    const WorkingName working (start);
    os::eachName (folder.path, working.prefix, removeStale, const_cast<SegmentDir*> (&folder));
    const SegmentPath from (folder, working.text);
    const SegmentPath to (folder, name);
    File file;
    if (int error = os::createFile (from.text, &file.handle))
    {
        return error == EEXIST ? Failure (EAGAIN, "%s is taken", from.text).as (Signal::LostRace)
                               : folderFailure (error, folder.path);
    }
    const NameRemover remover {from};
    mapping->path = to.text;
    if (Failure failure = initialiseFile (mapping, file, folder, from.text))
    {
        return failure;
    }
    const int error = os::addName (from.text, to.text);
    if (error == ENOENT)
    {
        // Another creator removed it as a stale file, before the attach lock was held.
        return Failure (EAGAIN, "%s was removed", from.text).as (Signal::LostRace);
    }
    return error == 0 ? keepFile (*mapping, &file) : nameFailure (error, to.text);
}

Failure createIn (Mapping* mapping, const SegmentDir& folder, const char* name)
{
    const SegmentPath path (folder, name);
    File file;
    const int error = os::openUnnamed (folder.path, &file.handle);
    if (error == EOPNOTSUPP || error == EISDIR)
    {
        return createByWorkingName (mapping, folder, name, "");
    }
    // A security module may allow files by name, and reject one without a name.
    if (error == EACCES || error == EPERM)
    {
        return createByWorkingName (mapping, folder, name, name);
    }
    if (error != 0)
    {
        return folderFailure (error, folder.path);
    }
    mapping->path = path.text;
    if (Failure failure = initialiseFile (mapping, file, folder, path.text))
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
        return createByWorkingName (mapping, folder, name, "");
    }
    return named == 0 ? keepFile (*mapping, &file) : nameFailure (named, path.text);
}

// Creates the segment in a hugetlbfs that has pages of that size and admits this user.
// @return `failure` if there is no such hugetlbfs
Failure createInPool (Mapping* mapping, const char* name, std::size_t page, Failure failure)
{
    const SegmentDirs places = segmentDirs (true);
    for (std::size_t i = 1; i < places.count (); ++i)
    {
        if (places[i].hugePage != page)
        {
            continue;
        }
        failure = createIn (mapping, places[i], name);
        if (failure)
        {
            mapping->release ();
            continue;
        }
        const SegmentPath elsewhere (places[0], name);
        if (os::exists (elsewhere.text) != 0)
        {
            return failure;
        }
        // A name must not be in both folders. The one in /dev/shm is found first, so it stays.
        takeNameBack (mapping, SegmentPath (places[i], name).text);
        return Failure (EEXIST, "%s exists already: open it, or unlink it first", elsewhere.text).as (Signal::LostRace);
    }
    return failure;
}
}  // namespace

Failure folderFailure (int error, const char* path)
{
    switch (error)
    {
        case ENOENT:
            return Failure (ENOENT, "%s is missing: mount a tmpfs there", path);
        case EROFS:
            return Failure (EROFS, "%s is mounted read-only: mount it writable", path);
        case EACCES:
        case EPERM:
            return os::writable (path) != 0
                       ? Failure (error, "%s is not writable for user %u: its mode should be 1777", path,
                                  os::effectiveUser ())
                       : Failure (
                           error,
                           "no file can be created in %s, although its mode allows user %u to: a security module "
                           "(AppArmor, SELinux, the profile of a snap or a container) or a seccomp filter denies it",
                           path, os::effectiveUser ());
        case EMFILE:
        case ENFILE:
            return Failure (error,
                            "no descriptor is left for a segment in %s: ulimit -n is %llu: close some, or raise it",
                            path, static_cast<unsigned long long> (os::fileCountLimit ()));
        default:
            return Failure (error, "no segment can be created in %s", path);
    }
}

Failure createShared (Mapping* mapping, const char* name)
{
    const bool require = mapping->options.huge == HugePages::Require;
    const std::size_t wanted = wantedPage (mapping->options);
    const bool poolOnly = wanted != transparentPage () && wanted != 0;
    Failure pool;
    mapping->hugeRefused = false;
    if (poolOnly && (require || mapping->bytes >= wanted))
    {
        pool = createInPool (mapping, name, wanted, noHugePages (wanted, mapping->bytes, true));
        if (!pool || require || pool.is (Signal::LostRace))
        {
            return pool;
        }
        mapping->note (pool);
    }
    else if (wanted > mapping->bytes && mapping->options.hugePageSize != 0)
    {
        mapping->decide ("the segment is smaller than one huge page of the requested size");
    }
    Failure failure = createIn (mapping, segmentDirs ()[0], name);
    if (!failure || !mapping->hugeRefused || wanted == 0)
    {
        return failure;
    }
    mapping->release ();
    pool = createInPool (mapping, name, wanted, Failure (failure));
    if (!pool || pool.is (Signal::LostRace) || pool.error () == failure.error ())
    {
        return pool;
    }
    return Failure (ENOMEM, "%.300s (%.130s)", failure.text (), pool.text ());
}

}  // namespace JOIN_ABI
}  // namespace join
