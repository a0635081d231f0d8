// SPDX-License-Identifier: MIT
// Copies of elements into cells and out of them: of a size known at compile time or at run time, by plain copies, or by
// atomic ones where a consumer may read what a producer is overwriting.
#ifndef JOIN_DETAIL_COPY_HPP
#define JOIN_DETAIL_COPY_HPP

#include <join/detail/segment.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// The size of an element in bytes: a constant (FixedSize), or a member (AnySize). One algorithm serves both.
template <uint32_t Bytes>
struct FixedSize
{
    static constexpr bool fixed = true;

    constexpr uint32_t bytes () const noexcept
    {
        return Bytes;
    }
};

struct AnySize
{
    static constexpr bool fixed = false;
    uint32_t size;

    uint32_t bytes () const noexcept
    {
        return size;
    }
};

/// Bytes of the largest element for which a failed pop leaves the caller's memory as it was.
constexpr uint32_t maxKept = 64;

/// Bytes of a batch that are copied in one part. Between parts other consumers get a turn, and the clock and a
/// cancellation are checked.
constexpr uint64_t bytesAtOnce = 64 << 10;

/// How many whole elements fit into so many bytes, at least 1.
template <typename Size>
uint64_t elementsIn (Size size, uint64_t bytes) noexcept
{
    return bytes > size.bytes () && size.bytes () != 0 ? bytes / size.bytes () : 1;
}

/// The number of elements: one, known at compile time, or a number known at run time (Some).
struct One
{
    static constexpr bool one = true;

    constexpr operator uint64_t () const noexcept
    {
        return 1;
    }
};

struct Some
{
    static constexpr bool one = false;
    uint64_t n;

    operator uint64_t () const noexcept
    {
        return n;
    }
};

/// For cells that no other thread accesses during the copy: the publication and tail order the accesses.
struct PlainCopy
{
    template <typename Size>
    static void in (char* cell, const char* from, Size size, uint64_t n) noexcept
    {
        __builtin_memcpy (cell, from, bytesOf (size, n));
    }

    template <typename Size>
    static void out (char* to, const char* cell, Size size, uint64_t n) noexcept
    {
        __builtin_memcpy (to, cell, bytesOf (size, n));
    }

private:
    /// Hides a large constant size from the compiler, which would emit slow string instructions and not call libc.
    template <typename Size>
    static std::size_t bytesOf (Size size, uint64_t n) noexcept
    {
        std::size_t bytes = size.bytes () * static_cast<std::size_t> (n);
        if (Size::fixed && size.bytes () > 256)
        {
            __asm__("" : "+r"(bytes));
        }
        return bytes;
    }
};

/// For Mpmc, where a consumer may read a cell that a producer is overwriting: relaxed atomics, 8 bytes at a time. The
/// swap of tail by such a consumer fails, and the consumer discards what it read.
struct AtomicCopy
{
    template <typename Size>
    __attribute__ ((always_inline)) static void in (char* cell, const char* from, Size size, uint64_t n) noexcept
    {
        const std::size_t bytes = size.bytes () * static_cast<std::size_t> (n);
        std::size_t i = 0;
        for (; i + 32 <= bytes; i += 32)  // unrolled by hand: compilers do not unroll loops of atomics
        {
            store (cell + i, word (from + i, 8));
            store (cell + i + 8, word (from + i + 8, 8));
            store (cell + i + 16, word (from + i + 16, 8));
            store (cell + i + 24, word (from + i + 24, 8));
        }
        for (; i + 8 <= bytes; i += 8)
        {
            store (cell + i, word (from + i, 8));
        }
        if (i < bytes)
        {
            store (cell + i, word (from + i, bytes - i));
        }
    }

    template <typename Size>
    __attribute__ ((always_inline)) static void out (char* to, const char* cell, Size size, uint64_t n) noexcept
    {
        const std::size_t bytes = size.bytes () * static_cast<std::size_t> (n);
        std::size_t i = 0;
        for (; i + 32 <= bytes; i += 32)
        {
            // four copies: a single one of 32 bytes would go through the stack, and wait for the stores there
            const uint64_t first = load (cell + i);
            const uint64_t second = load (cell + i + 8);
            const uint64_t third = load (cell + i + 16);
            const uint64_t fourth = load (cell + i + 24);
            __builtin_memcpy (to + i, &first, 8);
            __builtin_memcpy (to + i + 8, &second, 8);
            __builtin_memcpy (to + i + 16, &third, 8);
            __builtin_memcpy (to + i + 24, &fourth, 8);
        }
        for (; i + 8 <= bytes; i += 8)
        {
            const uint64_t one = load (cell + i);
            __builtin_memcpy (to + i, &one, 8);
        }
        if (i < bytes)
        {
            const uint64_t one = load (cell + i);
            __builtin_memcpy (to + i, &one, bytes - i);
        }
    }

private:
    static uint64_t word (const char* from, std::size_t bytes) noexcept
    {
        uint64_t word = 0;
        __builtin_memcpy (&word, from, bytes);
        return word;
    }

    static void store (char* place, uint64_t word) noexcept
    {
        // [payload] [publish] orders it: the cell's sequence word is released after the copy
        reinterpret_cast<std::atomic<uint64_t>*> (place)->store (word, std::memory_order_relaxed);
    }

    static uint64_t load (const char* place) noexcept
    {
        return reinterpret_cast<const std::atomic<uint64_t>*> (place)->load (std::memory_order_relaxed);  // [payload]
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
