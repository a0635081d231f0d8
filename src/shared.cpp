// SPDX-License-Identifier: MIT
// What making and opening a segment have in common.
#include "shared.hpp"

#include "os/pages.hpp"

#include <cerrno>

namespace join
{
inline namespace JOIN_ABI
{
std::size_t hugePart (const Mapping& mapping) noexcept
{
    const std::size_t page = transparentPage ();
    if (mapping.asked.huge == HugePages::Never || page == 0 || mapping.backing != Backing::Tmpfs)
    {
        return 0;
    }
    return mapping.backed / page * page;
}

Failure takeLease (const File& file, const char* path) noexcept
{
    switch (const int error = os::holdLease (file.handle))
    {
        case 0:
            return Failure ();
        case EAGAIN:
        case EACCES:
            return Failure (EAGAIN, "%s is held by a process that is removing it", path);
        default:
            return Failure (error, "%s: the attach lease cannot be held (fcntl F_OFD_SETLK)", path);
    }
}

Failure keepFile (const Mapping& mapping, File* file) noexcept
{
    if (mapping.content != nullptr)
    {
        mapping.content->keep (file);
    }
    return Failure ();
}

Failure complete (Mapping* mapping)
{
    if (mapping->content != nullptr)
    {
        const std::size_t unit = mapping->pooled () ? mapping->backed : os::basePageSize ();
        if (!mapping->asked.prefault)
        {
            const std::size_t head = roundUp (mapping->content->head, unit);
            if (Failure failure = makePresent (mapping->asked, mapping->base, head, true))
            {
                return failure;
            }
        }
        mapping->content->write (mapping->base);
    }
    return mapping->asked.lock ? lockRange (mapping->base, mapping->bytes) : Failure ();
}

Failure mapShared (Mapping* mapping, const File& file, const Folder& folder)
{
    const std::size_t page = transparentPage ();
    const bool require = mapping->asked.huge == HugePages::Require;
    void* address = nullptr;
    if (folder.hugePage != 0)
    {
        mapping->backed = roundUp (mapping->bytes, folder.hugePage);
    }
    else
    {
        // A mapping may be longer than its file: so the last huge page is one as well.
        mapping->backed = require && page != 0 ? roundUp (mapping->bytes, page) : mapping->bytes;
        if (hugePart (*mapping) != 0)
        {
            if (Failure failure = mapping->reserveAligned (page))
            {
                return failure;
            }
            address = mapping->base;
        }
        else if (mapping->asked.huge == HugePages::Never && page != 0 && mapping->bytes >= page)
        {
            // A mount may give huge pages by itself, and Linux 6.1 then maps them as such, whatever is advised, where
            // the addresses are aligned: so these are not.
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
        return folder.hugePage != 0 ? noHugePages (folder.hugePage, mapping->backed, true)
                                    : noAddresses (error, mapping->backed);
    }
    if (mapping->reserved == nullptr)
    {
        mapping->reserved = address;
        mapping->reservedBytes = mapping->backed;
        mapping->base = static_cast<char*> (address);
    }
    if (mapping->asked.huge == HugePages::Never && page != 0 && mapping->bytes >= page)
    {
        os::adviseHuge (mapping->base, mapping->backed, false);  // where the mount gives huge pages by itself
    }
    return Failure ();
}

}  // namespace JOIN_ABI
}  // namespace join
