// SPDX-License-Identifier: MIT
// Spsc: copies of small elements on head's cache line, so that a consumer that waits for one element fetches one line
// in place of two.
#ifndef JOIN_DETAIL_RECENT_HPP
#define JOIN_DETAIL_RECENT_HPP

#include <join/detail/segment.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// The two head-line copies, head.recent[i % 2] for element i. Invariants:
/// 1. The producer stores the copy of element i only when it pushes i alone, and while head is i.
/// 2. A consumer loads it only after it found head = tail = i and then head = i + 1: so i was pushed alone.
/// 3. The copy of i + 2 is stored after head became i + 2. A consumer that reads a word of it acquires that head, finds
///    head changed after its loads, and takes element i from the array.
struct Recent
{
    template <typename Size>
    static constexpr bool has (Size size) noexcept
    {
        return size.bytes () <= maxRecent;
    }

    template <typename Size>
    static void store (Control& control, Size size, uint64_t number, const char* from) noexcept
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
            // Release: a consumer that reads this word too late also finds the head that was stored before it.
            cell[i / 8].store (word, std::memory_order_release);  // [told] pairs with load ()
        }
    }

    /// @return false: the copy was overwritten during the call
    template <typename Size>
    static bool load (const Control& control, Size size, uint64_t number, char* to) noexcept
    {
        const std::atomic<uint64_t>* cell = control.head.recent[number % 2];
        for (uint32_t i = 0; i < size.bytes (); i += 8)
        {
            const uint64_t word = cell[i / 8].load (std::memory_order_acquire);  // [told] pairs with store ()
            __builtin_memcpy (to + i, &word, size.bytes () - i < 8 ? size.bytes () - i : 8);
        }
        return control.head.value.load (std::memory_order_relaxed) == number + 1;  // [told] after the loads of the copy
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
