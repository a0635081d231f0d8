// SPDX-License-Identifier: MIT
// The dispatch of a handle's pushes and pops to instances of the templates in include/join/detail. There is one for
// each kind and usual element size; it is chosen once, when the queue is made or opened.
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
/// The four calls of a queue. As the algorithms, they return the number of elements done, detail::wouldBlock, or -1.
struct Dispatch
{
    int64_t (*pushOne) (detail::Ring&, const void* from) noexcept;
    int64_t (*popOne) (detail::Ring&, void* to) noexcept;
    int64_t (*pushSome) (detail::Ring&, const void* from, uint64_t n) noexcept;
    int64_t (*popSome) (detail::Ring&, void* to, uint64_t n) noexcept;
};

const Dispatch& dispatchFor (const detail::Ring& ring) noexcept;

/// For the templates of detail/blocking.hpp: Called is an element size that carries its calls, and ByCalls the
/// algorithm that uses them.
struct Called
{
    const Dispatch& calls;
    uint32_t size;

    uint32_t bytes () const noexcept
    {
        return size;
    }
};

struct ByDispatch
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
