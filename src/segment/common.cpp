// SPDX-License-Identifier: MIT
// The steps that are common to creating and opening a segment: attach lock, mapping, contents, mark.
#include "segment/segment.hpp"

#include "os/mark.hpp"
#include "os/pages.hpp"

#include <cerrno>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
std::size_t hugePart (const Mapping& mapping) noexcept
{
    const std::size_t page = transparentPage ();
    if (mapping.options.huge == HugePages::Never || page == 0 || mapping.backing != Backing::Tmpfs)
    {
        return 0;
    }
    return mapping.backed / page * page;
}

Failure takeAttachLock (const File& file, const char* path) noexcept
{
    switch (const int error = os::holdAttachLock (file.handle))
    {
        case 0:
            return Failure ();
        case EAGAIN:
        case EACCES:
            return Failure (EAGAIN, "%s is locked by a process that is removing it", path).as (Signal::LostRace);
        default:
            return Failure (error, "%s: the attach lock cannot be taken (fcntl F_OFD_SETLK)", path);
    }
}

int isNamed (const Mapping& mapping) noexcept
{
    os::FileFacts facts;
    const int error = os::factsAt (mapping.path.c_str (), &facts);
    if (error == 0)
    {
        return facts.device == mapping.device && facts.inode == mapping.inode ? 1 : 0;
    }
    char folder[sizeof (SegmentDir::path)] = "";
    const std::size_t length = mapping.path.rfind ('/');
    std::memcpy (folder, mapping.path.c_str (), length < sizeof (folder) ? length : 0);
    if (error == ENOENT && os::exists (folder) == 0)
    {
        return 0;
    }
    return fail (error,
                 "whether %.300s still has its name is unknown: its folder cannot be reached, perhaps after chroot(2)",
                 mapping.path.c_str ());
}

Failure keepFile (const Mapping& mapping, File* file) noexcept
{
    if (mapping.content != nullptr)
    {
        mapping.content->keep (file);
    }
    return Failure ();
}

void takeNameBack (Mapping* mapping, const char* path) noexcept
{
    os::removeName (path);
    if (mapping->content != nullptr)
    {
        mapping->content->withdraw ();
    }
    mapping->release ();
}

Failure complete (Mapping* mapping, const File& file, const SegmentDir& folder)
{
    if (mapping->content != nullptr)
    {
        if (Failure failure = mapping->content->prepare (file, folder, mapping->options.permissions))
        {
            return failure;
        }
        const std::size_t unit = mapping->pooled () ? mapping->backed : os::basePageSize ();
        if (!mapping->options.prefault)
        {
            const std::size_t head = roundUp (mapping->content->head, unit);
            if (Failure failure = makePresent (mapping->options, mapping->base, head, true))
            {
                return failure;
            }
        }
        mapping->content->write (mapping->base);
    }
    return mapping->options.lock ? lockRange (mapping->base, mapping->bytes) : Failure ();
}

Failure mapShared (Mapping* mapping, const File& file, const SegmentDir& folder)
{
    const std::size_t page = transparentPage ();
    const bool require = mapping->options.huge == HugePages::Require;
    void* address = nullptr;
    if (folder.hugePage != 0)
    {
        mapping->backed = roundUp (mapping->bytes, folder.hugePage);
    }
    else
    {
        // A mapping may be longer than its file, so the last page of the file can be a huge page too.
        mapping->backed = require && page != 0 ? roundUp (mapping->bytes, page) : mapping->bytes;
        if (hugePart (*mapping) != 0)
        {
            if (Failure failure = mapping->reserveAligned (page))
            {
                return failure;
            }
            address = mapping->base;
        }
        else if (mapping->options.huge == HugePages::Never && page != 0 && mapping->bytes >= page)
        {
            // A mount may provide huge pages by itself. If the addresses are aligned, Linux 6.1 then maps them as huge
            // pages whatever madvise(2) requested. So these addresses are not aligned.
            if (Failure failure = mapping->reserveAligned (page))
            {
                return failure;
            }
            mapping->base += os::basePageSize ();
            address = mapping->base;
        }
    }
    if (int error = os::mapFile (file.handle, mapping->backed, mapping->writable (), &address))
    {
        return folder.hugePage != 0 && error != EAGAIN ? noHugePages (folder.hugePage, mapping->backed, true)
                                                       : noAddresses (error, mapping->backed);
    }
    if (mapping->reserved == nullptr)
    {
        mapping->reserved = address;
        mapping->reservedBytes = mapping->backed;
        mapping->base = static_cast<char*> (address);
    }
    if (mapping->options.huge == HugePages::Never && page != 0 && mapping->bytes >= page)
    {
        os::adviseHuge (mapping->base, mapping->backed, false);  // in case the mount provides huge pages by itself
    }
    return Failure ();
}

Mark markOf (int file, const os::FileFacts& facts) noexcept
{
    bool marked = false;
    if (!facts.regular || facts.size == 0)
    {
        return Mark::None;
    }
    if (os::markOf (file, &marked) == 0)
    {
        return marked ? Mark::Attribute : Mark::None;
    }
    // chmod -R 1777 on a folder sets the bit of every file in it, but also the execute bits.
    const bool plain = (facts.mode & 0111) == 0 && facts.size % os::basePageSize () == 0;
    return (facts.mode & ourMark) != 0 && plain ? Mark::Mode : Mark::None;
}

}  // namespace JOIN_ABI
}  // namespace join
