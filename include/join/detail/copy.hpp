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
        __builtin_memcpy (slot, from, size.bytes () * static_cast<std::size_t> (n));
    }

    template <typename Size>
    static void out (char* to, const char* slot, Size size, uint64_t n) noexcept
    {
        __builtin_memcpy (to, slot, size.bytes () * static_cast<std::size_t> (n));
    }
};

/// Where a popper may read what a pusher overwrites: by atomics, 8 bytes at a time; the popper's claim of tail fails then,
/// and what it read is thrown away.
struct Racing
{
    using Word = uint64_t;
    using Shared = std::atomic<Word>;

    template <typename Size>
    static void in (char* slot, const char* from, Size size, uint64_t n) noexcept
    {
        const std::size_t bytes = size.bytes () * static_cast<std::size_t> (n);
        std::size_t i = 0;
        for (; i + sizeof (Word) <= bytes; i += sizeof (Word))
        {
            Word word;
            __builtin_memcpy (&word, from + i, sizeof (word));
            at (slot + i)->store (word, std::memory_order_relaxed);  // [payload] published by the word of the slot
        }
        if (i < bytes)
        {
            Word word = 0;
            __builtin_memcpy (&word, from + i, bytes - i);
            at (slot + i)->store (word, std::memory_order_relaxed);  // [payload]
        }
    }

    template <typename Size>
    static void out (char* to, const char* slot, Size size, uint64_t n) noexcept
    {
        const std::size_t bytes = size.bytes () * static_cast<std::size_t> (n);
        std::size_t i = 0;
        for (; i + sizeof (Word) <= bytes; i += sizeof (Word))
        {
            const Word word = constAt (slot + i)->load (std::memory_order_relaxed);  // [payload]
            __builtin_memcpy (to + i, &word, sizeof (word));
        }
        if (i < bytes)
        {
            const Word word = constAt (slot + i)->load (std::memory_order_relaxed);  // [payload]
            __builtin_memcpy (to + i, &word, bytes - i);
        }
    }

private:
    static Shared* at (char* place) noexcept
    {
        return reinterpret_cast<Shared*> (place);
    }

    static const Shared* constAt (const char* place) noexcept
    {
        return reinterpret_cast<const Shared*> (place);
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
