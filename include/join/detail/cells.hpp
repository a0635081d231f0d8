// SPDX-License-Identifier: MIT
// The cells of a Mpsc or Mpmc: where a cell's sequence word and its element lie.
#ifndef JOIN_DETAIL_CELLS_HPP
#define JOIN_DETAIL_CELLS_HPP

#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// Copies of the ring's addresses and strides: the compiler need not load them again after each store to a cell.
template <typename Size>
struct Cells
{
    char* words;
    char* elements;
    uint64_t mask;
    uint32_t anyWordStride;
    uint32_t anyStride;
    Size size;

    Cells (const Ring& ring, Size elementSize) noexcept
    : words (ring.words)
    , elements (ring.elements)
    , mask (ring.mask)
    , anyWordStride (ring.wordStride)
    , anyStride (ring.stride)
    , size (elementSize)
    {
    }

    std::atomic<uint64_t>& word (uint64_t at) const noexcept
    {
        return *reinterpret_cast<std::atomic<uint64_t>*> (words + at * wordStride ());
    }

    char* element (uint64_t at) const noexcept
    {
        return Size::fixed && wordBeside (size.bytes ()) ? words + 8 + at * stride () : elements + at * stride ();
    }

    uint64_t at (uint64_t ticket) const noexcept
    {
        return (ticket >> ticketShift) & mask;
    }

    uint32_t wordStride () const noexcept
    {
        return Size::fixed ? (wordBeside (size.bytes ()) ? stride () : 8) : anyWordStride;
    }

    uint32_t stride () const noexcept
    {
        return Size::fixed ? strideOf (Kind::Mpmc, size.bytes ()) : anyStride;
    }

    /// Whether neighbouring elements are contiguous, so that one copy moves several.
    bool inOnePiece () const noexcept
    {
        return stride () == size.bytes ();
    }
};

}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
