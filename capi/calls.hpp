// SPDX-License-Identifier: MIT
// The templates of include/join/detail for what a handle's queue turns out to be: instances for the kinds and the usual
// element sizes, found once, when the queue is made.
#ifndef JOIN_CAPI_CALLS_HPP
#define JOIN_CAPI_CALLS_HPP

#include <join/detail/copy.hpp>
#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// The number done, detail::wouldBlock, or -1, as of the algorithms.
struct Calls
{
    int64_t (*pushOne) (detail::Ring&, const void* from) noexcept;
    int64_t (*popOne) (detail::Ring&, void* to) noexcept;
    int64_t (*pushSome) (detail::Ring&, const void* from, uint64_t n) noexcept;
    int64_t (*popSome) (detail::Ring&, void* to, uint64_t n) noexcept;
};

const Calls& callsFor (const detail::Ring& ring) noexcept;

/// For the templates of detail/blocking.hpp: an element's size that brings its calls along, and the algorithm of those.
struct Called
{
    const Calls& calls;
    uint32_t size;

    uint32_t bytes () const noexcept
    {
        return size;
    }
};

struct ByCalls
{
    static int64_t push (detail::Ring& ring, Called by, const void* from, detail::One) noexcept
    {
        return by.calls.pushOne (ring, from);
    }

    static int64_t pop (detail::Ring& ring, Called by, void* to, detail::One) noexcept
    {
        return by.calls.popOne (ring, to);
    }

    static int64_t push (detail::Ring& ring, Called by, const void* from, detail::Some n) noexcept
    {
        return by.calls.pushSome (ring, from, n);
    }

    static int64_t pop (detail::Ring& ring, Called by, void* to, detail::Some n) noexcept
    {
        return by.calls.popSome (ring, to, n);
    }
};

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
