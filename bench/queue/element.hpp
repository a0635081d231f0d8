// SPDX-License-Identifier: MIT
/// Elements that tell who pushed them, in which place, and whether they arrived whole.
#ifndef BENCH_QUEUE_ELEMENT_HPP
#define BENCH_QUEUE_ELEMENT_HPP

#include <cstddef>
#include <cstdint>

namespace bench
{
constexpr unsigned pusherShift = 56;

/// What the first element of that pusher holds; those behind it count up.
constexpr uint64_t firstOf (unsigned pusher)
{
    return uint64_t (pusher + 1) << pusherShift;
}

template <std::size_t Bytes>
struct Element
{
    static_assert (Bytes % 8 == 0, "whole words");

    uint64_t words[Bytes / 8];

    void set (uint64_t value) noexcept
    {
        words[0] = value;
        if (Bytes > 8)
        {
            words[Bytes / 8 - 1] = ~value;
        }
    }

    uint64_t value () const noexcept
    {
        return words[0];
    }

    /// Not 0: the end is not that of the beginning.
    uint64_t torn () const noexcept
    {
        return Bytes > 8 ? words[Bytes / 8 - 1] ^ ~words[0] : 0;
    }
};

/// The compiler may leave out no copy that ends here.
template <typename T>
inline void arrived (T& element) noexcept
{
    __asm__ __volatile__("" : "+m"(element));
}

}  // namespace bench

#endif
