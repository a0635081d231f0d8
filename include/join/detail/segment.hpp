// SPDX-License-Identifier: MIT
// The segment of a queue, to the byte: the format on which processes of any build, compiler and word size agree. Little
// endian, fixed width, no pointers. docs/reference/segment-format.md describes the same fields; a test compares the two.
//
//        0  +------------------------------------------+
//           | identity: magic, format, shape           |  written once, before the segment has a name
//      128  +------------------------------------------+
//           | counters of recovery                     |
//      256  +------------------------------------------+
//           | zeros, reserved                          |
//      384  +------------------------------------------+
//           | head, and copies of small elements       |  written by producers
//      512  +------------------------------------------+
//           | tail                                     |  written by consumers
//      640  +------------------------------------------+
//           | gate: eventcounts, shutdown              |  read by all, written when threads sleep or wake
//      768  +------------------------------------------+
//           | producer slots, 128 bytes each: 1, 2, ...|  each written by its thread
//           +------------------------------------------+
//           | sequence words of large elements         |  written by producers
//           +------------------------------------------+
//           | elements, or cells of word and element   |  written by producers
//           +------------------------------------------+
//
// Lines that both sides write are 128 bytes apart, because processors fetch 64-byte lines in pairs. 128 is a constant
// of the format, not of the compiler.
#ifndef JOIN_DETAIL_SEGMENT_HPP
#define JOIN_DETAIL_SEGMENT_HPP

#include <join/detail/abi.hpp>
#include <join/detail/kind.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
constexpr std::size_t pad = 128;
constexpr uint64_t segmentMagic = 0x51'4d'45'4d'4e'49'4f'4a;  // "JOINMEMQ"
constexpr uint16_t formatMajor = 1;                           // any other is refused: EBADMSG
constexpr uint16_t formatMinor = 0;                           // a larger one uses fields that are zero now
constexpr uint32_t incompatibleKnown = 0;
constexpr uint32_t lockFileFeature = 1 << 0;  // in `compatible`: slots may also be locked in the file of `lockFile`

// A word: ticket << 12 | skipped << 11 | first << 10 | slot. Tickets are positions: they count elements, and are compared
// modulo 2^52, which the subtraction of two words does, as the ticket is in the upper bits.
constexpr unsigned ticketShift = 12;
constexpr uint64_t ticketUnit = uint64_t (1) << ticketShift;
constexpr uint64_t ticketMask = ~(ticketUnit - 1);
static_assert (traitsOf (Kind::Mpsc).positionShift == ticketShift, "");
static_assert (traitsOf (Kind::Mpmc).positionShift == ticketShift, "");
constexpr uint64_t skippedBit = 1 << 11;  // in a cell: it has no element, consumers skip it
constexpr uint64_t closedBit = 1 << 11;   // in head: no further claim succeeds
constexpr uint64_t firstBit = 1 << 10;    // in a cell: a claim begins here; `slot` is the producer of the claim before
constexpr uint64_t slotMask = (1 << 10) - 1;

constexpr uint32_t maxSlots = 1022;
constexpr uint32_t defaultSlots = 256;
constexpr uint64_t maxCapacity = uint64_t (1) << 32;
constexpr uint32_t maxElement = 64 << 10;

struct alignas (pad) Identity
{
    uint64_t magic;
    uint16_t major;
    uint16_t minor;
    uint32_t headerSize;       // bytes up to `head`
    uint32_t compatible;       // features that an older library may ignore
    uint32_t incompatible;     // features without which it must not attach
    uint32_t kind;             // Kind
    uint32_t elementSize;      // bytes
    uint64_t capacity;         // elements, a power of two
    uint64_t typeId;           // 0: none
    uint64_t tag;              // the user's own
    uint32_t slotCount;        // numbered from 1
    uint32_t stride;           // bytes from one element, or cell, to the next
    uint64_t sequencesOffset;  // bytes; 0: a word stands before each element
    uint64_t elementsOffset;   // bytes
    uint64_t segmentSize;      // bytes, before it is rounded up to pages
    int32_t creatorPid;        // in its own PID namespace
    uint32_t reserved0;
    uint64_t createdAt;  // nanoseconds since 1970, CLOCK_REALTIME
    uint64_t lockFile;   // part of the name of the second lock file, which only writers can open; 0: none
    uint64_t reserved1[2];
};

struct alignas (pad) Counters
{
    std::atomic<uint64_t> deaths;   // of producers, whose slots were released since
    std::atomic<uint64_t> skipped;  // cells that were skipped because a dead producer never finished them
};

struct alignas (pad) Reserved
{
    uint64_t zeros[16];
};

constexpr uint32_t maxRecent = 24;  // bytes

/// Spsc: the number of elements ever pushed. Mpsc, Mpmc: a word, the next ticket to claim and the last producer's slot.
struct alignas (pad) Head
{
    std::atomic<uint64_t> value;
    // Spsc, elements of up to maxRecent bytes: a copy of element i in recent[i % 2] if i was pushed alone (recent.hpp).
    std::atomic<uint64_t> recent[2][maxRecent / 8];
};

/// Spsc: the number of elements ever popped. Mpsc, Mpmc: the next ticket to pop, shifted as in a word.
struct alignas (pad) Tail
{
    std::atomic<uint64_t> value;
};

// An eventcount (Vyukov; Folly's EventCount) for each side: a flag in `state`, an epoch that sleepers wait on, and the
// number of sleepers. Takers wait in push and pop, and take what they wait for. Observers take nothing; they have words
// and flags of their own, so that an observer never uses up the wake-up of a taker.
struct alignas (pad) Gate
{
    std::atomic<uint32_t> state;            // bits, below
    std::atomic<uint32_t> pushed;           // futex: epoch of consumers that wait for an element
    std::atomic<uint32_t> popped;           // futex: epoch of producers that wait for room
    std::atomic<uint32_t> consumersAsleep;  // hint: how many sleep on `pushed`; too high after a death
    std::atomic<uint32_t> producersAsleep;  // hint: how many sleep on `popped`
    std::atomic<uint32_t> elementSeen;      // futex: epoch of observers of elements
    std::atomic<uint32_t> roomSeen;         // futex: epoch of observers of room
};

constexpr uint32_t consumersWait = 1 << 0;
constexpr uint32_t producersWait = 1 << 1;
constexpr uint32_t elementWatched = 1 << 2;  // observers of elements wait
constexpr uint32_t roomWatched = 1 << 3;     // observers of room wait
constexpr uint32_t roomUrgent = 1 << 4;      // wake at the first free cell; without it, at half of the capacity
constexpr uint32_t elementMask = consumersWait | elementWatched;
constexpr uint32_t roomMask = producersWait | roomWatched;
constexpr uint32_t shutBit = 1 << 8;    // shut down: pushes fail
constexpr uint32_t askedBit = 1 << 9;   // Spsc: the consumer found it shut and empty, and checks once more
constexpr uint32_t endedBit = 1 << 10;  // Spsc: the consumer found no element: none will be popped any more
constexpr uint32_t shutMask = shutBit | askedBit | endedBit;

/// A producer slot; of a Spsc the slots of its two roles.
struct alignas (pad) Slot
{
    std::atomic<uint64_t> claim;  // the intent record: the head that its thread last tried to replace
    std::atomic<uint32_t> state;  // generation << 1 | taken
    std::atomic<int32_t> pid;     // of its owner, in its own PID namespace; 0: none
};

struct Control
{
    Identity identity;
    Counters counters;
    Reserved reserved;
    Head head;
    Tail tail;
    Gate gate;
    // slots follow
};

static_assert (offsetof (Identity, headerSize) == 12 && offsetof (Identity, kind) == 24, "");
static_assert (offsetof (Identity, capacity) == 32 && offsetof (Identity, typeId) == 40, "");
static_assert (offsetof (Identity, tag) == 48 && offsetof (Identity, slotCount) == 56, "");
static_assert (offsetof (Identity, stride) == 60 && offsetof (Identity, sequencesOffset) == 64, "");
static_assert (offsetof (Identity, elementsOffset) == 72 && offsetof (Identity, segmentSize) == 80, "");
static_assert (offsetof (Identity, creatorPid) == 88 && offsetof (Identity, createdAt) == 96, "");
static_assert (offsetof (Identity, lockFile) == 104 && offsetof (Identity, reserved1) == 112, "");
static_assert (offsetof (Control, counters) == 128 && offsetof (Control, reserved) == 256, "");
static_assert (offsetof (Control, head) == 384 && offsetof (Control, tail) == 512, "");
static_assert (offsetof (Head, recent) == 8 && sizeof (Head) == pad && sizeof (Tail) == pad, "");
static_assert (offsetof (Control, gate) == 640 && sizeof (Control) == 768, "");
static_assert (offsetof (Gate, pushed) == 4 && offsetof (Gate, popped) == 8, "");
static_assert (offsetof (Gate, consumersAsleep) == 12 && offsetof (Gate, producersAsleep) == 16, "");
static_assert (offsetof (Gate, elementSeen) == 20 && offsetof (Gate, roomSeen) == 24, "");
static_assert (sizeof (Slot) == pad && offsetof (Slot, state) == 8 && offsetof (Slot, pid) == 12, "");
static_assert (std::atomic<uint64_t>::is_always_lock_free && sizeof (std::atomic<uint64_t>) == 8, "");
static_assert (std::atomic<uint32_t>::is_always_lock_free && sizeof (std::atomic<uint32_t>) == 4, "");

/// Bytes of an element in a cell of a Mpsc or Mpmc, which copy 8 bytes at a time. A Spsc stores an array of elements.
constexpr uint32_t storedSize (uint32_t elementSize) noexcept
{
    return (elementSize + 7) / 8 * 8;
}

/// Whether the word of a cell lies directly before its element: where both fit into one cache line.
constexpr bool wordBeside (uint32_t elementSize) noexcept
{
    return storedSize (elementSize) <= 56;
}

// strideOf () names the kind because hot paths inline it: with traitsOf () g++ 12 inlines less, and a push in batches
// takes up to 14 % more instructions. The assertion keeps strideOf () and traitsOf () consistent.
static_assert (!traitsOf (Kind::Spsc).sequenced && traitsOf (Kind::Mpsc).sequenced && traitsOf (Kind::Mpmc).sequenced,
               "");
constexpr uint32_t strideOf (Kind kind, uint32_t elementSize) noexcept
{
    return kind == Kind::Spsc         ? elementSize
           : wordBeside (elementSize) ? storedSize (elementSize) + 8
                                      : storedSize (elementSize);
}

constexpr uint64_t padded (uint64_t bytes) noexcept
{
    return (bytes + pad - 1) / pad * pad;
}

struct Layout
{
    uint64_t sequencesOffset;
    uint64_t elementsOffset;
    uint64_t segmentSize;
};

/// The offsets of a segment. With at most 2^32 elements of 2^16 bytes no sum overflows.
constexpr Layout layoutOf (Kind kind, uint64_t capacity, uint32_t elementSize, uint32_t slots) noexcept
{
    const uint64_t slotsEnd = sizeof (Control) + uint64_t (slots) * sizeof (Slot);
    const bool apart = traitsOf (kind).sequenced && !wordBeside (elementSize);
    const uint64_t elements = apart ? padded (slotsEnd + capacity * 8) : slotsEnd;
    return Layout {apart ? slotsEnd : 0, elements, elements + capacity * strideOf (kind, elementSize)};
}

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
