// SPDX-License-Identifier: MIT
// The segment of a queue, to the byte: what two processes of any build, compiler and word size agree on. Little endian,
// fixed width, no pointers. ARCHITECTURE.md has the same table, and a test compares the two.
//
//        0  +------------------------------------------+
//           | identity: magic, format, shape           |  written once, before the segment has a name
//      128  +------------------------------------------+
//           | counters of recovery                     |
//      256  +------------------------------------------+
//           | zeros, reserved                          |
//      384  +------------------------------------------+
//           | head, recent elements: pushers           |
//      512  +------------------------------------------+
//           | tail: poppers                            |
//      640  +------------------------------------------+
//           | gate: who sleeps, and whether it is shut |  read by all, written when somebody sleeps
//      768  +------------------------------------------+
//           | lanes, 128 bytes each: 1, 2, ...         |  each written by its thread
//           +------------------------------------------+
//           | words, 8 bytes each, of large elements   |  pushers
//           +------------------------------------------+
//           | elements, or slots of word and element   |  pushers
//           +------------------------------------------+
//
// Lines that two sides write are 128 bytes apart, for processors fetch 64-byte lines in pairs; a constant of the format
// and not of the compiler.
#ifndef JOIN_DETAIL_SEGMENT_HPP
#define JOIN_DETAIL_SEGMENT_HPP

#include <join/detail/abi.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
enum class Kind : uint32_t
{
    Spsc = 1,
    Mpsc = 2,
    Mpmc = 3,
};

constexpr std::size_t pad = 128;
constexpr uint64_t segmentMagic = 0x51'4d'45'4d'4e'49'4f'4a;  // "JOINMEMQ"
constexpr uint16_t formatMajor = 1;                           // another one is another format: EBADMSG
constexpr uint16_t formatMinor = 0;                           // a larger one says more in what is zero now
constexpr uint32_t incompatibleKnown = 0;

// A word: ticket << 12 | hole << 11 | first << 10 | lane. Tickets count elements; they are compared modulo 2^52, which the
// subtraction of two words does by itself, as the ticket is on top.
constexpr unsigned ticketShift = 12;
constexpr uint64_t ticketUnit = uint64_t (1) << ticketShift;
constexpr uint64_t ticketMask = ~(ticketUnit - 1);
constexpr uint64_t holeBit = 1 << 11;    // of a slot: there is no element, skip it
constexpr uint64_t closedBit = 1 << 11;  // of head: nobody claims any more
constexpr uint64_t firstBit = 1 << 10;   // of a slot: its claim begins here, and the lane of the claimer before is told
constexpr uint64_t laneMask = (1 << 10) - 1;

constexpr uint32_t lanesMost = 1022;
constexpr uint32_t lanesUsual = 64;
constexpr uint64_t capacityMost = uint64_t (1) << 32;
constexpr uint32_t elementMost = 64 << 10;

struct alignas (pad) Identity
{
    uint64_t magic;
    uint16_t major;
    uint16_t minor;
    uint32_t headerSize;      // bytes up to `head`
    uint32_t compatible;      // features that an older library may ignore
    uint32_t incompatible;    // features without which it must not attach
    uint32_t kind;            // Kind
    uint32_t elementSize;     // bytes
    uint64_t capacity;        // elements, a power of two
    uint64_t typeId;          // 0: none
    uint64_t tag;             // the user's own
    uint32_t lanes;           // numbered from 1
    uint32_t stride;          // bytes from one element, or slot, to the next
    uint64_t wordsOffset;     // bytes; 0: a word stands before each element
    uint64_t elementsOffset;  // bytes
    uint64_t segmentSize;     // bytes, before it is rounded up to pages
    int32_t creatorPid;       // in its own PID namespace
    uint32_t reserved0;
    uint64_t createdAt;  // nanoseconds since 1970, CLOCK_REALTIME
    uint64_t reserved1[3];
};

struct alignas (pad) Counters
{
    std::atomic<uint64_t> deaths;  // that were recovered from
    std::atomic<uint64_t> holes;   // elements that a dead pusher never finished
};

struct alignas (pad) Reserved
{
    uint64_t zeros[16];
};

constexpr uint32_t recentMost = 24;  // bytes

/// Spsc the number of elements ever pushed; else a word: the next ticket, and the lane of the last claimer.
struct alignas (pad) Head
{
    std::atomic<uint64_t> value;
    // Spsc, elements of up to recentMost bytes: a copy of element i in recent[i % 2], if it was pushed by itself. A popper
    // that has found the queue empty, and then one element more, need fetch no other line.
    std::atomic<uint64_t> recent[2][recentMost / 8];
};

/// Spsc the number of elements ever popped; else the next ticket to pop, shifted as in a word.
struct alignas (pad) Tail
{
    std::atomic<uint64_t> value;
};

struct alignas (pad) Gate
{
    std::atomic<uint32_t> state;   // bits, below
    std::atomic<uint32_t> pushed;  // futexes: a sleeping popper waits for a change of `pushed`,
    std::atomic<uint32_t> popped;  // a sleeping pusher for one of `popped`
    uint32_t reserved;
};

constexpr uint32_t poppersWait = 1 << 0;
constexpr uint32_t pushersWait = 1 << 1;
constexpr uint32_t shutBit = 1 << 8;    // nobody is to push any more
constexpr uint32_t askedBit = 1 << 9;   // Spsc: the popper has found it empty and makes sure
constexpr uint32_t endedBit = 1 << 10;  // Spsc: it is sure, nothing comes any more
constexpr uint32_t shutMask = shutBit | askedBit | endedBit;

struct alignas (pad) Lane
{
    std::atomic<uint64_t> claim;  // the head that its thread last tried to replace: the evidence
    std::atomic<uint32_t> state;  // generation << 1 | busy
    std::atomic<int32_t> pid;     // in its own PID namespace
};

struct Control
{
    Identity identity;
    Counters counters;
    Reserved reserved;
    Head head;
    Tail tail;
    Gate gate;
    // lanes follow
};

static_assert (offsetof (Identity, headerSize) == 12 && offsetof (Identity, kind) == 24, "");
static_assert (offsetof (Identity, capacity) == 32 && offsetof (Identity, typeId) == 40, "");
static_assert (offsetof (Identity, tag) == 48 && offsetof (Identity, lanes) == 56, "");
static_assert (offsetof (Identity, stride) == 60 && offsetof (Identity, wordsOffset) == 64, "");
static_assert (offsetof (Identity, elementsOffset) == 72 && offsetof (Identity, segmentSize) == 80, "");
static_assert (offsetof (Identity, creatorPid) == 88 && offsetof (Identity, createdAt) == 96, "");
static_assert (offsetof (Control, counters) == 128 && offsetof (Control, reserved) == 256, "");
static_assert (offsetof (Control, head) == 384 && offsetof (Control, tail) == 512, "");
static_assert (offsetof (Head, recent) == 8 && sizeof (Head) == pad && sizeof (Tail) == pad, "");
static_assert (offsetof (Control, gate) == 640 && sizeof (Control) == 768, "");
static_assert (offsetof (Gate, pushed) == 4 && offsetof (Gate, popped) == 8, "");
static_assert (sizeof (Lane) == pad && offsetof (Lane, state) == 8 && offsetof (Lane, pid) == 12, "");
static_assert (std::atomic<uint64_t>::is_always_lock_free && sizeof (std::atomic<uint64_t>) == 8, "");
static_assert (std::atomic<uint32_t>::is_always_lock_free && sizeof (std::atomic<uint32_t>) == 4, "");

/// Elements of a Spsc lie as in an array; the others are copied by 8 bytes at a time.
constexpr uint32_t storedSize (uint32_t elementSize) noexcept
{
    return (elementSize + 7) / 8 * 8;
}

/// Whether the word of a slot stands before its element, on the same line: of those that fit on one line together.
constexpr bool wordBeside (uint32_t elementSize) noexcept
{
    return storedSize (elementSize) <= 56;
}

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
    uint64_t wordsOffset;
    uint64_t elementsOffset;
    uint64_t segmentSize;
};

/// Where everything lies. At most 2^32 elements of 2^16 bytes: nothing overflows.
constexpr Layout layoutOf (Kind kind, uint64_t capacity, uint32_t elementSize, uint32_t lanes) noexcept
{
    const uint64_t lanesEnd = sizeof (Control) + uint64_t (lanes) * sizeof (Lane);
    const bool apart = kind != Kind::Spsc && !wordBeside (elementSize);
    const uint64_t elements = apart ? padded (lanesEnd + capacity * 8) : lanesEnd;
    return Layout {apart ? lanesEnd : 0, elements, elements + capacity * strideOf (kind, elementSize)};
}

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
