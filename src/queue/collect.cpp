// SPDX-License-Identifier: MIT
// Removal of garbage: segments that no process has open. Each process that has a segment open holds its attach lock, a
// shared OFD lock (fcntl(2)).
// 1. A collector that gets the attach lock exclusively has proof that no process has the segment open.
// 2. An opener checks, after it got its attach lock, whether the file still has a name. So a file that is removed under
//    the exclusive lock gets no new user.
// docs/design/attach-lock.md.
#include "os/barrier.hpp"
#include "queue/segment_reader.hpp"

#include "os/mark.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// Only segments of this library may be removed: users of another program's file hold no attach lock, so a free lock
// proves nothing there.
Failure refuseForeign (SegmentReader& look, QueueFormat* format, Mark* mark) noexcept
{
    const bool queue = look.file.handle != -1 && !look.readFormat (format);
    *mark = queue ? Mark::Attribute : markOf (look);
    if (*mark != Mark::None)
    {
        return Failure ();
    }
    return look.identity.magic == detail::segmentMagic
               ? Failure (EBADMSG,
                          "%.300s is a queue whose header this library cannot read (damaged, or of another format): "
                          "unlink it if no process uses it",
                          look.path ())
               : Failure (EINVAL,
                          "%.300s has no mark of this library and may be another program's file: unlink it if no "
                          "process uses it",
                          look.path ());
}

bool isSame (const os::FileFacts& a, const os::FileFacts& b) noexcept
{
    return a.device == b.device && a.inode == b.inode;
}

Failure replaced (const SegmentReader& look) noexcept
{
    return Failure (EAGAIN, "%.350s was removed, replaced or used by another process meanwhile: inspect it again",
                    look.path ());
}

// The caller has the attach lock exclusively: no process pushes or pops.
bool isAsSeen (SegmentReader& look, const detail::SegmentVersion& seen) noexcept
{
    QueueFormat format = {};
    if (look.facts.device != seen.device || look.facts.inode != seen.inode)
    {
        return false;
    }
    if (!seen.isQueue)
    {
        return true;
    }
    if (look.readFormat (&format))
    {
        return false;
    }
    const ElementCounts counts = countElements (look, format);
    return counts.pushed == seen.pushed && counts.popped == seen.popped;
}

// A file that only its mode marks as a segment may be another program's, which holds no attach lock.
Failure refuseOpened (const SegmentReader& look) noexcept
{
    switch (const int error = os::openOnlyHere (look.file.handle))
    {
        case 0:
            return Failure ();
        case EAGAIN:
            return Failure (EBUSY, "%.350s is in use by a program that holds no lock of this library: end it first",
                            look.path ());
        case EACCES:
            return Failure (EACCES,
                            "%.300s may be another program's: only its owner, user %u, can prove that no process has "
                            "it open, and remove it",
                            look.path (), look.facts.owner);
        default:
            return Failure (
                error, "whether %.300s is in use cannot be read (fcntl F_SETLEASE): unlink it if no process uses it",
                look.path ());
    }
}

// The lock is on the file, and the name may belong to another file by now.
Failure removeName (const SegmentReader& look) noexcept
{
    File again;
    os::FileFacts facts;
    int error = os::openForFacts (look.path (), &again.handle);
    error = error != 0 ? error : os::factsOf (again.handle, &facts);
    if (error == ENOENT || (error == 0 && !isSame (facts, look.facts)))
    {
        return replaced (look);
    }
    error = error != 0 ? error : os::removeName (look.path ());
    return error == 0 ? Failure () : Failure (error, "%.400s cannot be unlinked", look.path ());
}

}  // namespace

// `seen` is the segment as it was inspected, which must not have changed since; or null.
int detail::removeUnused (std::string_view name, const SegmentVersion* seen) noexcept
{
    const os::NoCancel noCancel;
    SegmentReader look;
    Mark mark = Mark::None;
    Failure failure = look.open (name, true);
    QueueFormat format = {};
    bool used = false;
    failure = failure ? failure : refuseForeign (look, &format, &mark);
    failure = failure ? failure : look.usedByWriters (format, true, &used);
    if (failure || used)
    {
        return failure ? fail (failure) : fail (EBUSY, "%.400s is in use", look.path ());
    }
    failure = mark == Mark::Mode ? refuseOpened (look) : Failure ();
    failure = failure ? failure : seen != nullptr && !isAsSeen (look, *seen) ? replaced (look) : removeName (look);
    if (!failure && format.lockFile != 0)
    {
        os::removeName (WriterFilePath (look.path (), look.facts.inode, format.lockFile).text);
    }
    return failure ? fail (failure) : 0;
}

}  // namespace JOIN_ABI
}  // namespace join
