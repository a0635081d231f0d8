// SPDX-License-Identifier: MIT
// The C ABI's functions that push and pop. Their bodies throw nothing, as onQueue () requires. None is a cancellation
// point: a push or a pop sleeps in syscall(2), which is not one.
#include "joinmem.h"

#include "base/failure.hpp"
#include "queue_object.hpp"
#include "timeout.hpp"

#include <join/detail/blocking.hpp>
#include <join/detail/spsc.hpp>

#include <cerrno>

using namespace join;
using capi::DispatchAlgorithm;
using capi::onQueue;
using capi::QueueObject;
using detail::Deadline;
using detail::Ring;
using detail::SpscRing;

namespace
{
// onQueue () for a call that waits: the body gets the deadline too, and may change errno.
// @param timeout nanoseconds; -1: without limit; 0: try once
template <typename Result, typename Body>
Result onQueueUntil (jm_handle queue, int64_t timeout, Result failure, Body body) noexcept
{
    return onQueue (queue, failure, [=] (QueueObject& q) noexcept {
        if (!capi::isTimeout (timeout))
        {
            return failure;
        }
        const KeptErrno kept;
        return body (q, capi::deadlineOf (timeout));
    });
}

// onQueue () for zero copy, where cells belong to the caller until it commits or releases them.
template <typename Result, typename Body>
Result onSpsc (jm_handle queue, Result failure, Body body) noexcept
{
    return onQueue (queue, failure, [=] (QueueObject& q) noexcept {
        if (!detail::hasZeroCopy (q.ring->kind))
        {
            fail (ENOTSUP, "zero copy needs a JM_SPSC: the cells of other queues are shared");
            return failure;
        }
        return body (*q.ring);
    });
}

// onSpsc () for a reserve or a peek, which find the address of up to *count elements, and set *count.
template <typename Address, typename Body>
Address findCells (jm_handle queue, uint64_t* count, Body find) noexcept
{
    return onSpsc (queue, Address (nullptr), [=] (Ring& ring) noexcept {
        if (count == nullptr || *count == 0)
        {
            fail (EINVAL, "the count is null, or 0: give the number of elements, 1 or more");
            return Address (nullptr);
        }
        uint64_t n = *count;
        const Address cells = find (ring, &n);
        *count = cells != nullptr ? n : *count;
        return cells;
    });
}

// The result of a push of one element: 0, or -1 with lastError.
int resultOfPush (int64_t done) noexcept
{
    return __builtin_expect (done > 0, 1) ? 0 : static_cast<int> (detail::failFull (done));
}

int resultOfPop (int64_t done) noexcept
{
    return __builtin_expect (done > 0, 1) ? 0 : static_cast<int> (detail::failEmpty (done));
}

// The result of a batch of n elements. If only a part of them is done, that is a success: restores lastError, which
// states what ended the wait.
int64_t resultOfBatch (int64_t done, uint64_t n, const KeptError& before) noexcept
{
    if (done > 0 && static_cast<uint64_t> (done) < n)
    {
        before.restore ();
    }
    return done;
}
}  // namespace

JOIN_EXPORT int jm_queue_try_push (jm_handle queue, const void* element) noexcept
{
    return onQueue (queue, -1, [=] (QueueObject& q) noexcept {
        return __builtin_expect (element != nullptr, 1) ? resultOfPush (q.dispatch.pushOne (*q.ring, element))
                                                        : q.ring->errorNoElements ();
    });
}

JOIN_EXPORT int jm_queue_try_pop (jm_handle queue, void* element) noexcept
{
    return onQueue (queue, -1, [=] (QueueObject& q) noexcept {
        return __builtin_expect (element != nullptr, 1) ? resultOfPop (q.dispatch.popOne (*q.ring, element))
                                                        : q.ring->errorNoElements ();
    });
}

JOIN_EXPORT int64_t jm_queue_try_push_n (jm_handle queue, const void* elements, uint64_t count) noexcept
{
    return onQueue (queue, int64_t (-1), [=] (QueueObject& q) noexcept {
        return __builtin_expect (elements != nullptr && count != 0, 1)
                   ? detail::failFull (q.dispatch.pushSome (*q.ring, elements, count))
                   : q.ring->errorNoElements ();
    });
}

JOIN_EXPORT int64_t jm_queue_try_pop_n (jm_handle queue, void* elements, uint64_t count) noexcept
{
    return onQueue (queue, int64_t (-1), [=] (QueueObject& q) noexcept {
        return __builtin_expect (elements != nullptr && count != 0, 1)
                   ? detail::failEmpty (q.dispatch.popSome (*q.ring, elements, count))
                   : q.ring->errorNoElements ();
    });
}

JOIN_EXPORT int jm_queue_push (jm_handle queue, const void* element, int64_t timeout_ns) noexcept
{
    return onQueueUntil (queue, timeout_ns, -1, [=] (QueueObject& q, Deadline deadline) noexcept {
        return __builtin_expect (element != nullptr, 1)
                   ? detail::pushOne<DispatchAlgorithm> (*q.ring, q.elementSize (), element, deadline)
                   : q.ring->errorNoElements ();
    });
}

JOIN_EXPORT int jm_queue_pop (jm_handle queue, void* element, int64_t timeout_ns) noexcept
{
    return onQueueUntil (queue, timeout_ns, -1, [=] (QueueObject& q, Deadline deadline) noexcept {
        return __builtin_expect (element != nullptr, 1)
                   ? detail::popOne<DispatchAlgorithm> (*q.ring, q.elementSize (), element, deadline)
                   : q.ring->errorNoElements ();
    });
}

JOIN_EXPORT int64_t jm_queue_push_n (jm_handle queue, const void* elements, uint64_t count, int64_t timeout_ns) noexcept
{
    return onQueueUntil (queue, timeout_ns, int64_t (-1), [=] (QueueObject& q, Deadline deadline) noexcept {
        const KeptError before;
        return resultOfBatch (detail::pushAll<DispatchAlgorithm> (*q.ring, q.elementSize (), elements, count, deadline),
                              count, before);
    });
}

JOIN_EXPORT int64_t jm_queue_pop_n (jm_handle queue, void* elements, uint64_t count, int64_t timeout_ns) noexcept
{
    return onQueueUntil (queue, timeout_ns, int64_t (-1), [=] (QueueObject& q, Deadline deadline) noexcept {
        const KeptError before;
        return resultOfBatch (detail::popAll<DispatchAlgorithm> (*q.ring, q.elementSize (), elements, count, deadline),
                              count, before);
    });
}

JOIN_EXPORT int64_t jm_queue_pop_some (jm_handle queue, void* elements, uint64_t count, int64_t timeout_ns) noexcept
{
    return onQueueUntil (queue, timeout_ns, int64_t (-1), [=] (QueueObject& q, Deadline deadline) noexcept {
        return detail::popSome<DispatchAlgorithm> (*q.ring, q.elementSize (), elements, count, deadline);
    });
}

JOIN_EXPORT int jm_queue_await_element (jm_handle queue, uint64_t amount, int64_t timeout_ns) noexcept
{
    return onQueueUntil (queue, timeout_ns, -1, [=] (QueueObject& q, Deadline deadline) noexcept {
        return q.ring->observeElements (amount, deadline);
    });
}

JOIN_EXPORT int jm_queue_await_room (jm_handle queue, uint64_t amount, int64_t timeout_ns) noexcept
{
    return onQueueUntil (queue, timeout_ns, -1, [=] (QueueObject& q, Deadline deadline) noexcept {
        return q.ring->observeRoom (amount, deadline);
    });
}

JOIN_EXPORT void* jm_queue_reserve (jm_handle queue, uint64_t* count) noexcept
{
    return findCells<void*> (queue, count,
                             [] (Ring& ring, uint64_t* n) noexcept { return SpscRing::reserve (ring, n); });
}

JOIN_EXPORT int jm_queue_commit (jm_handle queue, uint64_t count) noexcept
{
    return onSpsc (queue, -1, [=] (Ring& ring) noexcept { return SpscRing::commit (ring, count); });
}

JOIN_EXPORT const void* jm_queue_peek (jm_handle queue, uint64_t* count) noexcept
{
    return findCells<const void*> (queue, count,
                                   [] (Ring& ring, uint64_t* n) noexcept { return SpscRing::peek (ring, n); });
}

JOIN_EXPORT int jm_queue_release (jm_handle queue, uint64_t count) noexcept
{
    return onSpsc (queue, -1, [=] (Ring& ring) noexcept { return SpscRing::release (ring, count); });
}
