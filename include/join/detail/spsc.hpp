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
        uint64_t used = head - ring.tailSeen.load (std::memory_order_relaxed);  // [seen]
        if (__builtin_expect (lacksRoom (ring, used, n), 0))
        {
            const Refill refill = refillRoom (ring, &head, &used);
            if (__builtin_expect (refill != Refill::Ok, 0))
            {
                return refill == Refill::WouldBlock ? noRoom (ring, head) : -1;
            }
        }
        fetchAheadToWrite (ring, size, head, n);
        const uint64_t at = head & ring.mask;
        const char* elements = static_cast<const char*> (from);
        if (Count::one)
        {
            PlainCopy::in (ring.elements + at * size.bytes (), elements, size, 1);
            Recent::store (control, size, head, elements);
            return publish (ring, control, head, 1);
        }
        const uint64_t room = ring.capacity - used;
        const uint64_t count = n < room ? n : room;
        copyIn (ring, size, at, elements, count);
        if (count == 1)
        {
            Recent::store (control, size, head, elements);
        }
        return publish (ring, control, head, count);
    }

    /// The number popped, wouldBlock, or -1.
    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t pop (Ring& ring, Size size, void* to, Count n) noexcept
    {
        Control& control = *ring.control;
        uint64_t tail = control.tail.value.load (std::memory_order_relaxed);  // [own tail] only the consumer stores it
        uint64_t available = ring.spscConsumer.headSeen.load (std::memory_order_relaxed) - tail;  // [seen]
        if (__builtin_expect (lacksElements (ring, available, n), 0))
        {
            const Refill refill = refillElements (ring, &tail, &available);
            if (__builtin_expect (refill != Refill::Ok, 0))
            {
                return refill == Refill::WouldBlock ? nothing (ring, tail) : -1;
            }
            if (available == 1 && Recent::has (size) && wasEmptyAt (ring, tail)
                && Recent::load (control, size, tail, static_cast<char*> (to)))
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
        const uint64_t count = n < available ? n : available;
        copyOut (ring, size, at, static_cast<char*> (to), count);
        consume (ring, control, tail, count);
        return static_cast<int64_t> (count);
    }

    /// Cells to write in place, contiguous: *n of them, at most as many as requested. null and lastError: none.
    static void* reserve (Ring& ring, uint64_t* n) noexcept
    {
        forget (ring.spscProducer.reserved);
        if (isShut (ring))
        {
            ring.errorShutDown ();
            return nullptr;
        }
        uint64_t head = ring.head ().load (std::memory_order_relaxed);          // [own head]
        uint64_t used = head - ring.tailSeen.load (std::memory_order_relaxed);  // [seen]
        if (lacksRoom (ring, used, Some {*n}))
        {
            const Refill refill = refillRoom (ring, &head, &used);
            if (refill != Refill::Ok)
            {
                failFull (refill == Refill::WouldBlock ? noRoom (ring, head) : -1);
                return nullptr;
            }
        }
        const uint64_t at = head & ring.mask;
        const uint64_t room = ring.capacity - used;
        const uint64_t count = *n < room ? *n : room;
        ring.spscProducer.reserved = *n = untilEnd (ring, at, count);
        ring.spscProducer.reservedAt = head;
        return ring.elements + at * ring.stride;
    }

    static int commit (Ring& ring, uint64_t n) noexcept
    {
        const uint64_t head = ring.head ().load (std::memory_order_relaxed);  // [own head]
        if (n == 0 || n > ring.spscProducer.reserved || head != ring.spscProducer.reservedAt)
        {
            return ring.errorCount ();
        }
        ring.spscProducer.reserved = 0;
        if (n == 1)
        {
            Recent::store (*ring.control, AnySize {ring.elementSize}, head,
                           ring.elements + (head & ring.mask) * ring.stride);
        }
        return publish (ring, *ring.control, head, n) == -1 ? -1 : 0;
    }

    static const void* peek (Ring& ring, uint64_t* n) noexcept
    {
        forget (ring.spscConsumer.peeked);
        uint64_t tail = ring.tail ().load (std::memory_order_relaxed);                            // [own tail]
        uint64_t available = ring.spscConsumer.headSeen.load (std::memory_order_relaxed) - tail;  // [seen]
        if (lacksElements (ring, available, Some {*n}))
        {
            const Refill refill = refillElements (ring, &tail, &available);
            if (refill != Refill::Ok)
            {
                failEmpty (refill == Refill::WouldBlock ? nothing (ring, tail) : -1);
                return nullptr;
            }
        }
        const uint64_t at = tail & ring.mask;
        const uint64_t count = *n < available ? *n : available;
        ring.spscConsumer.peeked = *n = untilEnd (ring, at, count);
        ring.spscConsumer.peekedAt = tail;
        return ring.elements + at * ring.stride;
    }

    static int release (Ring& ring, uint64_t n) noexcept
    {
        const uint64_t tail = ring.tail ().load (std::memory_order_relaxed);  // [own tail]
        if (n == 0 || n > ring.spscConsumer.peeked || tail != ring.spscConsumer.peekedAt)
        {
            return ring.errorCount ();
        }
        ring.spscConsumer.peeked = 0;
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

    /// Whether 1 <= n <= most, in one comparison, because 0 - 1 wraps around to the largest number.
    static bool isFromOneTo (uint64_t most, uint64_t n) noexcept
    {
        return n - 1 < most;
    }

    /// Whether `used` cells, by the cached tail, leave fewer than n free ones; or more than all are used, as below.
    template <typename Count>
    static bool lacksRoom (const Ring& ring, uint64_t used, Count n) noexcept
    {
        return used >= ring.capacity || (!Count::one && ring.capacity - used < n);
    }

    /// Whether the cached head does not promise n elements. The difference of the indices may also exceed the capacity:
    /// then the cached one is from before this object lost the role (Slots::forgetProgress ()), or they are damaged.
    template <typename Count>
    static bool lacksElements (const Ring& ring, uint64_t available, Count n) noexcept
    {
        return Count::one ? !isFromOneTo (ring.capacity, available) : available > ring.capacity || available < n;
    }

    /// For a producer whose cached tail does not suffice: reads tail, which may leave room for fewer than it wants.
    /// Takes the role first, before the first element and off the fast path.
    /// @param head read again where the role was taken, as its last owner may have stored it until it left
    __attribute__ ((always_inline)) static Refill refillRoom (Ring& ring, uint64_t* head, uint64_t* used) noexcept
    {
        const Control& control = *ring.control;
        while (__builtin_expect (!holds (ring, producer), 0))
        {
            if (ring.enterSide (producer) == -1)
            {
                return Refill::Error;
            }
            *head = control.head.value.load (std::memory_order_relaxed);  // [own head]
        }
        const uint64_t tail = ring.tail ().load (std::memory_order_acquire);  // [tail] pairs with consume ()
        ring.tailSeen.store (tail, std::memory_order_relaxed);                // [seen]
        *used = *head - tail;
        if (__builtin_expect (*used < ring.capacity, 1))
        {
            return Refill::Ok;
        }
        return *used == ring.capacity ? Refill::WouldBlock : failDamaged (ring);
    }

    /// The same for a consumer whose cached head does not suffice.
    __attribute__ ((always_inline)) static Refill refillElements (Ring& ring, uint64_t* tail,
                                                                  uint64_t* available) noexcept
    {
        const Control& control = *ring.control;
        while (__builtin_expect (!holds (ring, consumer), 0))
        {
            if (ring.enterSide (consumer) == -1)
            {
                return Refill::Error;
            }
            *tail = control.tail.value.load (std::memory_order_relaxed);  // [own tail]
        }
        const uint64_t head = ring.head ().load (std::memory_order_acquire);  // [head] pairs with publish ()
        if (__builtin_expect (head != *tail && isEnded (ring), 0))
        {
            return Refill::WouldBlock;  // published after the end of the queue: its producer takes it back
        }
        ring.spscConsumer.headSeen.store (head, std::memory_order_relaxed);  // [seen]
        *available = head - *tail;
        if (__builtin_expect (isFromOneTo (ring.capacity, *available), 1))
        {
            return Refill::Ok;
        }
        return *available == 0 ? Refill::WouldBlock : failDamaged (ring);
    }

    static Refill failDamaged (Ring& ring) noexcept
    {
        ring.damaged ();
        return Refill::Error;
    }

    /// Whether this consumer has found the queue empty, and nothing has been popped since.
    static bool wasEmptyAt (const Ring& ring, uint64_t tail) noexcept
    {
        return ring.emptyAt.load (std::memory_order_relaxed) == tail;  // [seen]
    }

    static int64_t publish (Ring& ring, Control& control, uint64_t head, uint64_t n) noexcept
    {
        control.head.value.store (head + n, std::memory_order_release);  // [head] pairs with refillElements ()
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
        control.tail.value.store (tail + n, std::memory_order_release);  // [tail] pairs with refillRoom ()
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
        if (step != 0 && ring.spscConsumer.headSeen.load (std::memory_order_relaxed) - tail > step + n)  // [seen]
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
