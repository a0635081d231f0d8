// SPDX-License-Identifier: MIT
// The object of a queue's handle, and the adaptor of the frequent calls.
#ifndef JOIN_CAPI_QUEUE_OBJECT_HPP
#define JOIN_CAPI_QUEUE_OBJECT_HPP

#include "dispatch.hpp"
#include "objects.hpp"

#include <utility>

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
        dispatch = dispatchFor (*made);
    }

    DispatchSize elementSize () const noexcept
    {
        return DispatchSize {dispatch, ring->elementSize};
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
    Dispatch dispatch = {};
};

// onQueue () for the cases for which a FastHandleGuard does not suffice.
template <typename Result, typename Body>
__attribute__ ((cold, noinline)) Result onQueueSlowly (Handle queue, Result failure, Body body) noexcept
{
    return onObject<QueueObject> (queue, failure, body);
}

/// Runs the body on the handle's queue, for the frequent calls: usually without guard () and by a FastHandleGuard. The
/// body throws nothing, and leaves errno unchanged if it succeeds. It is copied, so that its captures, by value, stay
/// in registers. @return the body's result, or `failure`
template <typename Result, typename Body>
__attribute__ ((always_inline)) inline Result onQueue (Handle queue, Result failure, Body body) noexcept
{
    static_assert (noexcept (body (std::declval<QueueObject&> ())), "an exception here would end the process");
    const FastHandleGuard held (queue);
    if (__builtin_expect (held.isInside (), 1))
    {
        if (__builtin_expect (QueueObject::is (held.object ()->sort), 1))
        {
            const Result result = body (static_cast<QueueObject&> (*held.object ()));
            held.leave ();
            return __builtin_expect (result == failure, 0) ? failed (failure) : result;
        }
        held.leave ();
    }
    return onQueueSlowly (queue, failure, body);
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
