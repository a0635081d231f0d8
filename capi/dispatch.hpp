// SPDX-License-Identifier: MIT
// The dispatch table of a queue: the addresses of its push and pop functions. They are instances of the templates in
// include/join/detail, one for each kind and usual element size, and are chosen once: when the queue is created or
// opened.
#ifndef JOIN_CAPI_DISPATCH_HPP
#define JOIN_CAPI_DISPATCH_HPP

#include <join/detail/copy.hpp>
#include <join/detail/ring.hpp>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// The push and pop functions of a queue, for one and for some elements. Like the algorithms, they return the number of
/// elements pushed or popped, detail::wouldBlock, or -1 with lastError.
struct Dispatch
{
    int64_t (*pushOne) (detail::Ring&, const void* from) noexcept;
    int64_t (*popOne) (detail::Ring&, void* to) noexcept;
    int64_t (*pushSome) (detail::Ring&, const void* from, uint64_t n) noexcept;
    int64_t (*popSome) (detail::Ring&, void* to, uint64_t n) noexcept;
};

const Dispatch& dispatchFor (const detail::Ring& ring) noexcept;

/// The Size argument of the templates in detail/blocking.hpp: an element size together with the queue's dispatch table,
/// since the templates pass the size on to the algorithm.
struct DispatchSize
{
    const Dispatch& dispatch;
    uint32_t size;

    uint32_t bytes () const noexcept
    {
        return size;
    }
};

/// The Algorithm argument of the same templates: calls the functions of the dispatch table.
struct DispatchAlgorithm
{
    static int64_t push (detail::Ring& ring, DispatchSize by, const void* from, detail::One) noexcept
    {
        return by.dispatch.pushOne (ring, from);
    }

    static int64_t pop (detail::Ring& ring, DispatchSize by, void* to, detail::One) noexcept
    {
        return by.dispatch.popOne (ring, to);
    }

    static int64_t push (detail::Ring& ring, DispatchSize by, const void* from, detail::Some n) noexcept
    {
        return by.dispatch.pushSome (ring, from, n);
    }

    static int64_t pop (detail::Ring& ring, DispatchSize by, void* to, detail::Some n) noexcept
    {
        return by.dispatch.popSome (ring, to, n);
    }
};

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
