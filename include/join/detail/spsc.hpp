// SPDX-License-Identifier: MIT
// Single producer, single consumer: Lamport's ring buffer; each side caches the other's index (MCRingBuffer, 2009).
// 1. head and tail count elements and never wrap. Only the producer stores head, only the consumer stores tail.
// 2. An element below head is whole, and a cell below tail + capacity is free: each index is released after the copy.
// 3. A cached index is never ahead. Where it does not suffice, the side reads the other's index, off its fast path.
// 4. A producer that dies leaves bytes at or above head and nothing else: there is nothing to recover.
#ifndef JOIN_DETAIL_SPSC_HPP
#define JOIN_DETAIL_SPSC_HPP

#include <join/detail/copy.hpp>
#include <join/detail/recent.hpp>
#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
struct SpscRing
{
    static constexpr Kind kind = Kind::Spsc;

    /// The number pushed, wouldBlock, or -1.
    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t push (Ring& ring, Size size, const void* from, Count n) noexcept
    {
        Control& control = *ring.control;
        if (__builtin_expect (isShut (ring), 0))
        {
            return ring.errorShutDown ();
        }
        uint64_t head = control.head.value.load (std::memory_order_relaxed);  // [own head] only the producer stores it
        int64_t room = roomFor (ring, head, n);
        while (__builtin_expect (room <= 0, 0))
        {
            if (room == 0)
            {
                return noRoom (ring, head);
            }
            if (!take (ring, producer))
            {
                return -1;
            }
            head = control.head.value.load (std::memory_order_relaxed);  // [own head] the last owner may have stored it
            room = roomFor (ring, head, n);
        }
        fetchAheadToWrite (ring, size, head, n);
        const uint64_t at = head & ring.mask;
        const char* elements = static_cast<const char*> (from);
        if (Count::one)
        {
            PlainCopy::in (ring.elements + at * size.bytes (), elements, size, 1);
            Recent::tell (control, size, head, elements);
            return publish (ring, control, head, 1);
        }
        const uint64_t count = n < static_cast<uint64_t> (room) ? n : static_cast<uint64_t> (room);
        copyIn (ring, size, at, elements, count);
        if (count == 1)
        {
            Recent::tell (control, size, head, elements);
        }
        return publish (ring, control, head, count);
    }

    /// The number popped, wouldBlock, or -1.
    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t pop (Ring& ring, Size size, void* to, Count n) noexcept
    {
        Control& control = *ring.control;
        uint64_t tail = control.tail.value.load (std::memory_order_relaxed);  // [own tail] only the consumer stores it
        uint64_t there = ring.headSeen.load (std::memory_order_relaxed) - tail;  // [seen]
        if (__builtin_expect (isShort (ring, there, n), 0))
        {
            there = look (ring, tail);
            while (__builtin_expect (there - 1 >= ring.capacity, 0))
            {
                if (there == 0)
                {
                    return nothing (ring, tail);
                }
                if (!take (ring, consumer))
                {
                    return -1;
                }
                // [own tail] the last owner of the role may have stored it
                tail = control.tail.value.load (std::memory_order_relaxed);
                there = look (ring, tail);
            }
            if (there == 1 && Recent::has (size) && wasEmptyAt (ring, tail)
                && Recent::hear (control, size, tail, static_cast<char*> (to)))
            {
                consume (ring, control, tail, 1);
                return 1;
            }
        }
        fetchAhead (ring, size, tail, n);
        const uint64_t at = tail & ring.mask;
        if (Count::one)
        {
            PlainCopy::out (static_cast<char*> (to), ring.elements + at * size.bytes (), size, 1);
            consume (ring, control, tail, 1);
            return 1;
        }
        const uint64_t count = n < there ? n : there;
        copyOut (ring, size, at, static_cast<char*> (to), count);
        consume (ring, control, tail, count);
        return static_cast<int64_t> (count);
    }

    /// Cells to write in place, contiguous: *n of them, at most as many as requested. null and lastError: none.
    static void* reserve (Ring& ring, uint64_t* n) noexcept
    {
        forget (ring.reserved);
        if (isShut (ring))
        {
            ring.errorShutDown ();
            return nullptr;
        }
        uint64_t head = ring.head ().load (std::memory_order_relaxed);  // [own head]
        int64_t room = roomFor (ring, head, Some {*n});
        while (room <= 0)
        {
            if (room == 0 ? failFull (noRoom (ring, head)) == -1 : !take (ring, producer))
            {
                return nullptr;
            }
            head = ring.head ().load (std::memory_order_relaxed);  // [own head]
            room = roomFor (ring, head, Some {*n});
        }
        const uint64_t at = head & ring.mask;
        const uint64_t count = *n < static_cast<uint64_t> (room) ? *n : static_cast<uint64_t> (room);
        ring.reserved = *n = untilEnd (ring, at, count);
        ring.reservedAt = head;
        return ring.elements + at * ring.stride;
    }

    static int commit (Ring& ring, uint64_t n) noexcept
    {
        const uint64_t head = ring.head ().load (std::memory_order_relaxed);  // [own head]
        if (n == 0 || n > ring.reserved || head != ring.reservedAt)
        {
            return ring.errorCount ();
        }
        ring.reserved = 0;
        if (n == 1)
        {
            Recent::tell (*ring.control, AnySize {ring.elementSize}, head,
                          ring.elements + (head & ring.mask) * ring.stride);
        }
        return publish (ring, *ring.control, head, n) == -1 ? -1 : 0;
    }

    static const void* peek (Ring& ring, uint64_t* n) noexcept
    {
        forget (ring.peeked);
        uint64_t tail = ring.tail ().load (std::memory_order_relaxed);           // [own tail]
        uint64_t there = ring.headSeen.load (std::memory_order_relaxed) - tail;  // [seen]
        if (isShort (ring, there, Some {*n}))
        {
            there = look (ring, tail);
        }
        while (there - 1 >= ring.capacity)
        {
            if (there == 0 ? failEmpty (nothing (ring, tail)) == -1 : !take (ring, consumer))
            {
                return nullptr;
            }
            tail = ring.tail ().load (std::memory_order_relaxed);  // [own tail]
            there = look (ring, tail);
        }
        const uint64_t at = tail & ring.mask;
        const uint64_t count = *n < there ? *n : there;
        ring.peeked = *n = untilEnd (ring, at, count);
        ring.peekedAt = tail;
        return ring.elements + at * ring.stride;
    }

    static int release (Ring& ring, uint64_t n) noexcept
    {
        const uint64_t tail = ring.tail ().load (std::memory_order_relaxed);  // [own tail]
        if (n == 0 || n > ring.peeked || tail != ring.peekedAt)
        {
            return ring.errorCount ();
        }
        ring.peeked = 0;
        consume (ring, *ring.control, tail, n);
        return 0;
    }

private:
    // The roles, by the numbers of their slots.
    static constexpr uint32_t producer = 1;
    static constexpr uint32_t consumer = 2;

    /// Whether this object has that role; always so where roles are not exclusive.
    static bool holds (const Ring& ring, uint32_t side) noexcept
    {
        // [side] pairs with Slots::takeRole (), which stores the number after it took the slot lock
        return ring.entries == nullptr || ring.entries[side - 1].slot.load (std::memory_order_relaxed) != 0;
    }

    /// Takes the role for this object, where the other's index is read: before the first element, off the fast path.
    /// @return true: the caller reads both indices again, as the role's last owner may have stored its own until it
    /// left; false: another object has the role, or the indices are further apart than the capacity
    static bool take (Ring& ring, uint32_t side) noexcept
    {
        if (holds (ring, side))
        {
            ring.damaged ();
            return false;
        }
        return ring.enterSide (side) == 0;
    }

    static bool isShut (const Ring& ring) noexcept
    {
        // [shut] A hint: a push reads the state again after its publication, and an empty pop in dry ().
        return (ring.gate ().state.load (std::memory_order_relaxed) & shutMask) != 0;
    }

    static bool isEnded (const Ring& ring) noexcept
    {
        // [shut] only the consumer, which calls this, sets endedBit
        return (ring.gate ().state.load (std::memory_order_relaxed) & endedBit) != 0;
    }

    template <typename Size>
    static void copyIn (const Ring& ring, Size size, uint64_t at, const char* from, uint64_t n) noexcept
    {
        const uint64_t first = untilEnd (ring, at, n);
        PlainCopy::in (ring.elements + at * size.bytes (), from, size, first);
        if (__builtin_expect (first < n, 0))
        {
            PlainCopy::in (ring.elements, from + first * size.bytes (), size, n - first);
        }
    }

    template <typename Size>
    static void copyOut (const Ring& ring, Size size, uint64_t at, char* to, uint64_t n) noexcept
    {
        const uint64_t first = untilEnd (ring, at, n);
        PlainCopy::out (to, ring.elements + at * size.bytes (), size, first);
        if (__builtin_expect (first < n, 0))
        {
            PlainCopy::out (to + first * size.bytes (), ring.elements, size, n - first);
        }
    }

    static uint64_t untilEnd (const Ring& ring, uint64_t at, uint64_t n) noexcept
    {
        return n < ring.capacity - at ? n : ring.capacity - at;
    }

    /// The free cells by the cached tail if they suffice for n, else by the tail of now; -1: tail is impossible, or
    /// this object does not have the role.
    template <typename Count>
    __attribute__ ((always_inline)) static int64_t roomFor (Ring& ring, uint64_t head, Count n) noexcept
    {
        uint64_t used = head - ring.tailSeen.load (std::memory_order_relaxed);  // [seen]
        if (__builtin_expect (used >= ring.capacity || (!Count::one && ring.capacity - used < n), 0))
        {
            if (__builtin_expect (!holds (ring, producer), 0))
            {
                return -1;
            }
            const uint64_t tail = ring.tail ().load (std::memory_order_acquire);  // [tail] pairs with consume ()
            ring.tailSeen.store (tail, std::memory_order_relaxed);                // [seen]
            used = head - tail;
            if (used > ring.capacity)
            {
                return -1;
            }
            return static_cast<int64_t> (ring.capacity - used);
        }
        return Count::one ? 1 : static_cast<int64_t> (ring.capacity - used);
    }

    /// Whether the cached head promises fewer than n elements, or an impossible number.
    template <typename Count>
    static bool isShort (const Ring& ring, uint64_t there, Count n) noexcept
    {
        return Count::one ? there - 1 >= ring.capacity : there > ring.capacity || there < n;
    }

    /// Whether this consumer has found the queue empty, and nothing has been popped since.
    static bool wasEmptyAt (const Ring& ring, uint64_t tail) noexcept
    {
        return ring.emptyAt.load (std::memory_order_relaxed) == tail;  // [seen]
    }

    /// The elements in the queue now; capacity + 1: this object does not have the role.
    __attribute__ ((always_inline)) static uint64_t look (Ring& ring, uint64_t tail) noexcept
    {
        if (__builtin_expect (!holds (ring, consumer), 0))
        {
            return ring.capacity + 1;
        }
        const uint64_t head = ring.head ().load (std::memory_order_acquire);  // [head] pairs with publish ()
        if (__builtin_expect (head != tail && isEnded (ring), 0))
        {
            return 0;  // published after the end of the queue: its producer takes it back
        }
        ring.headSeen.store (head, std::memory_order_relaxed);  // [seen]
        return head - tail;
    }

    static int64_t publish (Ring& ring, Control& control, uint64_t head, uint64_t n) noexcept
    {
        control.head.value.store (head + n, std::memory_order_release);  // [head] pairs with the acquire in look ()
        const uint32_t state = stateAfter (ring);
        if (__builtin_expect (state != 0, 0) && ring.published (state, head, n) == -1)
        {
            control.head.value.store (head, std::memory_order_relaxed);  // [own head] ended: no pop reads head again
            return -1;
        }
        return static_cast<int64_t> (n);
    }

    static void consume (Ring& ring, Control& control, uint64_t tail, uint64_t n) noexcept
    {
        control.tail.value.store (tail + n, std::memory_order_release);  // [tail] pairs with the acquire in roomFor ()
        const uint32_t state = stateAfter (ring);
        if (__builtin_expect ((state & (roomMask | fenceBit)) != 0, 0))
        {
            ring.popped (state, n);
        }
    }

    static int64_t nothing (Ring& ring, uint64_t tail) noexcept
    {
        if (isShut (ring))
        {
            return ring.dry ();
        }
        const uint64_t run = tail - ring.emptyAt.load (std::memory_order_relaxed);  // [seen]
        if (run != 0)
        {
            ring.emptyAt.store (tail, std::memory_order_relaxed);  // [seen]
            adaptivePause (run);
        }
        return wouldBlock;
    }

    static int64_t noRoom (Ring& ring, uint64_t head) noexcept
    {
        const uint64_t run = head - ring.fullAt.load (std::memory_order_relaxed);  // [seen]
        if (run != 0)
        {
            ring.fullAt.store (head, std::memory_order_relaxed);  // [seen]
            adaptivePause (run);
        }
        return wouldBlock;
    }

    static constexpr uint64_t line = 64;
    static constexpr uint64_t linesAhead = 8;

    /// How many elements ahead of `index` to prefetch. 0: none, as large elements are fetched while they are copied,
    /// and one prefetch for each line is enough.
    template <typename Size>
    static uint64_t ahead (const Ring& ring, Size size, uint64_t index, uint64_t n) noexcept
    {
        const uint64_t bytes = size.bytes ();
        const bool inLine = n == 1 && (index & ring.mask) * bytes % line >= bytes;
        return bytes > 2 * line || inLine ? 0 : (linesAhead * line + bytes - 1) / bytes;
    }

    /// Never past the cached head: the producer may be writing there.
    template <typename Size>
    static void fetchAhead (const Ring& ring, Size size, uint64_t tail, uint64_t n) noexcept
    {
        const uint64_t step = ahead (ring, size, tail, n);
        if (step != 0 && ring.headSeen.load (std::memory_order_relaxed) - tail > step + n)  // [seen]
        {
            __builtin_prefetch (ring.elements + ((tail + step) & ring.mask) * size.bytes ());
        }
    }

    /// Never past the cached tail: the consumer may be reading there.
    template <typename Size>
    static void fetchAheadToWrite (const Ring& ring, Size size, uint64_t head, uint64_t n) noexcept
    {
        const uint64_t step = ahead (ring, size, head, n);
        const uint64_t used = head - ring.tailSeen.load (std::memory_order_relaxed);  // [seen]
        if (step != 0 && used + step + n < ring.capacity)
        {
            fetchToWrite (ring.elements + ((head + step) & ring.mask) * size.bytes ());
        }
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
