// SPDX-License-Identifier: MIT
// The object of a queue's handle, and access to it for the duration of a call.
#ifndef JOIN_CAPI_QUEUE_OBJECT_HPP
#define JOIN_CAPI_QUEUE_OBJECT_HPP

#include "calls.hpp"
#include "objects.hpp"

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
class QueueObject final : public Segment
{
public:
    static constexpr const char* what = "a queue";

    static bool is (Sort sort) noexcept
    {
        return sort == Sort::Queue;
    }

    QueueObject () noexcept
    : Segment (Sort::Queue)
    {
    }

    ~QueueObject () override
    {
        if (ring != nullptr)
        {
            ring->close ();
        }
    }

    void adopt (detail::Ring* made) noexcept
    {
        ring = made;
        calls = dispatchFor (*made);
    }

    Called called () const noexcept
    {
        return Called {calls, ring->elementSize};
    }

    std::string_view name () const noexcept override
    {
        return ring->name ();
    }

    bool created () const noexcept override
    {
        return ring->created ();
    }

    int named () const noexcept override
    {
        return ring->named ();
    }

    Placement placement () const override
    {
        Placement placement;
        ring->report (detail::ReportReader<Placement>::take, &placement);
        return placement;
    }

    void interrupt () noexcept override
    {
        ring->cancelForGood ();
    }

    detail::Ring* ring = nullptr;
    Dispatch calls = {};
};

// For a call that only reads the queue, or moves elements.
template <typename Result, typename Body>
Result withQueue (Handle queue, Result failure, Body body) noexcept
{
    return withQuickly<QueueObject> (queue, failure, body);
}

// For a call that may make system calls even if it succeeds.
template <typename Result, typename Body>
Result withWholeQueue (Handle queue, Result failure, Body body) noexcept
{
    return with<QueueObject> (queue, failure, body);
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
