// SPDX-License-Identifier: MIT
// Garbage: a segment that nobody has open. Whoever has one holds its lease, and whoever opens one looks, behind his lease,
// whether it has a name still: so behind ours for alone nobody is there, and nobody comes.
#include "queue/look.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// Only what is ours: a stranger's file has no leases, and nobody's lease on it says nothing of its users.
Failure refuseStrangers (Look& look) noexcept
{
    QueueFormat format = {};
    if (look.file.handle != -1 && (isMarked (look.facts) || !look.readFormat (&format)))
    {
        return Failure ();
    }
    return look.identity.magic == detail::segmentMagic
               ? Failure (EBADMSG, "%.300s is a queue that this library does not know: unlink it where it is garbage",
                          look.path ())
               : Failure (EINVAL,
                          "%.300s is no segment of this library, as far as that can be told: unlink it where it is "
                          "garbage",
                          look.path ());
}

bool isSame (const os::FileFacts& a, const os::FileFacts& b) noexcept
{
    return a.device == b.device && a.inode == b.inode;
}

Failure replaced (const Look& look) noexcept
{
    return Failure (EAGAIN, "%.400s was removed, replaced or used by somebody else meanwhile", look.path ());
}

// Behind the lease nobody pushes or pops.
bool isAsSeen (Look& look, const SegmentInfo& seen) noexcept
{
    QueueFormat format = {};
    if (look.facts.device != seen.device || look.facts.inode != seen.inode)
    {
        return false;
    }
    if (!seen.isQueue ())
    {
        return true;
    }
    const unsigned shift = seen.kind == SegmentKind::Spsc ? 0 : detail::ticketShift;
    return !look.readFormat (&format) && look.word (offsetof (detail::Control, head)) >> shift == seen.pushed
           && look.word (offsetof (detail::Control, tail)) >> shift == seen.popped;
}

// The lease is the file's, and the name may be another's by now.
Failure removeName (const Look& look) noexcept
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

// @param seen what it has to be still, or null
int remove (std::string_view name, const SegmentInfo* seen) noexcept
{
    Look look;
    Failure failure = look.open (name, true);
    failure = failure ? failure : refuseStrangers (look);
    if (failure)
    {
        return fail (failure);
    }
    switch (const int error = os::holdLeaseAlone (look.file.handle))
    {
        case 0:
            break;
        case EAGAIN:
        case EACCES:
            return fail (EBUSY, "%.400s is in use", look.path ());
        default:
            return fail (error, "%.400s: its lease cannot be taken (fcntl F_OFD_SETLK)", look.path ());
    }
    failure = seen == nullptr || isAsSeen (look, *seen) ? removeName (look) : replaced (look);
    return failure ? fail (failure) : 0;
}
}  // namespace

int removeUnused (std::string_view name) noexcept
{
    return remove (name, nullptr);
}

int removeUnused (const SegmentInfo& seen) noexcept
{
    const std::string_view path = seen.path;
    return remove (path.substr (path.rfind ('/') + 1), &seen);
}

}  // namespace JOIN_ABI
}  // namespace join
