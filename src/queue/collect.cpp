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

// The lease is the file's, and the name may be another's by now.
Failure removeName (const Look& look) noexcept
{
    File again;
    os::FileFacts facts;
    const int opened = os::openForFacts (look.path (), &again.handle);
    if (opened == ENOENT
        || (opened == 0
            && (os::factsOf (again.handle, &facts) != 0 || facts.device != look.facts.device
                || facts.inode != look.facts.inode)))
    {
        return Failure (EAGAIN, "%.400s was removed or replaced by somebody else meanwhile", look.path ());
    }
    const int error = os::removeName (look.path ());
    return error == 0 ? Failure () : Failure (error, "%.400s cannot be unlinked", look.path ());
}
}  // namespace

int removeUnused (std::string_view name) noexcept
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
    failure = removeName (look);
    return failure ? fail (failure) : 0;
}

}  // namespace JOIN_ABI
}  // namespace join
