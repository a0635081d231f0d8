// SPDX-License-Identifier: MIT
// One pusher, one popper: two indices and an array. Each side looks at the other's index only when the one that it has
// seen last does not do, and writes its own once a call. A death leaves bytes past head, and nothing else.
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
            return ring.refusePush ();
        }
        uint64_t head = control.head.value.load (std::memory_order_relaxed);  // [own head] nobody else stores it
        int64_t room = roomFor (ring, head, n);
        while (__builtin_expect (room <= 0, 0))
        {
            if (room == 0)
            {
                return noRoom (ring, head);
            }
            if (!take (ring, pusher))
            {
                return -1;
            }
            head = control.head.value.load (std::memory_order_relaxed);  // [own head] as it was left
            room = roomFor (ring, head, n);
        }
        fetchAheadToWrite (ring, size, head, n);
        const uint64_t at = head & ring.mask;
        const char* elements = static_cast<const char*> (from);
        if (Count::one)
        {
            Alone::in (ring.elements + at * size.bytes (), elements, size, 1);
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
        uint64_t tail = control.tail.value.load (std::memory_order_relaxed);     // [own tail] nobody else stores it
        uint64_t there = ring.headSeen.load (std::memory_order_relaxed) - tail;  // [seen]
        if (__builtin_expect (isShort (ring, there, n), 0))
        {
            there = look (ring, size, tail);
            while (__builtin_expect (there - 1 >= ring.capacity, 0))
            {
                if (there == 0)
                {
                    return nothing (ring, tail);
                }
                if (!take (ring, popper))
                {
                    return -1;
                }
                tail =
                    control.tail.value.load (std::memory_order_relaxed);  // [own tail] whoever had the side has left it
                there = look (ring, size, tail);
            }
            if (there == 1 && Recent::has (size) && wasDry (ring, tail)
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
            Alone::out (static_cast<char*> (to), ring.elements + at * size.bytes (), size, 1);
            consume (ring, control, tail, 1);
            return 1;
        }
        const uint64_t count = n < there ? n : there;
        copyOut (ring, size, at, static_cast<char*> (to), count);
        consume (ring, control, tail, count);
        return static_cast<int64_t> (count);
    }

    /// Room to write in place, in one piece: *n is how much of what was asked for; null: none.
    static void* reserve (Ring& ring, uint64_t* n) noexcept
    {
        ring.reserved = 0;
        if (isShut (ring))
        {
            ring.refusePush ();
            return nullptr;
        }
        uint64_t head = ring.head ().load (std::memory_order_relaxed);  // [own head]
        int64_t room = roomFor (ring, head, Some {*n});
        while (room <= 0)
        {
            if (room == 0 ? toldFull (noRoom (ring, head)) == -1 : !take (ring, pusher))
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
            return ring.refuseCount ();
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
        ring.peeked = 0;
        uint64_t tail = ring.tail ().load (std::memory_order_relaxed);           // [own tail]
        uint64_t there = ring.headSeen.load (std::memory_order_relaxed) - tail;  // [seen]
        if (isShort (ring, there, Some {*n}))
        {
            there = look (ring, AnySize {ring.elementSize}, tail);
        }
        while (there - 1 >= ring.capacity)
        {
            if (there == 0 ? toldEmpty (nothing (ring, tail)) == -1 : !take (ring, popper))
            {
                return nullptr;
            }
            tail = ring.tail ().load (std::memory_order_relaxed);  // [own tail]
            there = look (ring, AnySize {ring.elementSize}, tail);
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
            return ring.refuseCount ();
        }
        ring.peeked = 0;
        consume (ring, *ring.control, tail, n);
        return 0;
    }

private:
    // The sides, by the numbers of their lanes.
    static constexpr uint32_t pusher = 1;
    static constexpr uint32_t popper = 2;

    /// Whether that side is this object's; so it is where nobody asked for sides to be exclusive.
    static bool holds (const Ring& ring, uint32_t side) noexcept
    {
        // [side] pairs with Lanes::takeSide (): a lane that is seen is held, whatever else is
        return ring.entries == nullptr || ring.entries[side - 1].lane.load (std::memory_order_relaxed) != 0;
    }

    /// The indices are further apart than they can be; or this side was not this object's, and is now: true, and both are to be
    /// looked at again, as its last owner may have gone on until he left. It is taken where the other side's index is looked
    /// at: off the fast path, and before the first element.
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
        // [shut] A hint: what matters is looked at behind the publication.
        return (ring.gate ().state.load (std::memory_order_relaxed) & shutMask) != 0;
    }

    static bool isEnded (const Ring& ring) noexcept
    {
        return (ring.gate ().state.load (std::memory_order_relaxed) & endedBit) != 0;  // [shut] the popper's own doing
    }

    template <typename Size>
    static void copyIn (const Ring& ring, Size size, uint64_t at, const char* from, uint64_t n) noexcept
    {
        const uint64_t first = untilEnd (ring, at, n);
        Alone::in (ring.elements + at * size.bytes (), from, size, first);
        if (__builtin_expect (first < n, 0))
        {
            Alone::in (ring.elements, from + first * size.bytes (), size, n - first);
        }
    }

    template <typename Size>
    static void copyOut (const Ring& ring, Size size, uint64_t at, char* to, uint64_t n) noexcept
    {
        const uint64_t first = untilEnd (ring, at, n);
        Alone::out (to, ring.elements + at * size.bytes (), size, first);
        if (__builtin_expect (first < n, 0))
        {
            Alone::out (to + first * size.bytes (), ring.elements, size, n - first);
        }
    }

    static uint64_t untilEnd (const Ring& ring, uint64_t at, uint64_t n) noexcept
    {
        return n < ring.capacity - at ? n : ring.capacity - at;
    }

    /// Elements that there is room for: all n as far as has been seen, else as many as there are now; -1: impossible, or this
    /// side is not this object's.
    template <typename Count>
    __attribute__ ((always_inline)) static int64_t roomFor (Ring& ring, uint64_t head, Count n) noexcept
    {
        uint64_t used = head - ring.tailSeen.load (std::memory_order_relaxed);  // [seen] this side's own
        if (__builtin_expect (used >= ring.capacity || (!Count::one && ring.capacity - used < n), 0))
        {
            if (__builtin_expect (!holds (ring, pusher), 0))
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

    /// Whether fewer than n elements are there as far as has been seen, or an impossible number.
    template <typename Count>
    static bool isShort (const Ring& ring, uint64_t there, Count n) noexcept
    {
        return Count::one ? there - 1 >= ring.capacity : there > ring.capacity || there < n;
    }

    /// Whether this popper has found the queue empty, and nothing was popped since.
    static bool wasDry (const Ring& ring, uint64_t tail) noexcept
    {
        return ring.driedAt.load (std::memory_order_relaxed) == tail;  // [seen]
    }

    /// The elements that are there now; an impossible number where this side is not this object's.
    template <typename Size>
    __attribute__ ((always_inline)) static uint64_t look (Ring& ring, Size size, uint64_t tail) noexcept
    {
        if (__builtin_expect (!holds (ring, popper), 0))
        {
            return ring.capacity + 1;
        }
        if (!Recent::has (size) && wasDry (ring, tail))
        {
            // Waiting for one element: its line comes along with that of head, and not after it.
            __builtin_prefetch (ring.elements + (tail & ring.mask) * size.bytes ());
        }
        const uint64_t head = ring.head ().load (std::memory_order_acquire);  // [head] pairs with publish ()
        if (__builtin_expect (head != tail && isEnded (ring), 0))
        {
            return 0;  // too late: its pusher takes it back
        }
        ring.headSeen.store (head, std::memory_order_relaxed);  // [seen]
        return head - tail;
    }

    static int64_t publish (Ring& ring, Control& control, uint64_t head, uint64_t n) noexcept
    {
        control.head.value.store (head + n, std::memory_order_release);  // [head] pairs with the acquire in look ()
        const uint32_t state = stateBehind (ring);
        if (__builtin_expect (state != 0, 0) && ring.published (state) == -1)
        {
            control.head.value.store (head, std::memory_order_relaxed);  // [own head] shut: nobody pops any more
            return -1;
        }
        return static_cast<int64_t> (n);
    }

    static void consume (Ring& ring, Control& control, uint64_t tail, uint64_t n) noexcept
    {
        control.tail.value.store (tail + n, std::memory_order_release);  // [tail] pairs with the acquire in roomFor ()
        const uint32_t state = stateBehind (ring);
        if (__builtin_expect ((state & (pushersWait | fenceBit)) != 0, 0))
        {
            ring.popped (state);
        }
    }

    static int64_t nothing (Ring& ring, uint64_t tail) noexcept
    {
        if (isShut (ring))
        {
            return ring.dry ();
        }
        const uint64_t run = tail - ring.driedAt.load (std::memory_order_relaxed);  // [seen]
        if (run != 0)
        {
            ring.driedAt.store (tail, std::memory_order_relaxed);  // [seen]
            lookAway (run);
        }
        return wouldBlock;
    }

    static int64_t noRoom (Ring& ring, uint64_t head) noexcept
    {
        const uint64_t run = head - ring.fullAt.load (std::memory_order_relaxed);  // [seen]
        if (run != 0)
        {
            ring.fullAt.store (head, std::memory_order_relaxed);  // [seen]
            lookAway (run);
        }
        return wouldBlock;
    }

    static constexpr uint64_t line = 64;
    static constexpr uint64_t linesAhead = 8;

    /// How many elements ahead of `index` to fetch; 0: not now, as large ones are fetched while they are copied, and once a
    /// line is enough.
    template <typename Size>
    static uint64_t ahead (const Ring& ring, Size size, uint64_t index, uint64_t n) noexcept
    {
        const uint64_t bytes = size.bytes ();
        const bool inLine = n == 1 && (index & ring.mask) * bytes % line >= bytes;
        return bytes > 2 * line || inLine ? 0 : (linesAhead * line + bytes - 1) / bytes;
    }

    /// Never past the head that has been seen: what is being written is left to the pusher.
    template <typename Size>
    static void fetchAhead (const Ring& ring, Size size, uint64_t tail, uint64_t n) noexcept
    {
        const uint64_t step = ahead (ring, size, tail, n);
        if (step != 0 && ring.headSeen.load (std::memory_order_relaxed) - tail > step + n)  // [seen]
        {
            __builtin_prefetch (ring.elements + ((tail + step) & ring.mask) * size.bytes ());
        }
    }

    /// Never past the tail that has been seen: what is being read is left to the popper.
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
