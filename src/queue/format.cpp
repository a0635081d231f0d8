// SPDX-License-Identifier: MIT
// The checks and the error messages of a segment's header, and of the options that shape it.
#include "queue/format.hpp"

#include "os/futex.hpp"
#include "base/utf8.hpp"

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
using detail::traitsOf;

namespace
{
static_assert (queueMagic == detail::segmentMagic && offsetof (Identity, magic) == offsetof (QueueStart, magic)
                   && offsetof (Identity, kind) == offsetof (QueueStart, kind),
               "segment.hpp repeats these");

constexpr bool isSameText (const char* a, const char* b) noexcept
{
    while (*a != '\0' && *a == *b)
    {
        ++a;
        ++b;
    }
    return *a == *b;
}

// Up to the first number that neither table has.
constexpr bool sameKindNames () noexcept
{
    for (uint32_t kind = 1;; ++kind)
    {
        const char* name = traitsOf (Kind (kind)).name;
        const char* other = queueKindName (kind);
        if (name == nullptr || other == nullptr)
        {
            return name == other;
        }
        if (!isSameText (name, other))
        {
            return false;
        }
    }
}

static_assert (sameKindNames (), "segment.hpp repeats the names of the kinds");

constexpr uint32_t roleCount = 2;  // slots of a Spsc: the producer's and the consumer's

bool known (Kind kind) noexcept
{
    return traitsOf (kind).name != nullptr;
}

uint32_t slotsFor (Kind kind, const QueueOptions& options, bool shared) noexcept
{
    if (!shared)
    {
        return 0;  // a death ends all producers and consumers: no recovery needs intent records
    }
    if (!traitsOf (kind).claims)
    {
        return roleCount;
    }
    return options.maxProducers != 0 ? options.maxProducers : detail::defaultSlots;
}

// The next power of two, at least 1; 0: it does not fit into 64 bits.
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

// The name of the first field of the header whose value is impossible, or null.
const char* badField (const Identity& existing, uint64_t* value) noexcept
{
    const Kind kind = static_cast<Kind> (existing.kind);
    const bool powerOfTwo = (existing.capacity & (existing.capacity - 1)) == 0;
    const uint32_t minSlots = traitsOf (kind).claims ? 1 : roleCount;
    const uint32_t maxSlots = traitsOf (kind).claims ? detail::maxSlots : roleCount;
    const struct
    {
        const char* name;
        uint64_t value;
        bool good;
    } fields[] = {
        {"headerSize", existing.headerSize, existing.headerSize == offsetof (detail::Control, head)},
        {"kind", existing.kind, known (kind)},
        {"elementSize", existing.elementSize, existing.elementSize != 0 && existing.elementSize <= detail::maxElement},
        {"capacity", existing.capacity,
         existing.capacity != 0 && existing.capacity <= detail::maxCapacity && powerOfTwo},
        {"slots", existing.slotCount, existing.slotCount >= minSlots && existing.slotCount <= maxSlots},
    };
    for (const auto& field : fields)
    {
        if (!field.good)
        {
            *value = field.value;
            return field.name;
        }
    }
    return nullptr;
}

Failure checkFormat (const Identity& existing, const char* path) noexcept
{
    if (existing.magic != detail::segmentMagic)
    {
        return Failure (EBADMSG,
                        "%.300s is plain memory or another program's file, no queue: it does not begin with "
                        "\"JOINMEMQ\"; choose another name, or remove it (joinmem rm)",
                        path);
    }
    if (existing.major != detail::formatMajor)
    {
        return Failure (EBADMSG,
                        "%.300s is a queue of format version %u, this library has version %u: use the library that "
                        "made it, or remove it (joinmem rm)",
                        path, existing.major, detail::formatMajor);
    }
    if (const uint32_t unknown = existing.incompatible & ~detail::incompatibleKnown)
    {
        return Failure (EBADMSG,
                        "%.300s is a queue with features %#x, which this library does not have: use a newer library, "
                        "or remove it (joinmem rm)",
                        path, unknown);
    }
    uint64_t value = 0;
    if (const char* field = badField (existing, &value))
    {
        return Failure (EBADMSG, "%.300s is a damaged queue: %s in its header is %llu; remove it (joinmem rm)", path,
                        field, wide (value));
    }
    return Failure ();
}

Failure checkLayout (const Identity& existing, uint64_t fileSize, const detail::Layout& layout,
                     const char* path) noexcept
{
    if (existing.stride != detail::strideOf (static_cast<Kind> (existing.kind), existing.elementSize)
        || existing.sequencesOffset != layout.sequencesOffset || existing.elementsOffset != layout.elementsOffset
        || existing.segmentSize != layout.segmentSize)
    {
        return Failure (EBADMSG, "%.300s is a damaged queue: its header contradicts itself; remove it (joinmem rm)",
                        path);
    }
    return fileSize >= layout.segmentSize
               ? Failure ()
               : Failure (EBADMSG,
                          "%.300s is a damaged queue: it has %llu bytes, its header says %llu; remove it (joinmem rm)",
                          path, wide (fileSize), wide (layout.segmentSize));
}
}  // namespace

Failure shapeFormat (const detail::Shape& requested, const QueueOptions& options, bool shared, QueueFormat* format,
                     std::string_view name)
{
    if (!known (requested.kind))
    {
        return Failure (EINVAL, "kind %u does not exist: 1 is Spsc, 2 Mpsc, 3 Mpmc",
                        static_cast<unsigned> (requested.kind));
    }
    if (requested.elementSize == 0 || requested.elementSize > detail::maxElement)
    {
        return Failure (EINVAL, "elements of %u bytes are not possible: give 1 to %u bytes", requested.elementSize,
                        detail::maxElement);
    }
    const uint64_t capacity = roundedCapacity (requested.capacity);
    const uint64_t most = (uint64_t (INT64_MAX) - (uint64_t (1) << 20)) / (requested.elementSize + 16U);
    if (capacity == 0 || capacity > most)
    {
        throw std::overflow_error ("a queue " + std::string (name) + (name.empty () ? "of " : " of ")
                                   + std::to_string (requested.capacity) + " elements of "
                                   + std::to_string (requested.elementSize)
                                   + " bytes is past what a file can have: give 1 to 4294967296 elements"
                                   + (requested.capacity > uint64_t (INT64_MAX) ? " (is the capacity negative?)" : ""));
    }
    if (capacity > detail::maxCapacity)
    {
        return Failure (EINVAL, "a queue %.*s%sof %llu elements is too large: give 1 to 4294967296",
                        static_cast<int> (cutLength (name, 255)), name.data (), name.empty () ? "" : " ",
                        wide (requested.capacity));
    }
    format->kind = requested.kind;
    format->elementSize = requested.elementSize;
    format->capacity = capacity;
    format->slotCount = slotsFor (requested.kind, options, shared);
    format->typeId = options.typeId;
    format->tag = options.tag;
    format->lockFile = 0;
    format->layout = detail::layoutOf (requested.kind, capacity, requested.elementSize, format->slotCount);
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
    identity.slotCount = format.slotCount;
    identity.stride = detail::strideOf (format.kind, format.elementSize);
    identity.sequencesOffset = format.layout.sequencesOffset;
    identity.elementsOffset = format.layout.elementsOffset;
    identity.segmentSize = format.layout.segmentSize;
    identity.creatorPid = os::processId ();
    identity.createdAt = static_cast<uint64_t> (os::realtimeNow ());
    identity.compatible = format.lockFile != 0 ? detail::lockFileFeature : 0;
    identity.lockFile = format.lockFile;
    std::memcpy (base, &identity, sizeof (identity));
}

Failure readIdentity (const Identity& existing, uint64_t fileSize, const char* path, QueueFormat* format) noexcept
{
    if (Failure failure = checkFormat (existing, path))
    {
        return failure;
    }
    const Kind kind = static_cast<Kind> (existing.kind);
    const detail::Layout layout = detail::layoutOf (kind, existing.capacity, existing.elementSize, existing.slotCount);
    if (Failure failure = checkLayout (existing, fileSize, layout, path))
    {
        return failure;
    }
    if (existing.segmentSize > uint64_t (PTRDIFF_MAX) / 2)
    {
        return Failure (ENOMEM,
                        "%.300s is a queue of %s, which is more than a %u-bit process can map: use a 64-bit process",
                        path, SizeText (existing.segmentSize).text, static_cast<unsigned> (8 * sizeof (void*)));
    }
    format->kind = kind;
    format->elementSize = existing.elementSize;
    format->capacity = existing.capacity;
    format->slotCount = existing.slotCount;
    format->typeId = existing.typeId;
    format->tag = existing.tag;
    format->lockFile = (existing.compatible & detail::lockFileFeature) != 0 ? existing.lockFile : 0;
    format->layout = layout;
    return Failure ();
}

Failure compareFormats (const QueueFormat& existing, const detail::Shape& requested, const QueueOptions& options,
                        const char* path) noexcept
{
    static const char* const remedy = "request what it has, or remove it (joinmem rm) and make it anew";
    if (requested.kind != Kind (0) && requested.kind != existing.kind)
    {
        return Failure (EINVAL, "%.300s is a queue of kind %s, not %s as requested: %s", path,
                        traitsOf (existing.kind).name,
                        known (requested.kind) ? traitsOf (requested.kind).name : "an unknown kind", remedy);
    }
    if (requested.elementSize != 0 && requested.elementSize != existing.elementSize)
    {
        return Failure (EINVAL, "%.300s has elements of %u bytes, not %u as requested: %s", path, existing.elementSize,
                        requested.elementSize, remedy);
    }
    if (requested.capacity != 0 && roundedCapacity (requested.capacity) != existing.capacity)
    {
        return Failure (EINVAL,
                        "%.300s has a capacity of %llu elements, not %llu as requested: %s (OpenOnly, JM_OPEN_ONLY, "
                        "accepts any capacity for 0)",
                        path, wide (existing.capacity), wide (requested.capacity), remedy);
    }
    if (options.typeId != 0 && existing.typeId != 0 && options.typeId != existing.typeId)
    {
        return Failure (EINVAL, "%.300s has elements of type id %#llx, not %#llx as requested: %s", path,
                        wide (existing.typeId), wide (options.typeId), remedy);
    }
    return Failure ();
}

}  // namespace JOIN_ABI
}  // namespace join
