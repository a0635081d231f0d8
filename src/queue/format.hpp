// SPDX-License-Identifier: MIT
// The identity of a segment, its header: written once before the
// segment has a name, and read once, with every field checked.
#ifndef JOIN_SRC_QUEUE_FORMAT_HPP
#define JOIN_SRC_QUEUE_FORMAT_HPP

#include "base/failure.hpp"
#include "segment/segment.hpp"

#include <join/detail/ring.hpp>
#include <join/queue.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// The checked contents of a header, copied: a peer that changes the header later changes nothing here.
struct QueueFormat
{
    detail::Kind kind;
    uint32_t elementSize;
    uint64_t capacity;
    uint32_t slotCount;
    uint64_t typeId;
    uint64_t tag;
    uint64_t lockFile;  // the random number in the name of its WriterFile; 0: it has none
    detail::Layout layout;
};

/// The format of the queue that the caller requests. A capacity of 0 becomes 1.
/// @param name for the error message
/// @throw std::overflow_error more bytes than a file can have
Failure shapeFormat (const detail::Shape& requested, const QueueOptions& options, bool shared, QueueFormat* format,
                     std::string_view name = {});

/// Writes the header into a segment of zeros.
void writeIdentity (const QueueFormat& format, char* base) noexcept;

/// Checks a header and copies it.
/// @param path for the error message
/// @return EBADMSG: no queue, a damaged one, or one of another format version
Failure readIdentity (const detail::Identity& existing, uint64_t fileSize, const char* path,
                      QueueFormat* format) noexcept;

/// Compares an existing queue with the requested one, in which 0 accepts any value.
/// @return EINVAL: they differ
Failure compareFormats (const QueueFormat& existing, const detail::Shape& requested, const QueueOptions& options,
                        const char* path) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
