// SPDX-License-Identifier: MIT
// The identity of a segment: written once, and read once, with everything that it says checked.
#ifndef JOIN_SRC_QUEUE_FORMAT_HPP
#define JOIN_SRC_QUEUE_FORMAT_HPP

#include "failure.hpp"
#include "shared.hpp"

#include <join/detail/ring.hpp>
#include <join/queue.hpp>

namespace join
{
inline namespace JOIN_ABI
{
/// What a queue is, checked: of this process's own, whatever the segment says later.
struct QueueFormat
{
    detail::Kind kind;
    uint32_t elementSize;
    uint64_t capacity;
    uint32_t lanes;
    uint64_t typeId;
    uint64_t tag;
    detail::Layout layout;
};

/// The options, of whatever version, checked.
Failure readQueueOptions (const QueueOptions& given, QueueOptions* options) noexcept;

/// The queue that is asked for. `capacity` 0 is 1.
/// @throw std::overflow_error more bytes than a file can have
Failure shapeFormat (const detail::Shape& asked, const QueueOptions& options, bool shared, QueueFormat* format);

/// Into a segment of zeros.
void writeIdentity (const QueueFormat& format, char* base) noexcept;

/// EBADMSG: what stands there is no queue that this library knows. `path` is for the sentence.
Failure readIdentity (const detail::Identity& there, uint64_t fileSize, const char* path, QueueFormat* format) noexcept;

/// EINVAL: it is another queue than the one asked for; of what is asked for, 0 is whatever it has.
Failure compareFormats (const QueueFormat& there, const detail::Shape& asked, const QueueOptions& options,
                        const char* path) noexcept;

const char* nameOf (detail::Kind kind) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
