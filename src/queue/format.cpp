// SPDX-License-Identifier: MIT
#include "queue/format.hpp"

#include "os/futex.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Identity;
using detail::Kind;

namespace
{
bool known (Kind kind) noexcept
{
    return kind == Kind::Spsc || kind == Kind::Mpsc || kind == Kind::Mpmc;
}

uint32_t lanesFor (Kind kind, const QueueOptions& options, bool shared) noexcept
{
    if (!shared)
    {
        return 0;  // death takes all threads along: there is nobody to tell whose a ticket was
    }
    if (kind == Kind::Spsc)
    {
        return 2;  // the pusher's and the popper's
    }
    return options.participants != 0 ? options.participants : detail::lanesUsual;
}

// 1 and up, a power of two; 0 where there is none that large.
uint64_t roundedCapacity (uint64_t capacity) noexcept
{
    uint64_t rounded = 1;
    while (rounded < capacity)
    {
        if (rounded > UINT64_MAX / 2)
        {
            return 0;
        }
        rounded *= 2;
    }
    return rounded;
}

unsigned long long wide (uint64_t number) noexcept
{
    return number;
}

Failure noQueue (const char* path, const char* why) noexcept
{
    return Failure (EBADMSG, "%.300s is no queue of a format that this library knows: %s", path, why);
}

const char* faultOf (const Identity& there, uint64_t fileSize) noexcept
{
    if (there.magic != detail::segmentMagic)
    {
        return "it does not begin with \"JOINMEMQ\"";
    }
    if (there.major != detail::formatMajor)
    {
        return "its major version is another: use the library that made it";
    }
    if ((there.incompatible & ~detail::incompatibleKnown) != 0)
    {
        return "it has features without which it must not be used: use a newer library";
    }
    if (there.headerSize != offsetof (detail::Control, head) || !known (static_cast<Kind> (there.kind))
        || there.elementSize == 0 || there.elementSize > detail::elementMost || there.capacity == 0
        || there.capacity > detail::capacityMost || (there.capacity & (there.capacity - 1)) != 0
        || there.lanes > detail::lanesMost)
    {
        return "a field of its header has a value that none has";
    }
    const Kind kind = static_cast<Kind> (there.kind);
    const detail::Layout layout = detail::layoutOf (kind, there.capacity, there.elementSize, there.lanes);
    if (there.stride != detail::strideOf (kind, there.elementSize) || there.wordsOffset != layout.wordsOffset
        || there.elementsOffset != layout.elementsOffset || there.segmentSize != layout.segmentSize)
    {
        return "its header contradicts itself";
    }
    return fileSize < layout.segmentSize ? "it is shorter than its header says" : nullptr;
}
}  // namespace

const char* nameOf (Kind kind) noexcept
{
    return kind == Kind::Spsc ? "Spsc" : kind == Kind::Mpsc ? "Mpsc" : "Mpmc";
}

Failure readQueueOptions (const QueueOptions& given, QueueOptions* options) noexcept
{
    const uint32_t size = given.structSize;
    const bool ends = size == offsetof (QueueOptions, typeId) || size == offsetof (QueueOptions, tag)
                      || size == offsetof (QueueOptions, exclusive) || (size >= sizeof (QueueOptions) && size <= 4096);
    if (!ends)
    {
        return Failure (EINVAL, "the options' structSize is %u, which is the size of no QueueOptions: leave it as made",
                        size);
    }
    const char* bytes = reinterpret_cast<const char*> (&given);
    for (uint32_t i = sizeof (QueueOptions); i < size; ++i)
    {
        if (bytes[i] != 0)
        {
            return Failure (EINVAL,
                            "the options have a field at byte %u that this library does not know: use a newer one", i);
        }
    }
    std::memcpy (static_cast<void*> (options), &given, size < sizeof (QueueOptions) ? size : sizeof (QueueOptions));
    options->structSize = sizeof (QueueOptions);
    if (options->participants > detail::lanesMost)
    {
        return Failure (EINVAL, "%u participants are too many: a queue has places for %u at most",
                        options->participants, detail::lanesMost);
    }
    return Failure ();
}

Failure shapeFormat (const detail::Shape& asked, const QueueOptions& options, bool shared, QueueFormat* format)
{
    if (!known (asked.kind))
    {
        return Failure (EINVAL, "kind %u is none: 1 is Spsc, 2 Mpsc, 3 Mpmc", static_cast<unsigned> (asked.kind));
    }
    if (asked.elementSize == 0 || asked.elementSize > detail::elementMost)
    {
        return Failure (EINVAL, "an element of %u bytes is none: 1 to %u", asked.elementSize, detail::elementMost);
    }
    const uint64_t capacity = roundedCapacity (asked.capacity);
    const uint64_t most = (uint64_t (INT64_MAX) - (uint64_t (1) << 20)) / (asked.elementSize + 16U);
    if (capacity == 0 || capacity > most)
    {
        throw std::overflow_error ("a queue of " + std::to_string (asked.capacity) + " elements of "
                                   + std::to_string (asked.elementSize) + " bytes is past what a file can have");
    }
    if (capacity > detail::capacityMost)
    {
        return Failure (EINVAL, "a queue of %llu elements is none: 2^32 at most", wide (asked.capacity));
    }
    format->kind = asked.kind;
    format->elementSize = asked.elementSize;
    format->capacity = capacity;
    format->lanes = lanesFor (asked.kind, options, shared);
    format->typeId = options.typeId;
    format->tag = options.tag;
    format->layout = detail::layoutOf (asked.kind, capacity, asked.elementSize, format->lanes);
    return Failure ();
}

void writeIdentity (const QueueFormat& format, char* base) noexcept
{
    Identity identity = {};
    identity.magic = detail::segmentMagic;
    identity.major = detail::formatMajor;
    identity.minor = detail::formatMinor;
    identity.headerSize = offsetof (detail::Control, head);
    identity.kind = static_cast<uint32_t> (format.kind);
    identity.elementSize = format.elementSize;
    identity.capacity = format.capacity;
    identity.typeId = format.typeId;
    identity.tag = format.tag;
    identity.lanes = format.lanes;
    identity.stride = detail::strideOf (format.kind, format.elementSize);
    identity.wordsOffset = format.layout.wordsOffset;
    identity.elementsOffset = format.layout.elementsOffset;
    identity.segmentSize = format.layout.segmentSize;
    identity.creatorPid = os::processId ();
    identity.createdAt = static_cast<uint64_t> (os::today ());
    std::memcpy (base, &identity, sizeof (identity));
}

Failure readIdentity (const Identity& there, uint64_t fileSize, const char* path, QueueFormat* format) noexcept
{
    const char* fault = faultOf (there, fileSize);
    if (fault != nullptr)
    {
        return noQueue (path, fault);
    }
    format->kind = static_cast<Kind> (there.kind);
    format->elementSize = there.elementSize;
    format->capacity = there.capacity;
    format->lanes = there.lanes;
    format->typeId = there.typeId;
    format->tag = there.tag;
    format->layout = detail::layoutOf (format->kind, format->capacity, format->elementSize, format->lanes);
    return Failure ();
}

Failure compareFormats (const QueueFormat& there, const detail::Shape& asked, const QueueOptions& options,
                        const char* path) noexcept
{
    if (asked.kind != Kind (0) && asked.kind != there.kind)
    {
        return Failure (EINVAL, "%.300s is a queue of kind %s, asked for was %s", path, nameOf (there.kind),
                        known (asked.kind) ? nameOf (asked.kind) : "none");
    }
    if (asked.elementSize != 0 && asked.elementSize != there.elementSize)
    {
        return Failure (EINVAL, "%.300s has elements of %u bytes, asked for were %u", path, there.elementSize,
                        asked.elementSize);
    }
    if (asked.capacity != 0 && roundedCapacity (asked.capacity) != there.capacity)
    {
        return Failure (EINVAL, "%.300s has a capacity of %llu elements, asked for were %llu", path,
                        wide (there.capacity), wide (asked.capacity));
    }
    if (options.typeId != 0 && there.typeId != 0 && options.typeId != there.typeId)
    {
        return Failure (EINVAL, "%.300s has elements of type %#llx, asked for was %#llx", path, wide (there.typeId),
                        wide (options.typeId));
    }
    return Failure ();
}

}  // namespace JOIN_ABI
}  // namespace join
