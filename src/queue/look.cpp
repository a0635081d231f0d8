// SPDX-License-Identifier: MIT
#include "queue/look.hpp"

#include <cerrno>
#include <cstdio>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// What the file system tells, of a file that may not be opened too.
Failure lookAt (const char* path, os::FileFacts* facts) noexcept
{
    File file;
    if (int error = os::openForFacts (path, &file.handle))
    {
        return Failure (error, "%.400s cannot be looked at", path);
    }
    const int error = os::factsOf (file.handle, facts);
    return error == 0 ? Failure () : Failure (error, "%.400s cannot be looked at (fstat)", path);
}
}  // namespace

bool isMarked (const os::FileFacts& facts) noexcept
{
    return facts.regular && facts.size != 0 && (facts.mode & ourMark) != 0;
}

uint64_t wordOffset (const QueueFormat& format, uint64_t ticket) noexcept
{
    const uint64_t slot = (ticket >> detail::ticketShift) & (format.capacity - 1);
    return format.layout.wordsOffset != 0
               ? format.layout.wordsOffset + slot * 8
               : format.layout.elementsOffset + slot * detail::strideOf (format.kind, format.elementSize);
}

Failure Look::openIn (const Folder& place, const char* name, bool writable) noexcept
{
    const SegmentPath path (place, name);
    if (place.hugePage != 0 && !stillHuge (place))
    {
        return Failure (ENOENT);  // unmounted: what lies beneath is no segment
    }
    if (Failure failure = lookAt (path.text, &facts))
    {
        return notThere (place, path.text, failure.error ()) ? Failure (ENOENT) : failure;
    }
    folder = place;
    std::snprintf (_path, sizeof (_path), "%s", path.text);
    if (!facts.regular)
    {
        return Failure ();
    }
    if (int error = os::openFile (path.text, writable, &file.handle))
    {
        if (error == ENOENT)
        {
            _path[0] = '\0';
            return Failure (ENOENT);  // it has just gone
        }
        return error == EACCES ? Failure (EACCES,
                                          "%.300s may not be opened by user %u: it belongs to user %u, with "
                                          "permissions %03o",
                                          _path, os::effectiveUser (), facts.owner, facts.mode & 0777)
                               : Failure (error, "%.400s cannot be opened", _path);
    }
    const int error = os::factsOf (file.handle, &facts);
    return error == 0 ? Failure () : Failure (error, "%.400s cannot be looked at (fstat)", _path);
}

Failure Look::open (std::string_view given, bool writable) noexcept
{
    SegmentName name;
    if (Failure failure = readName (given, &name))
    {
        return failure;
    }
    for (int fresh = 0; fresh < 2; ++fresh)
    {
        const Folders places = folders (fresh == 1);
        for (std::size_t i = 0; i < places.count; ++i)
        {
            Failure failure = openIn (places.list[i], name.text, writable);
            if (failure.error () != ENOENT)
            {
                return failure;
            }
        }
    }
    return Failure (ENOENT, "there is no segment %.300s", name.text);
}

Failure Look::read (uint64_t offset, void* bytes, std::size_t count) const noexcept
{
    char* to = static_cast<char*> (bytes);
    while (count != 0)
    {
        std::size_t got = 0;
        if (int error = os::readAt (file.handle, offset, to, count, &got))
        {
            return Failure (error, "%.400s cannot be read", _path);
        }
        if (got == 0)
        {
            return Failure (EBADMSG, "%.400s ends before byte %llu", _path,
                            static_cast<unsigned long long> (offset + count));
        }
        to += got;
        offset += got;
        count -= got;
    }
    return Failure ();
}

uint64_t Look::word (uint64_t offset) const noexcept
{
    uint64_t value = 0;
    return read (offset, &value, sizeof (value)) ? 0 : value;
}

Failure Look::readFormat (QueueFormat* format) noexcept
{
    if (!facts.regular || facts.size < sizeof (identity) || read (0, &identity, sizeof (identity)))
    {
        identity = {};
    }
    return readIdentity (identity, facts.size, _path, format);
}

}  // namespace JOIN_ABI
}  // namespace join
