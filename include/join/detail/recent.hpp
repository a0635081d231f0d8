// SPDX-License-Identifier: MIT
// Spsc: an element that is pushed by itself, on the line of head as well.
#ifndef JOIN_DETAIL_RECENT_HPP
#define JOIN_DETAIL_RECENT_HPP

#include <join/detail/segment.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// Copies of elements that were pushed by themselves, on the line of head: a popper who has found the queue empty, and then
/// one element, knows that it was. A cell is written while head is its element's number, so whoever reads it and finds
/// head to be one more behind that has read that element.
struct Recent
{
    template <typename Size>
    static constexpr bool has (Size size) noexcept
    {
        return size.bytes () <= recentMost;
    }

    template <typename Size>
    static void tell (Control& control, Size size, uint64_t number, const char* from) noexcept
    {
        if (!has (size))
        {
            return;
        }
        std::atomic<uint64_t>* cell = control.head.recent[number % 2];
        for (uint32_t i = 0; i < size.bytes (); i += 8)
        {
            uint64_t word = 0;
            __builtin_memcpy (&word, from + i, size.bytes () - i < 8 ? size.bytes () - i : 8);
            cell[i / 8].store (word, std::memory_order_release);  // [told] behind head, for who reads it too late
        }
    }

    /// false: it was overwritten meanwhile.
    template <typename Size>
    static bool hear (const Control& control, Size size, uint64_t number, char* to) noexcept
    {
        const std::atomic<uint64_t>* cell = control.head.recent[number % 2];
        for (uint32_t i = 0; i < size.bytes (); i += 8)
        {
            const uint64_t word = cell[i / 8].load (std::memory_order_acquire);  // [told] pairs with tell ()
            __builtin_memcpy (to + i, &word, size.bytes () - i < 8 ? size.bytes () - i : 8);
        }
        return control.head.value.load (std::memory_order_relaxed) == number + 1;  // [told] behind the cell
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
