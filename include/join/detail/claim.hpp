// SPDX-License-Identifier: MIT
// Mpsc and Mpmc: a bounded queue whose cells carry sequence numbers (Vyukov, LMAX Disruptor), with an intent record for
// each producer, so that another process can finish what a killed producer began.
//
// A push claims tickets by a compare-and-swap of head, copies, and publishes each cell by its sequence word. A pop
// copies, and then one store or swap of tail takes the elements and frees their cells (claim_pop.hpp). Before the swap
// of head, a producer writes the head that it is about to replace to its slot: the intent record. Invariants:
// 1. A ticket has one producer, which swapped head past it, and only below tail + capacity: no cell has two writers.
// 2. A thread that reads head past a ticket also finds the intent record of its producer: the swap releases it.
// 3. A thread that finds a later intent record in a slot also finds the slot's former claim published.
// 4. So the owner of each unpublished ticket is known: head names the last producer, its record the one before, ...
// docs/design/claim-log.md.
#ifndef JOIN_DETAIL_CLAIM_HPP
#define JOIN_DETAIL_CLAIM_HPP

#include <join/detail/claim_pop.hpp>
#include <join/detail/copy.hpp>
#include <join/detail/ring.hpp>
#include <join/detail/cells.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// Recoverable: over ShmMem, where a producer may die alone.
template <bool ManyConsumers, bool Recoverable>
struct ClaimRing : ClaimPop<ManyConsumers, Recoverable>
{
    static constexpr Kind kind = ManyConsumers ? Kind::Mpmc : Kind::Mpsc;
    using Copy = std::conditional_t<ManyConsumers, AtomicCopy, PlainCopy>;

    /// The number pushed, wouldBlock, or -1.
    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t push (Ring& ring, Size size, const void* from, Count n) noexcept
    {
        if (!Recoverable)
        {
            return pushBy (ring, size, 0, from, n);
        }
        SlotEntry* entry = entryOf (ring);
        if (__builtin_expect (entry == nullptr, 0) && (entry = ring.enter ()) == nullptr)
        {
            return -1;
        }
        if (__builtin_expect (entry->inside.load (std::memory_order_relaxed) != 0, 0))  // [inside] this thread's own
        {
            return ring.nested ();
        }
        const uint32_t slot = step (ring, *entry);
        const int64_t pushed = __builtin_expect (slot != 0, 1) ? pushBy (ring, size, slot, from, n)
                                                               : pushShared (ring, size, entry, from, n);
        // [inside] pairs with Slots::takeAway (): the next user of the slot comes after what this push published
        entry->inside.store (0, std::memory_order_release);
        return pushed;
    }

private:
    // Limits for a segment that a hostile process writes to: 2^24 rounds at most.
    static constexpr uint32_t maxTries = 1 << 16;
    static constexpr uint32_t maxRoomTries = 1 << 8;

    static SlotEntry* entryOf (Ring& ring) noexcept
    {
        const void* thread = &lastError;  // an address that is the thread's own
        for (uint32_t i = firstEntry ();; ++i)
        {
            SlotEntry& entry = ring.entries[i & ring.entryMask];
            // [entry] the thread looks for its own address, which only the thread itself stores
            const void* owner = entry.thread.load (std::memory_order_relaxed);
            if (owner == thread)
            {
                return &entry;
            }
            if (owner == nullptr || i - firstEntry () == ring.entryMask)
            {
                return nullptr;
            }
        }
    }

    /// Pushes by the slot that is shared by the threads that found no free one.
    template <typename Size, typename Count>
    __attribute__ ((noinline, cold)) static int64_t pushShared (Ring& ring, Size size, SlotEntry* entry,
                                                                const void* from, Count n) noexcept
    {
        const int64_t pushed = pushBy (ring, size, ring.takeShared (*entry), from, n);
        ring.giveShared ();
        return pushed;
    }

    /// Begins a push. @return the slot to push by; 0: the shared one
    static uint32_t step (const Ring& ring, SlotEntry& entry) noexcept
    {
        if (__builtin_expect (ring.fences, 0))
        {
            entry.inside.store (1);  // seq_cst: before the load, without a membarrier(2)
            return entry.slot.load ();
        }
        // An asymmetric fence: the compiler keeps the store before the load, and the membarrier(2) in takeAway () makes
        // the processor do so. Either takeAway () waits for this push, or this push finds its slot gone.
        entry.inside.store (1, std::memory_order_relaxed);  // [inside] pairs with takeAway ()
        std::atomic_signal_fence (std::memory_order_seq_cst);
        return entry.slot.load (std::memory_order_relaxed);  // [inside] pairs with share ()
    }

    static Slot& slotOf (const Ring& ring, uint32_t number) noexcept
    {
        return reinterpret_cast<Slot*> (ring.control + 1)[number - 1];
    }

    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t pushBy (Ring& ring, Size size, uint32_t slot, const void* from,
                                                           Count n) noexcept
    {
        uint64_t head = ring.head ().load (std::memory_order_acquire);  // [claim] pairs with the swaps of head below
        uint64_t count = 0;
        for (uint32_t tries = 0;; ++tries)
        {
            const int64_t room = roomFor (ring, &head, n);
            if (__builtin_expect ((head & closedBit) != 0, 0))  // in the head that the swap replaces
            {
                return ring.errorShutDown ();
            }
            if (__builtin_expect (room <= 0, 0))
            {
                return room == 0 ? noRoom (ring, head & ticketMask) : ring.damaged ();
            }
            count = n < static_cast<uint64_t> (room) ? n : static_cast<uint64_t> (room);
            if (Recoverable)
            {
                // The intent record. A recovery that reads it also finds this slot's former claim published.
                // [evidence] pairs with the acquires in Recovery; the claim that follows releases it as well
                slotOf (ring, slot).claim.store (head, std::memory_order_release);
            }
            const uint64_t next = ((head & ticketMask) + count * ticketUnit) | slot;
            // Release: a thread that acquires this head finds the intent record, and those of all claims before, which
            // this thread acquired with the head that it replaces.
            // [claim] pairs with the acquires of head in pushBy (), roomFor () and, by default seq_cst, in Recovery
            if (ring.head ().compare_exchange_weak (head, next, std::memory_order_release, std::memory_order_acquire))
            {
                break;
            }
            if (__builtin_expect (tries == maxTries, 0))
            {
                return wouldBlock;
            }
        }
        if (Count::one)
        {
            publishOne (Cells<Size> (ring, size), head, static_cast<const char*> (from));
        }
        else
        {
            publishSome (Cells<Size> (ring, size), head, static_cast<const char*> (from), count);
        }
        const uint32_t state = stateAfter (ring);
        if (__builtin_expect ((state & (elementMask | fenceBit)) != 0, 0))
        {
            ring.published (state, head & ticketMask, Count::one ? 1 : count);
        }
        return static_cast<int64_t> (count);
    }

    /// The free cells from *head on; -1: head and tail contradict each other. Reads an outdated *head again.
    static int64_t roomFor (Ring& ring, uint64_t* head, uint64_t n) noexcept
    {
        const uint64_t capacity = ring.capacity;
        // Another producer of this process may have read this tail: a cell below it is reused after the copy out of it.
        // [tail] pairs with the release of tailSeen below
        const uint64_t seen = ring.tailSeen.load (std::memory_order_acquire);
        uint64_t used = ((*head & ticketMask) - seen) >> ticketShift;
        if (__builtin_expect (used < capacity && capacity - used >= n, 1))
        {
            return static_cast<int64_t> (capacity - used);
        }
        for (uint32_t tries = 0; tries < maxRoomTries; ++tries)
        {
            // [tail] pairs with consume (): a cell is written again only after the copy out of it
            const uint64_t tail = ring.tail ().load (std::memory_order_acquire) & ticketMask;
            ring.tailSeen.store (tail, std::memory_order_release);  // [tail] for the other producers of this process
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
                return 0;  // the caller reports closedBit, whatever the room
            }
        }
        return 0;
    }

    template <typename Size>
    __attribute__ ((always_inline)) static void publishOne (const Cells<Size>& cells, uint64_t head,
                                                            const char* from) noexcept
    {
        const uint64_t ticket = head & ticketMask;
        const uint64_t at = cells.at (ticket);
        Copy::in (cells.element (at), from, cells.size, 1);
        const uint64_t word = (ticket + ticketUnit) | firstBit | (head & slotMask);
        cells.word (at).store (word, std::memory_order_release);  // [publish] pairs with copyOne () and copySome ()
    }

    /// Copies and publishes n elements, at tickets from `head`, which the claim replaced, upwards. Recovery relies on
    /// this order.
    template <typename Size>
    static void publishSome (const Cells<Size>& cells, uint64_t head, const char* from, uint64_t n) noexcept
    {
        uint64_t word = (head & ticketMask) + ticketUnit;
        uint64_t flags = firstBit | (head & slotMask);
        uint64_t at = cells.at (head);
        if (cells.inOnePiece ())
        {
            const uint64_t first = n <= cells.mask - at ? n : cells.mask + 1 - at;
            Copy::in (cells.element (at), from, cells.size, first);
            if (first < n)
            {
                Copy::in (cells.elements, from + first * cells.size.bytes (), cells.size, n - first);
            }
        }
        for (uint64_t i = 0; i < n; ++i)
        {
            if (!cells.inOnePiece ())
            {
                Copy::in (cells.element (at), from + i * cells.size.bytes (), cells.size, 1);
            }
            // [publish] pairs with the acquires in copyOne () and copySome ()
            cells.word (at).store (word | flags, std::memory_order_release);
            flags = 0;
            word += ticketUnit;
            at = (at + 1) & cells.mask;
        }
    }

    static int64_t noRoom (Ring& ring, uint64_t head) noexcept
    {
        const uint64_t run = (head - ring.fullAt.load (std::memory_order_relaxed)) >> ticketShift;  // [seen]
        if (run != 0)
        {
            ring.fullAt.store (head, std::memory_order_relaxed);  // [seen]
            adaptivePause (run);
        }
        return wouldBlock;
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
