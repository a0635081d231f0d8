// SPDX-License-Identifier: MIT
// The consumers' side of claim.hpp: a pop copies elements out of published cells, and then one store of tail (Mpsc) or
// one compare-and-swap (Mpmc) takes them and frees their cells. Consumers never write to a cell. A Mpmc consumer whose
// swap fails was overtaken, and discards its copies.
#ifndef JOIN_DETAIL_CLAIM_POP_HPP
#define JOIN_DETAIL_CLAIM_POP_HPP

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
struct ClaimPop
{
    using Copy = std::conditional_t<ManyConsumers, AtomicCopy, PlainCopy>;

    /// The number popped, wouldBlock, or -1.
    template <typename Size, typename Count>
    __attribute__ ((always_inline)) static int64_t pop (Ring& ring, Size size, void* to, Count n) noexcept
    {
        const Cells<Size> cells (ring, size);
        Kept<Size, Count> kept;
        const uint64_t raw = loadTail (ring);
        const uint64_t tail = raw & ticketMask;
        uint64_t passed = 0;
        const uint64_t got =
            Count::one ? copyOne (cells, tail, kept.place (size, to), &passed)
                       : copySome (cells, tail, static_cast<char*> (to), atOnce (size, n), cellsOf (cells), &passed);
        if (passed == 0)
        {
            if (!ManyConsumers || loadTail (ring) == raw)
            {
                return nothing (ring, tail);
            }
        }
        else if (consume (ring, raw, Count::one ? 1 : passed))
        {
            if (__builtin_expect (got != 0, 1))
            {
                kept.give (size, to);
                wakeProducers (ring, Count::one ? 1 : passed);
                return static_cast<int64_t> (got);
            }
            wakeProducers (ring, passed);
            passed = 0;
        }
        return popAgain (ring, size, to, n, passed);
    }

private:
    // Bounds of the work that a pop may do in vain, some milliseconds, because a hostile peer can write skipped cells
    // without end. The unit is one cell that was passed, or 64 bytes that were copied. An attempt costs `attempt` more.
    static constexpr uint64_t maxWork = 1 << 20;
    static constexpr uint64_t attempt = 16;

    /// How many cells one attempt may pass.
    template <typename Size>
    static uint64_t cellsOf (const Cells<Size>& cells) noexcept
    {
        return cells.mask < maxWork / 2 ? cells.mask + 1 : maxWork / 2;
    }

    /// How many of n elements one swap takes. With many consumers at most 64 KiB, or 16 large elements: a pop of one
    /// element by another consumer makes the whole copy useless.
    template <typename Size>
    static uint64_t atOnce (Size size, uint64_t n) noexcept
    {
        constexpr uint64_t least = 16;
        const uint64_t inBytes = elementsIn (size, bytesAtOnce);
        const uint64_t most = !ManyConsumers ? n : inBytes > least ? inBytes : least;
        return n < most ? n : most;
    }

    /// A buffer for one small element: the caller's memory stays as it was until the swap of tail succeeds.
    template <typename Size, typename Count>
    struct Kept
    {
        static constexpr bool any = ManyConsumers && Count::one;

        static bool keeps (Size size) noexcept
        {
            return any && size.bytes () <= maxKept;
        }

        char* place (Size size, void* to) noexcept
        {
            return keeps (size) ? bytes : static_cast<char*> (to);
        }

        void give (Size size, void* to, uint64_t n = 1) noexcept
        {
            if (keeps (size) && n != 0)
            {
                __builtin_memcpy (to, bytes, size.bytes ());
            }
        }

        alignas (8) char bytes[any ? maxKept : 1];
    };

    /// The further attempts of a pop that passed only skipped cells, or was overtaken. After each failed swap it
    /// attempts half as many cells, so that a consumer of large batches gets elements beside consumers of small ones.
    /// @param lost cells that were copied in vain by the first attempt; 0: it was not overtaken
    template <typename Size, typename Count>
    __attribute__ ((noinline, cold)) static int64_t popAgain (Ring& ring, Size size, void* to, Count n,
                                                              uint64_t lost) noexcept
    {
        const Cells<Size> cells (ring, size);
        Kept<Size, Count> kept;
        uint64_t most = cellsOf (cells);
        for (uint64_t work = 0; work < maxWork;)
        {
            most = lost == 0 ? most : lost > 1 ? lost / 2 : 1;
            lost = 0;
            const uint64_t raw = loadTail (ring);
            const uint64_t tail = raw & ticketMask;
            uint64_t passed = 0;
            const uint64_t got = copySome (cells, tail, kept.place (size, to), atOnce (size, n), most, &passed);
            if (passed == 0)
            {
                if (!ManyConsumers || loadTail (ring) == raw)
                {
                    return nothing (ring, tail);
                }
            }
            else if (consume (ring, raw, passed))
            {
                kept.give (size, to, got);
                wakeProducers (ring, passed);
                if (got != 0)
                {
                    return static_cast<int64_t> (got);
                }
            }
            else
            {
                lost = passed;
            }
            work += attempt + passed + got * (size.bytes () / 64);
        }
        return wouldBlock;
    }

    template <typename Size>
    __attribute__ ((always_inline)) static uint64_t copyOne (const Cells<Size>& cells, uint64_t tail, char* to,
                                                             uint64_t* passed) noexcept
    {
        const uint64_t at = cells.at (tail);
        // [publish] pairs with the releases in ClaimRing: the element is whole
        const uint64_t word = cells.word (at).load (std::memory_order_acquire);
        *passed = (word & ticketMask) == tail + ticketUnit ? 1 : 0;
        if (*passed == 0 || __builtin_expect ((word & skippedBit) != 0, 0))
        {
            return 0;
        }
        Copy::out (to, cells.element (at), cells.size, 1);
        return 1;
    }

    /// Copies up to n elements out of the first `most` cells from `tail` on. @param passed how many cells these are,
    /// with the skipped ones among them
    template <typename Size>
    __attribute__ ((always_inline)) static uint64_t copySome (const Cells<Size>& cells, uint64_t tail, char* to,
                                                              uint64_t n, uint64_t most, uint64_t* passed) noexcept
    {
        const char* const end = to + (n < most ? n : most) * cells.size.bytes ();
        const uint64_t limit = tail + most * ticketUnit;
        uint64_t next = tail;
        uint64_t at = cells.at (tail);
        uint64_t skipped = 0;
        while (to != end && next != limit)
        {
            // [publish] pairs with the releases in ClaimRing
            const uint64_t word = cells.word (at).load (std::memory_order_acquire);
            if ((word & ticketMask) != next + ticketUnit)
            {
                break;
            }
            if (__builtin_expect ((word & skippedBit) == 0, 1))
            {
                Copy::out (to, cells.element (at), cells.size, 1);
                to += cells.size.bytes ();
            }
            else
            {
                ++skipped;
            }
            next += ticketUnit;
            at = (at + 1) & cells.mask;
        }
        *passed = (next - tail) >> ticketShift;
        return *passed - skipped;
    }

    static uint64_t loadTail (const Ring& ring) noexcept
    {
        // [own tail] Mpsc: only this consumer stores it. Mpmc: [publish] orders the elements, consume () finds it stale
        return ring.tail ().load (std::memory_order_relaxed);
    }

    /// Takes n cells from `raw` on, the tail that this pop loaded. @return false: another consumer was first
    static bool consume (Ring& ring, uint64_t raw, uint64_t n) noexcept
    {
        const uint64_t next = (raw & ticketMask) + n * ticketUnit;
        std::atomic<uint64_t>& shared = ring.tail ();
        if (ManyConsumers)
        {
            // Release: a cell is written again only after this copy, and, as the swaps form a release sequence, after
            // those of all consumers before.
            // [tail] pairs with ClaimRing::roomFor ()
            return shared.compare_exchange_strong (raw, next, std::memory_order_release, std::memory_order_relaxed);
        }
        shared.store (next, std::memory_order_release);  // [tail] pairs with ClaimRing::roomFor ()
        return true;
    }

    /// Wakes producers that wait for room, after consume () freed n cells.
    static void wakeProducers (Ring& ring, uint64_t n) noexcept
    {
        const uint32_t state = stateAfter (ring);
        if (__builtin_expect ((state & (roomMask | fenceBit)) != 0, 0))
        {
            ring.popped (state, n);
        }
    }

    static int64_t nothing (Ring& ring, uint64_t tail) noexcept
    {
        // [shut] A hint: dry () reads head, which decides.
        if (__builtin_expect ((ring.gate ().state.load (std::memory_order_relaxed) & shutMask) != 0, 0))
        {
            return ring.dry ();
        }
        const uint64_t run = (tail - ring.emptyAt.load (std::memory_order_relaxed)) >> ticketShift;  // [seen]
        if (run != 0)
        {
            ring.emptyAt.store (tail, std::memory_order_relaxed);  // [seen]
            adaptivePause (run);
        }
        else if (Recoverable)
        {
            const uint64_t looks = ring.claimConsumers.pollsBeforeRecovery.load (std::memory_order_relaxed);  // [seen]
            if (looks == 0)
            {
                ring.looked ();
            }
            else
            {
                ring.claimConsumers.pollsBeforeRecovery.store (looks - 1, std::memory_order_relaxed);  // [seen]
            }
        }
        return wouldBlock;
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
