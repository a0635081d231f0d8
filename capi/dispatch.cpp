// SPDX-License-Identifier: MIT
// The dispatch tables: instances of the queue algorithms for each kind and for the usual element sizes.
#include "dispatch.hpp"

#include <join/detail/claim.hpp>
#include <join/detail/spsc.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
namespace
{
using detail::AnySize;
using detail::FixedSize;
using detail::Kind;
using detail::One;
using detail::Ring;
using detail::Some;

template <typename Size>
Size sizeIn (const Ring& ring) noexcept
{
    if constexpr (Size::fixed)
    {
        (void) ring;
        return Size ();
    }
    else
    {
        return Size {ring.elementSize};
    }
}

template <typename Algorithm, typename Size>
int64_t pushOne (Ring& ring, const void* from) noexcept
{
    return Algorithm::push (ring, sizeIn<Size> (ring), from, One ());
}

template <typename Algorithm, typename Size>
int64_t popOne (Ring& ring, void* to) noexcept
{
    return Algorithm::pop (ring, sizeIn<Size> (ring), to, One ());
}

template <typename Algorithm, typename Size>
int64_t pushSome (Ring& ring, const void* from, uint64_t n) noexcept
{
    return Algorithm::push (ring, sizeIn<Size> (ring), from, Some {n});
}

template <typename Algorithm, typename Size>
int64_t popSome (Ring& ring, void* to, uint64_t n) noexcept
{
    return Algorithm::pop (ring, sizeIn<Size> (ring), to, Some {n});
}

template <typename Algorithm, typename Size>
constexpr Dispatch table = {pushOne<Algorithm, Size>, popOne<Algorithm, Size>, pushSome<Algorithm, Size>,
                            popSome<Algorithm, Size>};

template <typename Algorithm>
const Dispatch& tableFor (uint32_t elementSize) noexcept
{
    switch (elementSize)
    {
        case 4:
            return table<Algorithm, FixedSize<4>>;
        case 8:
            return table<Algorithm, FixedSize<8>>;
        case 16:
            return table<Algorithm, FixedSize<16>>;
        case 32:
            return table<Algorithm, FixedSize<32>>;
        case 64:
            return table<Algorithm, FixedSize<64>>;
        default:
            return table<Algorithm, AnySize>;
    }
}
}  // namespace

const Dispatch& dispatchFor (const Ring& ring) noexcept
{
    const uint32_t size = ring.elementSize;
    const bool recoverable = ring.entries != nullptr;
    switch (ring.kind)
    {
        case Kind::Spsc:
            return tableFor<detail::SpscRing> (size);
        case Kind::Mpsc:
            return recoverable ? tableFor<detail::ClaimRing<false, true>> (size)
                               : tableFor<detail::ClaimRing<false, false>> (size);
        case Kind::Mpmc:
            break;
    }
    return recoverable ? tableFor<detail::ClaimRing<true, true>> (size)
                       : tableFor<detail::ClaimRing<true, false>> (size);
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
