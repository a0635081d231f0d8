// SPDX-License-Identifier: MIT
// A segment that is inspected and not used: its file, and reads of its header, counters and locks.
#ifndef JOIN_SRC_QUEUE_SEGMENT_READER_HPP
#define JOIN_SRC_QUEUE_SEGMENT_READER_HPP

#include "segment/names.hpp"
#include "os/files.hpp"
#include "queue/format.hpp"
#include "queue/writer_file.hpp"

#include <join/inspect.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// The file of a segment, open for reading, without a lock.
class SegmentReader
{
public:
    /// Opens the file of that name in the first folder that has it.
    /// @return ENOENT: no folder has it. EACCES, EAGAIN (a process has a lease of fcntl(2) on it), ELOOP, ENXIO, ...:
    /// it cannot be opened, but `facts` is set.
    Failure open (std::string_view name, bool writable = false) noexcept;

    /// Whether the file exists and `facts` is set, even if it could not be opened.
    bool seen () const noexcept
    {
        return _path[0] != '\0';
    }

    /// Whether a process that may write to the queue has it open. Processes that may only read it do not count: they
    /// can lock the attach byte of the queue's own file.
    /// @param alone takes the attach lock exclusively where no other process has it: no process attaches from then on
    Failure usedByWriters (const QueueFormat& format, bool alone, bool* used) noexcept;

    /// Opens the second lock file of a queue. Its descriptor stays -1
    /// where there is none, or this user may not open it.
    const File& openWriterFile (const QueueFormat& format) noexcept;

    /// Reads and checks the queue's header. @return EBADMSG: no queue, or a damaged one
    Failure readFormat (QueueFormat* format) noexcept;

    /// Reads `count` bytes of the file. @return EBADMSG: the file is shorter
    Failure read (uint64_t offset, void* bytes, std::size_t count) const noexcept;

    /// Reads one word or counter. 0 where the file has been cut short.
    uint64_t word (uint64_t offset) const noexcept;

    const char* path () const noexcept
    {
        return _path;
    }

    File file;
    File writerFile;
    os::FileFacts facts;
    SegmentDir folder;
    detail::Identity identity = {};

private:
    Failure openIn (const SegmentDir& place, const char* name, bool writable) noexcept;

    char _path[512] = "";
};

/// The mark of the file, if it is open.
Mark markOf (const SegmentReader& look) noexcept;

/// The element counters of a queue that is inspected.
struct ElementCounts
{
    uint64_t pushed;
    uint64_t popped;
    uint64_t pending;     ///< elements in the queue, at most the capacity
    uint64_t difference;  ///< pushed - popped: more than the capacity where the queue is damaged
};

ElementCounts countElements (const SegmentReader& look, const QueueFormat& format) noexcept;

/// The file offset of the sequence word of a ticket's cell; the ticket is shifted as in a word.
uint64_t wordOffset (const QueueFormat& format, uint64_t ticket) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
