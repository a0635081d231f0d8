// SPDX-License-Identifier: MIT
// The C ABI's functions that push and pop. They throw nothing and so run without guard (). None is a cancellation
// point: a push or a pop sleeps in syscall(2), which is not one.
#include "joinmem.h"

#include "base/failure.hpp"
#include "queue_object.hpp"

#include <join/detail/blocking.hpp>
#include <join/detail/spsc.hpp>

#include <cerrno>

using namespace join;
using capi::QueueObject;
using capi::withQueue;
using detail::Deadline;
using detail::Ring;
using detail::SpscRing;

namespace
{
// Runs the body with the handle's queue. A null address of elements is an error.
template <typename Result, typename Body>
Result withElements (jm_handle queue, const void* elements, Result failure, Body body) noexcept
{
    return withQueue (queue, failure, [=] (QueueObject& q) noexcept {
        return __builtin_expect (elements != nullptr, 1) ? body (q) : Result (q.ring->errorNoElements ());
    });
}

// Does the same for a call that waits. @param timeout nanoseconds; -1: without limit; 0: try once
template <typename Result, typename Body>
Result waiting (jm_handle queue, const void* elements, int64_t timeout, Result failure, Body body) noexcept
{
    return withElements (queue, elements, failure, [=] (QueueObject& q) noexcept {
        if (timeout < -1)
        {
            return Result (fail (EINVAL, "a timeout of %lld ns is negative: -1 waits without limit, 0 does not wait",
                                 static_cast<long long> (timeout)));
        }
        const KeptErrno kept;
        return body (q, timeout == -1 ? Deadline {Deadline::never} : Ring::deadlineIn (timeout));
    });
}

// Does the same for a whole batch. An empty batch succeeds, also with a null address.
template <typename Body>
int64_t waitingForAll (jm_handle queue, const void* elements, uint64_t count, int64_t timeout, Body body) noexcept
{
    return waiting (queue, count != 0 ? elements : "", timeout, int64_t (-1), body);
}

// For zero copy, where cells belong to the caller until it commits or releases them.
template <typename Result, typename Body>
Result withSpsc (jm_handle queue, Result failure, Body&& body) noexcept
{
    return withQueue (queue, failure, [&] (QueueObject& q) noexcept {
        if (q.ring->kind != detail::Kind::Spsc)
        {
            fail (ENOTSUP, "zero copy needs a JM_SPSC: the cells of other queues are shared");
            return failure;
        }
        return body (*q.ring);
    });
}

template <typename Address, typename Body>
Address inPlace (jm_handle queue, uint64_t* count, Body&& body) noexcept
{
    return withSpsc (queue, Address (nullptr), [&] (Ring& ring) noexcept {
        if (count == nullptr || *count == 0)
        {
            fail (EINVAL, "the count is null, or 0: give the number of elements, 1 or more");
            return Address (nullptr);
        }
        uint64_t n = *count;
        const Address place = body (ring, &n);
        *count = place != nullptr ? n : *count;
        return place;
    });
}

// Converts the result for one element: 0 if it was pushed or popped, else -1 with lastError.
int toldOneFull (int64_t done) noexcept
{
    return __builtin_expect (done > 0, 1) ? 0 : static_cast<int> (detail::failFull (done));
}

int toldOneEmpty (int64_t done) noexcept
{
    return __builtin_expect (done > 0, 1) ? 0 : static_cast<int> (detail::failEmpty (done));
}

// A batch of which some elements are done is a success: restores lastError, whatever ended the wait.
template <typename Body>
int64_t leavingError (uint64_t n, Body&& body) noexcept
{
    const KeptError before;
    const int64_t done = body ();
    if (done > 0 && static_cast<uint64_t> (done) < n)
    {
        before.restore ();
    }
    return done;
}
}  // namespace

JOIN_EXPORT int jm_queue_try_push (jm_handle queue, const void* element) noexcept
{
    return withElements (queue, element, -1,
                         [=] (QueueObject& q) noexcept { return toldOneFull (q.calls.pushOne (*q.ring, element)); });
}

JOIN_EXPORT int jm_queue_try_pop (jm_handle queue, void* element) noexcept
{
    return withElements (queue, element, -1,
                         [=] (QueueObject& q) noexcept { return toldOneEmpty (q.calls.popOne (*q.ring, element)); });
}

JOIN_EXPORT int64_t jm_queue_try_push_n (jm_handle queue, const void* elements, uint64_t count) noexcept
{
    return withElements (queue, elements, int64_t (-1), [=] (QueueObject& q) noexcept {
        return count != 0 ? detail::failFull (q.calls.pushSome (*q.ring, elements, count)) : q.ring->errorNoElements ();
    });
}

JOIN_EXPORT int64_t jm_queue_try_pop_n (jm_handle queue, void* elements, uint64_t count) noexcept
{
    return withElements (queue, elements, int64_t (-1), [=] (QueueObject& q) noexcept {
        return count != 0 ? detail::failEmpty (q.calls.popSome (*q.ring, elements, count)) : q.ring->errorNoElements ();
    });
}

JOIN_EXPORT int jm_queue_push (jm_handle queue, const void* element, int64_t timeout_ns) noexcept
{
    return waiting (queue, element, timeout_ns, -1, [=] (QueueObject& q, Deadline deadline) noexcept {
        return detail::pushOne<capi::ByDispatch> (*q.ring, q.called (), element, deadline);
    });
}

JOIN_EXPORT int jm_queue_pop (jm_handle queue, void* element, int64_t timeout_ns) noexcept
{
    return waiting (queue, element, timeout_ns, -1, [=] (QueueObject& q, Deadline deadline) noexcept {
        return detail::popOne<capi::ByDispatch> (*q.ring, q.called (), element, deadline);
    });
}

JOIN_EXPORT int64_t jm_queue_push_n (jm_handle queue, const void* elements, uint64_t count, int64_t timeout_ns) noexcept
{
    return waitingForAll (queue, elements, count, timeout_ns, [=] (QueueObject& q, Deadline deadline) noexcept {
        return leavingError (
            count, [&] { return detail::pushAll<capi::ByDispatch> (*q.ring, q.called (), elements, count, deadline); });
    });
}

JOIN_EXPORT int64_t jm_queue_pop_n (jm_handle queue, void* elements, uint64_t count, int64_t timeout_ns) noexcept
{
    return waitingForAll (queue, elements, count, timeout_ns, [=] (QueueObject& q, Deadline deadline) noexcept {
        return leavingError (
            count, [&] { return detail::popAll<capi::ByDispatch> (*q.ring, q.called (), elements, count, deadline); });
    });
}

JOIN_EXPORT int64_t jm_queue_pop_some (jm_handle queue, void* elements, uint64_t count, int64_t timeout_ns) noexcept
{
    return waiting (queue, elements, timeout_ns, int64_t (-1), [=] (QueueObject& q, Deadline deadline) noexcept {
        return detail::popSome<capi::ByDispatch> (*q.ring, q.called (), elements, count, deadline);
    });
}

JOIN_EXPORT void* jm_queue_reserve (jm_handle queue, uint64_t* count) noexcept
{
    return inPlace<void*> (queue, count, [] (Ring& ring, uint64_t* n) noexcept { return SpscRing::reserve (ring, n); });
}

JOIN_EXPORT int jm_queue_commit (jm_handle queue, uint64_t count) noexcept
{
    return withSpsc (queue, -1, [&] (Ring& ring) noexcept { return SpscRing::commit (ring, count); });
}

JOIN_EXPORT const void* jm_queue_peek (jm_handle queue, uint64_t* count) noexcept
{
    return inPlace<const void*> (queue, count,
                                 [] (Ring& ring, uint64_t* n) noexcept { return SpscRing::peek (ring, n); });
}

JOIN_EXPORT int jm_queue_release (jm_handle queue, uint64_t count) noexcept
{
    return withSpsc (queue, -1, [&] (Ring& ring) noexcept { return SpscRing::release (ring, count); });
}
