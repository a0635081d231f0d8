// SPDX-License-Identifier: MIT
// Elements into slots and out of them: their size known when compiled, or when run; alone with them, or not.
#ifndef JOIN_DETAIL_COPY_HPP
#define JOIN_DETAIL_COPY_HPP

#include <join/detail/segment.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// The size of an element, in bytes: a constant, or a member. One algorithm for both.
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

/// How many elements: one, known when compiled, or some.
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

/// Where nobody else reads or writes what is copied: the publication, and tail, see to that.
struct Alone
{
    template <typename Size>
    static void in (char* slot, const char* from, Size size, uint64_t n) noexcept
    {
        __builtin_memcpy (slot, from, bytesOf (size, n));
    }

    template <typename Size>
    static void out (char* to, const char* slot, Size size, uint64_t n) noexcept
    {
        __builtin_memcpy (to, slot, bytesOf (size, n));
    }

private:
    /// A large constant is no constant: compilers make slow string instructions of it, and libc has better ones.
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

/// Where a popper may read what a pusher overwrites: by atomics, 8 bytes at a time; the popper's claim of tail fails then,
/// and what it read is thrown away.
struct Racing
{
    template <typename Size>
    __attribute__ ((always_inline)) static void in (char* slot, const char* from, Size size, uint64_t n) noexcept
    {
        const std::size_t bytes = size.bytes () * static_cast<std::size_t> (n);
        std::size_t i = 0;
        for (; i + 32 <= bytes; i += 32)  // by hand, as compilers unroll no loop of atomics
        {
            store (slot + i, word (from + i, 8));
            store (slot + i + 8, word (from + i + 8, 8));
            store (slot + i + 16, word (from + i + 16, 8));
            store (slot + i + 24, word (from + i + 24, 8));
        }
        for (; i + 8 <= bytes; i += 8)
        {
            store (slot + i, word (from + i, 8));
        }
        if (i < bytes)
        {
            store (slot + i, word (from + i, bytes - i));
        }
    }

    template <typename Size>
    __attribute__ ((always_inline)) static void out (char* to, const char* slot, Size size, uint64_t n) noexcept
    {
        const std::size_t bytes = size.bytes () * static_cast<std::size_t> (n);
        std::size_t i = 0;
        for (; i + 32 <= bytes; i += 32)
        {
            // each by itself: one copy of the four is read back from the stack before they are there
            const uint64_t first = load (slot + i);
            const uint64_t second = load (slot + i + 8);
            const uint64_t third = load (slot + i + 16);
            const uint64_t fourth = load (slot + i + 24);
            __builtin_memcpy (to + i, &first, 8);
            __builtin_memcpy (to + i + 8, &second, 8);
            __builtin_memcpy (to + i + 16, &third, 8);
            __builtin_memcpy (to + i + 24, &fourth, 8);
        }
        for (; i + 8 <= bytes; i += 8)
        {
            const uint64_t one = load (slot + i);
            __builtin_memcpy (to + i, &one, 8);
        }
        if (i < bytes)
        {
            const uint64_t one = load (slot + i);
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
        // [payload] published by the word of the slot
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
