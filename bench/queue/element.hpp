// SPDX-License-Identifier: MIT
/// Elements that show their producer, their position, and whether they arrived intact.
#ifndef BENCH_QUEUE_ELEMENT_HPP
#define BENCH_QUEUE_ELEMENT_HPP

#include <cstddef>
#include <cstdint>

namespace bench
{
constexpr unsigned producerShift = 56;

/// The first element of that producer; the following ones count up.
constexpr uint64_t firstOf (unsigned producer)
{
    return uint64_t (producer + 1) << producerShift;
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

    /// Not 0 if the end does not match the beginning.
    uint64_t torn () const noexcept
    {
        return Bytes > 8 ? words[Bytes / 8 - 1] ^ ~words[0] : 0;
    }
};

/// Keeps the compiler from omitting a copy that ends here.
template <typename T>
inline void arrived (T& element) noexcept
{
    __asm__ __volatile__("" : "+m"(element));
}

}  // namespace bench

#endif
