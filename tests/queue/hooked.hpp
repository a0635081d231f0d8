// SPDX-License-Identifier: MIT
/// A private queue with an element size that runs a hook at each copy of an element, so that a test acts in the middle
/// of a call, at the same point each time.
#ifndef JOIN_TESTS_QUEUE_HOOKED_HPP
#define JOIN_TESTS_QUEUE_HOOKED_HPP

#include "kinds.hpp"

#include <functional>

/// The algorithms ask this object for the element size: once for each element that a batch of a Mpsc or Mpmc copies,
/// and a few more times in each call. Each query runs the hook, except from within the hook.
struct HookedSize
{
    static constexpr bool fixed = false;

    uint32_t bytes () const
    {
        if (!*inside && *hook)
        {
            *inside = true;
            (*hook) ();
            *inside = false;
        }
        return size;
    }

    uint32_t size;
    const std::function<void ()>* hook;
    bool* inside;
};

/// A private queue as the algorithms see it; all its elements are 0.
class Hooked
{
public:
    Hooked (join::detail::Kind kind, uint32_t elementSize, uint64_t capacity)
    : ring (*join::detail::Ring::make (join::detail::Shape {kind, elementSize, capacity}, join::MemOptions (),
                                       join::QueueOptions ()))
    , buffer (elementSize * capacity)
    {
    }

    Hooked (const Hooked&) = delete;
    Hooked& operator= (const Hooked&) = delete;

    ~Hooked ()
    {
        ring.close ();
    }

    /// The element size with the hook.
    HookedSize hooked ()
    {
        return HookedSize {ring.elementSize, &hook, &_inside};
    }

    /// The element size without the hook.
    join::detail::AnySize size () const
    {
        return join::detail::AnySize {ring.elementSize};
    }

    join::detail::Ring& ring;
    std::vector<char> buffer;  // room for capacity elements
    std::function<void ()> hook;

private:
    bool _inside = false;
};

#endif
