// SPDX-License-Identifier: MIT
// Many pushers, and one popper or many: the claim chain. A pusher claims tickets by a compare-and-swap of head, copies,
// and publishes each slot by its word; a popper copies first, and one store or swap of tail then takes the elements and
// frees their slots. The head word names the last claimer, his lane what he found there: so whoever comes later can tell
// whose each unpublished ticket is (ARCHITECTURE.md, "The claim chain").
#ifndef JOIN_DETAIL_CLAIM_HPP
#define JOIN_DETAIL_CLAIM_HPP

#include <join/detail/copy.hpp>
#include <join/detail/ring.hpp>
#include <join/detail/slots.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// Leased: over ShmMem, where pushers may die.
template <bool ManyPoppers, bool Leased>
struct ClaimRing
{
    static constexpr Kind kind = ManyPoppers ? Kind::Mpmc : Kind::Mpsc;
    using Copy = std::conditional_t<ManyPoppers, Racing, Alone>;

    /// The number pushed, wouldBlock, or -1.
    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t push (Ring& ring, Size size, const void* from, Count n) noexcept
    {
        if (!Leased)
        {
            return pushBy (ring, size, 0, from, n);
        }
        LaneEntry* entry = entryOf (ring);
        if (__builtin_expect (entry == nullptr, 0) && (entry = ring.enter ()) == nullptr)
        {
            return -1;
        }
        if (__builtin_expect (entry->inside.load (std::memory_order_relaxed) != 0, 0))  // [inside] this thread's own
        {
            return ring.nested ();
        }
        const uint32_t lane = step (ring, *entry);
        const int64_t pushed = __builtin_expect (lane != 0, 1) ? pushBy (ring, size, lane, from, n)
                                                               : pushShared (ring, size, entry, from, n);
        entry->inside.store (0,
                             std::memory_order_release);  // [inside] pairs with the acquire of whoever takes the lane
        return pushed;
    }

    /// The number popped, wouldBlock, or -1.
    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t pop (Ring& ring, Size size, void* to, Count n) noexcept
    {
        const Slots<Size> slots (ring, size);
        uint64_t raw = loadTail (ring);
        for (uint32_t tries = 0; tries < triesMost; ++tries)
        {
            const uint64_t tail = raw & ticketMask;
            uint64_t passed = 0;
            const uint64_t got = Count::one ? copyOne (slots, tail, static_cast<char*> (to), &passed)
                                            : copySome (slots, tail, static_cast<char*> (to), n, &passed);
            if (passed == 0)
            {
                const uint64_t again = ManyPoppers ? loadTail (ring) : raw;
                if (again == raw)
                {
                    return nothing (ring, tail);
                }
                raw = again;
                continue;
            }
            if (take (ring, &raw, passed) && got != 0)
            {
                return static_cast<int64_t> (got);
            }
        }
        return wouldBlock;
    }

private:
    static constexpr uint32_t triesMost = 1 << 16;

    static LaneEntry* entryOf (Ring& ring) noexcept
    {
        const void* thread = &lastError;  // of the thread's own
        for (uint32_t i = firstEntry ();; ++i)
        {
            LaneEntry& entry = ring.entries[i & ring.entryMask];
            const void* there =
                entry.thread.load (std::memory_order_relaxed);  // [entry] the thread itself has stored it
            if (there == thread)
            {
                return &entry;
            }
            if (there == nullptr || i - firstEntry () == ring.entryMask)
            {
                return nullptr;
            }
        }
    }

    /// By the lane that threads share which found none left for themselves.
    template <typename Size, typename Count>
    __attribute__ ((noinline, cold)) static int64_t pushShared (Ring& ring, Size size, LaneEntry* entry,
                                                                const void* from, Count n) noexcept
    {
        const int64_t pushed = pushBy (ring, size, ring.takeShared (*entry), from, n);
        ring.giveShared ();
        return pushed;
    }

    /// Into a push: the lane to push by; 0: the shared one.
    static uint32_t step (const Ring& ring, LaneEntry& entry) noexcept
    {
        if (__builtin_expect (ring.fences, 0))
        {
            entry.inside.store (1);  // by itself before the lane is looked at
            return entry.lane.load ();
        }
        entry.inside.store (1, std::memory_order_relaxed);     // [inside] before the lane is looked at, by the
        std::atomic_signal_fence (std::memory_order_seq_cst);  // membarrier (2) of whoever takes it away
        return entry.lane.load (std::memory_order_relaxed);    // [inside]
    }

    static Lane& laneOf (const Ring& ring, uint32_t number) noexcept
    {
        return reinterpret_cast<Lane*> (ring.control + 1)[number - 1];
    }

    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t pushBy (Ring& ring, Size size, uint32_t lane, const void* from,
                                                           Count n) noexcept
    {
        uint64_t head = ring.head ().load (std::memory_order_acquire);  // [claim] pairs with the claims before
        uint64_t count = 0;
        for (uint32_t tries = 0;; ++tries)
        {
            const int64_t room = roomFor (ring, &head, n);
            if (__builtin_expect ((head & closedBit) != 0, 0))  // of the head that is to be replaced, and no older one
            {
                return ring.refusePush ();
            }
            if (__builtin_expect (room <= 0, 0))
            {
                return room == 0 ? noRoom (ring, head & ticketMask) : ring.damaged ();
            }
            count = n < static_cast<uint64_t> (room) ? n : static_cast<uint64_t> (room);
            if (Leased)
            {
                // The publication of this lane's former claim goes before it, and the claim behind it.
                // [evidence] pairs with the acquire of whoever recovers, and with [claim]
                laneOf (ring, lane).claim.store (head, std::memory_order_release);
            }
            const uint64_t next = ((head & ticketMask) + count * ticketUnit) | lane;
            // The [evidence] is seen by whoever sees the claim, and so is that of those before.
            // [claim] release: pairs with whoever looks at head. What is replaced was acquired when it was looked at.
            if (ring.head ().compare_exchange_weak (head, next, std::memory_order_release, std::memory_order_acquire))
            {
                break;
            }
            if (__builtin_expect (tries == triesMost, 0))
            {
                return wouldBlock;
            }
        }
        if (Count::one)
        {
            publishOne (Slots<Size> (ring, size), head, static_cast<const char*> (from));
        }
        else
        {
            publishSome (Slots<Size> (ring, size), head, static_cast<const char*> (from), count);
        }
        const uint32_t state = stateBehind (ring);
        if (__builtin_expect ((state & (poppersWait | fenceBit)) != 0, 0))
        {
            ring.published (state);
        }
        return static_cast<int64_t> (count);
    }

    /// Elements that there is room for behind *head, which is looked at again where it is old; -1: impossible.
    static int64_t roomFor (Ring& ring, uint64_t* head, uint64_t n) noexcept
    {
        const uint64_t capacity = ring.capacity;
        // [tail] acquire: whoever has seen that far came after the copies out of those slots. Never past tail.
        const uint64_t seen = ring.tailSeen.load (std::memory_order_acquire);
        uint64_t used = ((*head & ticketMask) - seen) >> ticketShift;
        if (__builtin_expect (used < capacity && capacity - used >= n, 1))
        {
            return static_cast<int64_t> (capacity - used);
        }
        for (uint32_t tries = 0; tries < triesMost; ++tries)
        {
            // [tail] pairs with take (): who reuses a slot comes after the copy out of it.
            const uint64_t tail = ring.tail ().load (std::memory_order_acquire) & ticketMask;
            ring.tailSeen.store (tail, std::memory_order_release);  // [tail] for the other pushers of this process
            used = ((*head & ticketMask) - tail) >> ticketShift;
            if (used < capacity)
            {
                return static_cast<int64_t> (capacity - used);
            }
            const uint64_t again = ring.head ().load (std::memory_order_acquire);  // [claim]
            if (again == *head)
            {
                return used == capacity ? 0 : -1;
            }
            *head = again;
            if ((again & closedBit) != 0)
            {
                return 0;  // whatever room there is
            }
        }
        return 0;
    }

    template <typename Size>
    __attribute__ ((always_inline)) static void publishOne (const Slots<Size>& slots, uint64_t head,
                                                            const char* from) noexcept
    {
        const uint64_t ticket = head & ticketMask;
        const uint64_t at = slots.at (ticket);
        Copy::in (slots.element (at), from, slots.size, 1);
        const uint64_t word = (ticket + ticketUnit) | firstBit | (head & laneMask);
        slots.word (at).store (word, std::memory_order_release);  // [publish] pairs with copyOne ()
    }

    /// The copies, and the publications: tickets from `head` on, which the claim replaced.
    template <typename Size>
    static void publishSome (const Slots<Size>& slots, uint64_t head, const char* from, uint64_t n) noexcept
    {
        uint64_t word = (head & ticketMask) + ticketUnit;
        uint64_t flags = firstBit | (head & laneMask);
        uint64_t at = slots.at (head);
        if (slots.inOnePiece ())
        {
            const uint64_t first = n <= slots.mask - at ? n : slots.mask + 1 - at;
            Copy::in (slots.element (at), from, slots.size, first);
            if (first < n)
            {
                Copy::in (slots.elements, from + first * slots.size.bytes (), slots.size, n - first);
            }
        }
        for (uint64_t i = 0; i < n; ++i)
        {
            if (!slots.inOnePiece ())
            {
                Copy::in (slots.element (at), from + i * slots.size.bytes (), slots.size, 1);
            }
            // [publish] pairs with the acquires in copyOne () and copySome ()
            slots.word (at).store (word | flags, std::memory_order_release);
            flags = 0;
            word += ticketUnit;
            at = (at + 1) & slots.mask;
        }
    }

    template <typename Size>
    __attribute__ ((always_inline)) static uint64_t copyOne (const Slots<Size>& slots, uint64_t tail, char* to,
                                                             uint64_t* passed) noexcept
    {
        const uint64_t at = slots.at (tail);
        const uint64_t word = slots.word (at).load (std::memory_order_acquire);  // [publish] pairs with publishOne ()
        *passed = (word & ticketMask) == tail + ticketUnit ? 1 : 0;
        if (*passed == 0 || __builtin_expect ((word & holeBit) != 0, 0))
        {
            return 0;
        }
        Copy::out (to, slots.element (at), slots.size, 1);
        return 1;
    }

    /// Copies up to n elements from `tail` on; *passed: the tickets that they and the holes between take up.
    template <typename Size>
    static uint64_t copySome (const Slots<Size>& slots, uint64_t tail, char* to, uint64_t n, uint64_t* passed) noexcept
    {
        uint64_t got = 0;
        uint64_t i = 0;
        uint64_t at = slots.at (tail);
        uint64_t expected = tail;
        while (got < n && i <= slots.mask)
        {
            // [publish] pairs with publishSome ()
            const uint64_t word = slots.word (at).load (std::memory_order_acquire);
            expected += ticketUnit;
            if ((word & ticketMask) != expected)
            {
                break;
            }
            if (__builtin_expect ((word & holeBit) == 0, 1))
            {
                Copy::out (to, slots.element (at), slots.size, 1);
                to += slots.size.bytes ();
                ++got;
            }
            ++i;
            at = (at + 1) & slots.mask;
        }
        *passed = i;
        return got;
    }

    static uint64_t loadTail (const Ring& ring) noexcept
    {
        // [own tail] One popper alone is the only one to store it; many find their elements by [publish], and swap it.
        return ring.tail ().load (std::memory_order_relaxed);
    }

    /// Takes what lies between *tail and there, and frees its slots; false: another was first, and *tail is his.
    static bool take (Ring& ring, uint64_t* tail, uint64_t n) noexcept
    {
        const uint64_t next = (*tail & ticketMask) + n * ticketUnit;
        std::atomic<uint64_t>& shared = ring.tail ();
        if (ManyPoppers)
        {
            // The copies, and by the chain of swaps those of all before, come before a slot is written again.
            // [tail] release: pairs with roomFor ()
            if (!shared.compare_exchange_strong (*tail, next, std::memory_order_release, std::memory_order_relaxed))
            {
                return false;
            }
        }
        else
        {
            shared.store (next, std::memory_order_release);  // [tail] pairs with roomFor ()
        }
        *tail = next;
        const uint32_t state = stateBehind (ring);
        if (__builtin_expect ((state & (pushersWait | fenceBit)) != 0, 0))
        {
            ring.popped (state);
        }
        return true;
    }

    static int64_t nothing (Ring& ring, uint64_t tail) noexcept
    {
        // [shut] A hint: dry () looks at head.
        if (__builtin_expect ((ring.gate ().state.load (std::memory_order_relaxed) & shutMask) != 0, 0))
        {
            return ring.dry ();
        }
        const uint64_t run = (tail - ring.driedAt.load (std::memory_order_relaxed)) >> ticketShift;  // [seen]
        if (run != 0)
        {
            ring.driedAt.store (tail, std::memory_order_relaxed);  // [seen]
            lookAway (run);
        }
        else if (Leased)
        {
            const uint64_t looks = ring.looksLeft.load (std::memory_order_relaxed);  // [seen]
            if (looks == 0)
            {
                ring.looked ();
            }
            else
            {
                ring.looksLeft.store (looks - 1, std::memory_order_relaxed);  // [seen]
            }
        }
        return wouldBlock;
    }

    static int64_t noRoom (Ring& ring, uint64_t head) noexcept
    {
        const uint64_t run = (head - ring.fullAt.load (std::memory_order_relaxed)) >> ticketShift;  // [seen]
        if (run != 0)
        {
            ring.fullAt.store (head, std::memory_order_relaxed);  // [seen]
            lookAway (run);
        }
        return wouldBlock;
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
