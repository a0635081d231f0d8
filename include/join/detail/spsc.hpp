// SPDX-License-Identifier: MIT
// One pusher, one popper: two indices and an array. Each side looks at the other's index only when the one that it has
// seen last does not do, and writes its own once a call. A death leaves bytes past head, and nothing else.
#ifndef JOIN_DETAIL_SPSC_HPP
#define JOIN_DETAIL_SPSC_HPP

#include <join/detail/copy.hpp>
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
        if (__builtin_expect (isShut (ring), 0))
        {
            return ring.refusePush ();
        }
        const uint64_t head = ring.head->load (std::memory_order_relaxed);  // [own head] nobody else stores it
        const int64_t room = roomFor (ring, head, n);
        if (__builtin_expect (room <= 0, 0))
        {
            return room == 0 ? wouldBlock : ring.damaged ();
        }
        const uint64_t at = head & ring.mask;
        if (Count::one)
        {
            Alone::in (ring.elements + at * size.bytes (), static_cast<const char*> (from), size, 1);
            return publish (ring, head, 1);
        }
        const uint64_t count = n < static_cast<uint64_t> (room) ? n : static_cast<uint64_t> (room);
        copyIn (ring, size, at, static_cast<const char*> (from), count);
        return publish (ring, head, count);
    }

    /// The number popped, wouldBlock, or -1.
    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t pop (Ring& ring, Size size, void* to, Count n) noexcept
    {
        const uint64_t tail = ring.tail->load (std::memory_order_relaxed);  // [own tail] nobody else stores it
        const int64_t there = thereFor (ring, size, tail, n);
        if (__builtin_expect (there <= 0, 0))
        {
            return there == 0 ? nothing (ring, tail) : ring.damaged ();
        }
        const uint64_t at = tail & ring.mask;
        fetchAhead (ring, size, tail, n);
        if (Count::one)
        {
            Alone::out (static_cast<char*> (to), ring.elements + at * size.bytes (), size, 1);
            consume (ring, tail, 1);
            return 1;
        }
        const uint64_t count = n < static_cast<uint64_t> (there) ? n : static_cast<uint64_t> (there);
        copyOut (ring, size, at, static_cast<char*> (to), count);
        consume (ring, tail, count);
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
        const uint64_t head = ring.head->load (std::memory_order_relaxed);  // [own head]
        const int64_t room = roomFor (ring, head, *n);
        if (room <= 0)
        {
            room == 0 ? toldFull (wouldBlock) : ring.damaged ();
            return nullptr;
        }
        const uint64_t at = head & ring.mask;
        const uint64_t count = *n < static_cast<uint64_t> (room) ? *n : static_cast<uint64_t> (room);
        ring.reserved = *n = untilEnd (ring, at, count);
        return ring.elements + at * ring.stride;
    }

    static int commit (Ring& ring, uint64_t n) noexcept
    {
        if (n == 0 || n > ring.reserved)
        {
            return ring.refuseCount ();
        }
        ring.reserved = 0;
        return publish (ring, ring.head->load (std::memory_order_relaxed), n) == -1 ? -1 : 0;  // [own head]
    }

    static const void* peek (Ring& ring, uint64_t* n) noexcept
    {
        ring.peeked = 0;
        const uint64_t tail = ring.tail->load (std::memory_order_relaxed);  // [own tail]
        const int64_t there = thereFor (ring, AnySize {ring.elementSize}, tail, *n);
        if (there <= 0)
        {
            there == 0 ? toldEmpty (nothing (ring, tail)) : ring.damaged ();
            return nullptr;
        }
        const uint64_t at = tail & ring.mask;
        const uint64_t count = *n < static_cast<uint64_t> (there) ? *n : static_cast<uint64_t> (there);
        ring.peeked = *n = untilEnd (ring, at, count);
        return ring.elements + at * ring.stride;
    }

    static int release (Ring& ring, uint64_t n) noexcept
    {
        if (n == 0 || n > ring.peeked)
        {
            return ring.refuseCount ();
        }
        ring.peeked = 0;
        consume (ring, ring.tail->load (std::memory_order_relaxed), n);  // [own tail]
        return 0;
    }

private:
    static bool isShut (const Ring& ring) noexcept
    {
        // [shut] A hint: what matters is looked at behind the publication.
        return (ring.gate->state.load (std::memory_order_relaxed) & shutMask) != 0;
    }

    static bool isEnded (const Ring& ring) noexcept
    {
        return (ring.gate->state.load (std::memory_order_relaxed) & endedBit) != 0;  // [shut] the popper's own doing
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

    /// Elements that there is room for: all n as far as has been seen, else as many as there are now; -1: impossible.
    static int64_t roomFor (Ring& ring, uint64_t head, uint64_t n) noexcept
    {
        uint64_t used = head - ring.tailSeen.load (std::memory_order_relaxed);  // [seen] this side's own
        if (__builtin_expect (used >= ring.capacity || ring.capacity - used < n, 0))
        {
            const uint64_t tail = ring.tail->load (std::memory_order_acquire);  // [tail] pairs with consume ()
            ring.tailSeen.store (tail, std::memory_order_relaxed);              // [seen]
            used = head - tail;
            if (used > ring.capacity)
            {
                return -1;
            }
        }
        return static_cast<int64_t> (ring.capacity - used);
    }

    template <typename Size>
    static int64_t thereFor (Ring& ring, Size size, uint64_t tail, uint64_t n) noexcept
    {
        uint64_t there = ring.headSeen.load (std::memory_order_relaxed) - tail;  // [seen]
        if (__builtin_expect (there > ring.capacity || there < n, 0))
        {
            if (ring.driedAt.load (std::memory_order_relaxed) == tail)  // [seen]
            {
                // Waiting for one element: its line comes along with that of head, and not after it.
                __builtin_prefetch (ring.elements + (tail & ring.mask) * size.bytes ());
            }
            const uint64_t head = ring.head->load (std::memory_order_acquire);  // [head] pairs with publish ()
            if (__builtin_expect (head != tail && isEnded (ring), 0))
            {
                return 0;  // too late: its pusher takes it back
            }
            ring.headSeen.store (head, std::memory_order_relaxed);  // [seen]
            there = head - tail;
            if (there > ring.capacity)
            {
                return -1;
            }
        }
        return static_cast<int64_t> (there);
    }

    static int64_t publish (Ring& ring, uint64_t head, uint64_t n) noexcept
    {
        ring.head->store (head + n, std::memory_order_release);  // [head] pairs with the acquire in thereFor ()
        const uint32_t state = stateBehind (ring);
        if (__builtin_expect (state != 0, 0) && ring.published (state) == -1)
        {
            ring.head->store (head, std::memory_order_relaxed);  // [own head] shut: nobody pops any more
            return -1;
        }
        return static_cast<int64_t> (n);
    }

    static void consume (Ring& ring, uint64_t tail, uint64_t n) noexcept
    {
        ring.tail->store (tail + n, std::memory_order_release);  // [tail] pairs with the acquire in roomFor ()
        if (__builtin_expect ((stateBehind (ring) & pushersWait) != 0, 0))
        {
            ring.popped ();
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
            if (run >= longRun)
            {
                lookAway ();
            }
        }
        return wouldBlock;
    }

    /// Fetches lines ahead, never past the head that has been seen: what is being written is left to the pusher.
    template <typename Size>
    static void fetchAhead (const Ring& ring, Size size, uint64_t tail, uint64_t n) noexcept
    {
        constexpr uint64_t lines = 8;
        constexpr uint64_t line = 64;
        const uint64_t bytes = size.bytes ();
        const uint64_t at = (tail & ring.mask) * bytes;
        if (bytes > 2 * line || (n == 1 && at % line >= bytes))
        {
            return;  // large elements are fetched as they are copied; and once a line is enough
        }
        const uint64_t ahead = (lines * line + bytes - 1) / bytes;
        if (ring.headSeen.load (std::memory_order_relaxed) - tail > ahead + n)  // [seen]
        {
            __builtin_prefetch (ring.elements + ((tail + ahead) & ring.mask) * bytes);
        }
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
