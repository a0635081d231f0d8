// SPDX-License-Identifier: MIT
// Inspection of a queue's producers: the slots by pread(2), the slot locks by F_OFD_GETLK.
#include "base/sized_struct.hpp"
#include "os/barrier.hpp"
#include "queue/segment_reader.hpp"
#include "queue/producers.hpp"

#include <cerrno>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
using detail::Control;
using detail::traitsOf;

namespace
{
/// The bytes of a producer slot, as they were read.
struct SlotBytes
{
    uint64_t claim;
    uint32_t state;
    int32_t pid;
};

static_assert (offsetof (detail::Slot, claim) == offsetof (SlotBytes, claim), "");
static_assert (offsetof (detail::Slot, state) == offsetof (SlotBytes, state), "");
static_assert (offsetof (detail::Slot, pid) == offsetof (SlotBytes, pid), "");

bool isInside (const SegmentReader& look, const QueueFormat& format, const SlotBytes& slot) noexcept
{
    return traitsOf (format.kind).claims
           && isUnpublished (slot.claim, look.word (offsetof (Control, tail)), look.word (offsetof (Control, head)),
                             look.word (wordOffset (format, slot.claim)));
}

class SlotsLooked
{
public:
    SlotsLooked (const SegmentReader& look, const QueueFormat& format) noexcept
    : _look (look)
    , _format (format)
    {
    }

    // A slot whose owner changes between the reads is read again, up to 16 times.
    Failure at (uint32_t number, Producer* producer, bool* exists) const noexcept
    {
        constexpr int maxLooks = 16;
        SlotBytes slot = {};
        SlotBytes again = {};
        bool held = false;
        if (Failure failure = read (number, &again))
        {
            return failure;
        }
        for (int i = 0; i < maxLooks && (i == 0 || again.state != slot.state); ++i)
        {
            slot = again;
            if ((slot.state & 1) == 0)
            {
                *exists = false;
                return Failure ();
            }
            int error = os::slotHeld (_look.file.handle, number, &held);
            error = error != 0 || held || _look.writerFile.handle == -1
                        ? error
                        : os::slotHeld (_look.writerFile.handle, number, &held);
            if (error != 0)
            {
                return Failure (error, "slot lock %u of %.300s cannot be read (fcntl F_OFD_GETLK)", number,
                                _look.path ());
            }
            if (Failure failure = read (number, &again))
            {
                return failure;
            }
        }
        *exists = true;
        producer->slot = number;
        producer->pid = again.pid;
        producer->alive = held;
        producer->inPush = isInside (_look, _format, again);
        return Failure ();
    }

    /// Reads the block of slots that begins with `first`. @param bits bit i: slot first + i is taken
    Failure taken (uint32_t first, uint32_t* bits) const noexcept
    {
        unsigned char bytes[block * sizeof (detail::Slot)];
        const uint32_t count = _format.slotCount - first + 1 < block ? _format.slotCount - first + 1 : block;
        *bits = 0;
        Failure failure =
            _look.read (sizeof (Control) + (first - 1) * sizeof (detail::Slot), bytes, count * sizeof (detail::Slot));
        for (uint32_t i = 0; !failure && i < count; ++i)
        {
            SlotBytes slot = {};
            std::memcpy (&slot, bytes + i * sizeof (detail::Slot), sizeof (slot));
            *bits |= (slot.state & 1) << i;
        }
        return failure;
    }

    static constexpr uint32_t block = 8;

private:
    Failure read (uint32_t number, SlotBytes* slot) const noexcept
    {
        return _look.read (sizeof (Control) + (number - 1) * sizeof (detail::Slot), slot, sizeof (*slot));
    }

    const SegmentReader& _look;
    const QueueFormat& _format;
};
}  // namespace

int64_t detail::inspectProducers (std::string_view name, Producer* list, uint64_t n, uint32_t each) noexcept
{
    const os::NoCancel noCancel;
    if (list == nullptr && n != 0)
    {
        return fail (EINVAL, "the list of producers is null: give one, or a count of 0 to learn how many there are");
    }
    SegmentReader look;
    QueueFormat format = {};
    Failure failure = look.open (name);
    failure = failure ? failure : look.readFormat (&format);
    if (failure)
    {
        return fail (failure);
    }
    look.openWriterFile (format);
    const SlotsLooked slots (look, format);
    uint64_t found = 0;
    uint32_t taken = 0;
    for (uint32_t number = 1; number <= format.slotCount; ++number)
    {
        Producer producer;
        bool exists = false;
        const uint32_t inBlock = (number - 1) % SlotsLooked::block;
        if (inBlock == 0)
        {
            failure = slots.taken (number, &taken);
        }
        if (!failure && ((taken >> inBlock) & 1) != 0)
        {
            failure = slots.at (number, &producer, &exists);
        }
        if (failure)
        {
            return fail (failure);
        }
        if (exists && found < n)
        {
            char* to = reinterpret_cast<char*> (list) + found * each;
            writeSized (to, each, producer);
        }
        found += exists ? 1 : 0;
    }
    return static_cast<int64_t> (found);
}

}  // namespace JOIN_ABI
}  // namespace join
