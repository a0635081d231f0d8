// SPDX-License-Identifier: MIT
// Reads of a segment that is inspected, by pread(2) and without a lock of its own.
#include "queue/segment_reader.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// Reads the facts of a file, also of one that this user may not open.
Failure lookAt (const char* path, os::FileFacts* facts) noexcept
{
    File file;
    if (int error = os::openForFacts (path, &file.handle))
    {
        return Failure (error, "%.400s cannot be examined", path);
    }
    const int error = os::factsOf (file.handle, facts);
    return error == 0 ? Failure () : Failure (error, "%.400s cannot be examined (fstat)", path);
}
}  // namespace

Mark markOf (const SegmentReader& look) noexcept
{
    return look.file.handle != -1 ? markOf (look.file.handle, look.facts) : Mark::None;
}

ElementCounts countElements (const SegmentReader& look, const QueueFormat& format) noexcept
{
    constexpr int maxTries = 16;
    const unsigned shift = detail::traitsOf (format.kind).positionShift;
    ElementCounts counts = {};
    uint64_t tail = look.word (offsetof (detail::Control, tail));  // before head, so that it is not larger
    uint64_t head = look.word (offsetof (detail::Control, head));
    for (int i = 0; i < maxTries; ++i)
    {
        // Modulo 2^52 for tickets, which wrap.
        counts.difference = ((head >> shift << shift) - (tail >> shift << shift)) >> shift;
        if (counts.difference <= format.capacity)
        {
            break;
        }
        // Others push and pop between the two reads: only counters that did not change can contradict each other.
        const uint64_t tailAgain = look.word (offsetof (detail::Control, tail));
        const uint64_t headAgain = look.word (offsetof (detail::Control, head));
        const bool still = tailAgain == tail && headAgain == head;
        tail = tailAgain;
        head = headAgain;
        if (still)
        {
            break;
        }
        counts.difference = format.capacity;  // the result for a busy queue, if this is the last try
    }
    counts.popped = tail >> shift;
    counts.pushed = head >> shift;
    counts.pending = counts.difference < format.capacity ? counts.difference : format.capacity;
    return counts;
}

uint64_t wordOffset (const QueueFormat& format, uint64_t ticket) noexcept
{
    const uint64_t cell = (ticket >> detail::ticketShift) & (format.capacity - 1);
    return format.layout.sequencesOffset != 0
               ? format.layout.sequencesOffset + cell * 8
               : format.layout.elementsOffset + cell * detail::strideOf (format.kind, format.elementSize);
}

Failure SegmentReader::openIn (const SegmentDir& place, const char* name, bool writable) noexcept
{
    const SegmentPath path (place, name);
    if (place.hugePage != 0 && !stillHuge (place))
    {
        return Failure (ENOENT);  // unmounted: the folder under the mount point has no segments
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
            return Failure (ENOENT);  // it was removed just now
        }
        return error == EACCES ? Failure (EACCES,
                                          "%.300s may not be opened by user %u: it belongs to user %u, with "
                                          "permissions %03o",
                                          _path, os::effectiveUser (), facts.owner, facts.mode & 0777)
                               : Failure (error, "%.400s cannot be opened", _path);
    }
    const int error = os::factsOf (file.handle, &facts);
    return error == 0 ? Failure () : Failure (error, "%.400s cannot be examined (fstat)", _path);
}

Failure SegmentReader::open (std::string_view input, bool writable) noexcept
{
    SegmentName name;
    if (Failure failure = readName (input, &name))
    {
        return failure;
    }
    for (int fresh = 0; fresh < 2; ++fresh)
    {
        const SegmentDirs places = segmentDirs (fresh == 1);
        for (std::size_t i = 0; i < places.count (); ++i)
        {
            Failure failure = openIn (places[i], name.text, writable);
            if (failure.error () != ENOENT)
            {
                return failure;
            }
        }
    }
    return Failure (ENOENT, "there is no segment %.300s", name.text);
}

const File& SegmentReader::openWriterFile (const QueueFormat& format) noexcept
{
    if (format.lockFile != 0 && writerFile.handle == -1)
    {
        const WriterFilePath path (_path, facts.inode, format.lockFile);
        File opened;
        os::FileFacts own;
        if (os::openFile (path.text, true, &opened.handle) == 0 && os::factsOf (opened.handle, &own) == 0 && own.regular
            && own.owner == facts.owner)
        {
            std::swap (writerFile.handle, opened.handle);
        }
    }
    return writerFile;
}

Failure SegmentReader::usedByWriters (const QueueFormat& format, bool alone, bool* used) noexcept
{
    const int locked = openWriterFile (format).handle != -1 ? writerFile.handle : file.handle;
    *used = false;
    if (!alone)
    {
        const int error = os::attachLockOfOthers (locked, used);
        return error == 0 ? Failure () : Failure (error, "the attach lock of %.400s cannot be read", _path);
    }
    switch (const int error = os::holdAttachLockAlone (locked))
    {
        case 0:
            return Failure ();
        case EAGAIN:
        case EACCES:
            *used = true;
            return Failure ();
        default:
            return Failure (error, "%.400s: its attach lock cannot be taken (fcntl F_OFD_SETLK)", _path);
    }
}

Failure SegmentReader::read (uint64_t offset, void* bytes, std::size_t count) const noexcept
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

uint64_t SegmentReader::word (uint64_t offset) const noexcept
{
    uint64_t value = 0;
    return read (offset, &value, sizeof (value)) ? 0 : value;
}

Failure SegmentReader::readFormat (QueueFormat* format) noexcept
{
    if (!facts.regular || facts.size < sizeof (identity) || read (0, &identity, sizeof (identity)))
    {
        identity = {};
    }
    return readIdentity (identity, facts.size, _path, format);
}

}  // namespace JOIN_ABI
}  // namespace join
