// SPDX-License-Identifier: MIT
// The C ABI's queue functions: each a line of conversion, inside the guard. Nothing here is a cancellation point but what
// makes a queue, and that is guarded as a whole: a push or a pop sleeps by syscall (2), which is none.
#include "joinmem.h"

#include "calls.hpp"
#include "failure.hpp"
#include "objects.hpp"
#include "options.hpp"
#include "report.hpp"

#include <join/detail/blocking.hpp>
#include <join/detail/spsc.hpp>

#include <cerrno>
#include <memory>

using namespace join;
using detail::Deadline;
using detail::Ring;
using detail::SpscRing;

namespace
{
class QueueObject final : public capi::Segment
{
public:
    static constexpr const char* what = "queue";

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

    void adopt (Ring* made) noexcept
    {
        ring = made;
        calls = capi::callsFor (*made);
    }

    capi::Called called () const noexcept
    {
        return capi::Called {calls, ring->elementSize};
    }

    std::string_view name () const noexcept override
    {
        return ring->name ();
    }

    bool created () const noexcept override
    {
        return ring->created ();
    }

    Placement placement () const override
    {
        Placement placement;
        ring->report (placement);
        return placement;
    }

    void interrupt () noexcept override
    {
        ring->cancel ();
    }

    Ring* ring = nullptr;
    capi::Calls calls = {};
};

// The object first: so that what was made, a segment's name too, never lacks one.
template <typename Make>
jm_handle open (Make make)
{
    capi::Reservation place;
    std::unique_ptr<QueueObject> object (new QueueObject);
    object->adopt (make ());
    return place.open (object.release ());
}

detail::Shape shape (uint32_t kind, uint64_t capacity, uint32_t elementSize) noexcept
{
    return detail::Shape {static_cast<detail::Kind> (kind), elementSize, capacity};
}

jm_handle create (const detail::Shape& asked, const capi::QueueSettings& settings)
{
    return open ([&] { return Ring::make (asked, settings.memory, settings.queue); });
}

jm_handle openShared (const detail::Shape& asked, const char* name, const capi::QueueSettings& settings)
{
    return open ([&] { return Ring::open (asked, detail::nameOf (name), settings.memory, settings.queue); });
}

template <typename Result, typename Body>
Result with (jm_handle queue, Result failure, Body body) noexcept
{
    return capi::withQuickly<QueueObject> (queue, failure, body);
}

// The same for one element at this address, or for some.
template <typename Result, typename Body>
Result withElements (jm_handle queue, const void* elements, Result failure, Body body) noexcept
{
    return with (queue, failure, [=] (QueueObject& q) noexcept {
        return __builtin_expect (elements != nullptr, 1) ? body (q) : Result (q.ring->refuseZero ());
    });
}

// The same for a call that waits: -1 is for ever, 0 once.
template <typename Result, typename Body>
Result waiting (jm_handle queue, const void* elements, int64_t timeout, Result failure, Body body) noexcept
{
    return withElements (queue, elements, failure, [=] (QueueObject& q) noexcept {
        if (timeout < -1)
        {
            return Result (fail (EINVAL, "a timeout of %lld ns is none: give -1 to wait for ever, 0 to try once",
                                 static_cast<long long> (timeout)));
        }
        return body (q, timeout == -1 ? Deadline {Deadline::never} : Ring::deadlineIn (timeout));
    });
}

// Zero copy, where the slots are one's own until they are committed or released.
template <typename Result, typename Body>
Result withSpsc (jm_handle queue, Result failure, Body&& body) noexcept
{
    return with (queue, failure, [&] (QueueObject& q) noexcept {
        if (q.ring->kind != detail::Kind::Spsc)
        {
            fail (ENOTSUP, "zero copy is for JM_SPSC: in other queues the slots are shared");
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
            fail (EINVAL, "the count is null, or 0: give how many elements are wanted");
            return Address (nullptr);
        }
        uint64_t n = *count;
        const Address place = body (ring, &n);
        *count = place != nullptr ? n : *count;
        return place;
    });
}

// 0 where one is done, else -1.
int toldOneFull (int64_t done) noexcept
{
    return __builtin_expect (done > 0, 1) ? 0 : static_cast<int> (detail::toldFull (done));
}

int toldOneEmpty (int64_t done) noexcept
{
    return __builtin_expect (done > 0, 1) ? 0 : static_cast<int> (detail::toldEmpty (done));
}

// Some are done: that is a success, whatever ended it.
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

JOIN_EXPORT jm_handle jm_queue_create (uint32_t kind, uint64_t capacity, uint32_t element_size) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE,
                             [&] { return create (shape (kind, capacity, element_size), capi::QueueSettings ()); });
}

JOIN_EXPORT jm_handle jm_queue_create_with (uint32_t kind, uint64_t capacity, uint32_t element_size,
                                            const jm_queue_options* options) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE,
                             [&] { return create (shape (kind, capacity, element_size), capi::settingsOf (options)); });
}

JOIN_EXPORT jm_handle jm_queue_open (uint32_t kind, uint64_t capacity, uint32_t element_size, const char* name) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [&] {
        return openShared (shape (kind, capacity, element_size), name, capi::QueueSettings ());
    });
}

JOIN_EXPORT jm_handle jm_queue_open_with (uint32_t kind, uint64_t capacity, uint32_t element_size, const char* name,
                                          const jm_queue_options* options) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [&] {
        return openShared (shape (kind, capacity, element_size), name, capi::settingsOf (options));
    });
}

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
        return count != 0 ? detail::toldFull (q.calls.pushSome (*q.ring, elements, count)) : q.ring->refuseZero ();
    });
}

JOIN_EXPORT int64_t jm_queue_try_pop_n (jm_handle queue, void* elements, uint64_t count) noexcept
{
    return withElements (queue, elements, int64_t (-1), [=] (QueueObject& q) noexcept {
        return count != 0 ? detail::toldEmpty (q.calls.popSome (*q.ring, elements, count)) : q.ring->refuseZero ();
    });
}

JOIN_EXPORT int jm_queue_push (jm_handle queue, const void* element, int64_t timeout_ns) noexcept
{
    return waiting (queue, element, timeout_ns, -1, [=] (QueueObject& q, Deadline deadline) noexcept {
        return detail::pushOne<capi::ByCalls> (*q.ring, q.called (), element, deadline);
    });
}

JOIN_EXPORT int jm_queue_pop (jm_handle queue, void* element, int64_t timeout_ns) noexcept
{
    return waiting (queue, element, timeout_ns, -1, [=] (QueueObject& q, Deadline deadline) noexcept {
        return detail::popOne<capi::ByCalls> (*q.ring, q.called (), element, deadline);
    });
}

JOIN_EXPORT int64_t jm_queue_push_n (jm_handle queue, const void* elements, uint64_t count, int64_t timeout_ns) noexcept
{
    return waiting (queue, elements, timeout_ns, int64_t (-1), [=] (QueueObject& q, Deadline deadline) noexcept {
        return leavingError (
            count, [&] { return detail::pushAll<capi::ByCalls> (*q.ring, q.called (), elements, count, deadline); });
    });
}

JOIN_EXPORT int64_t jm_queue_pop_n (jm_handle queue, void* elements, uint64_t count, int64_t timeout_ns) noexcept
{
    return waiting (queue, elements, timeout_ns, int64_t (-1), [=] (QueueObject& q, Deadline deadline) noexcept {
        return leavingError (
            count, [&] { return detail::popAll<capi::ByCalls> (*q.ring, q.called (), elements, count, deadline); });
    });
}

JOIN_EXPORT int64_t jm_queue_pop_some (jm_handle queue, void* elements, uint64_t count, int64_t timeout_ns) noexcept
{
    return waiting (queue, elements, timeout_ns, int64_t (-1), [=] (QueueObject& q, Deadline deadline) noexcept {
        return detail::popSome<capi::ByCalls> (*q.ring, q.called (), elements, count, deadline);
    });
}

JOIN_EXPORT int jm_queue_shutdown (jm_handle queue) noexcept
{
    return with (queue, -1, [=] (QueueObject& q) noexcept { return q.ring->shutdown (); });
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

JOIN_EXPORT uint32_t jm_queue_kind (jm_handle queue) noexcept
{
    return with (queue, uint32_t (0), [] (QueueObject& q) noexcept { return static_cast<uint32_t> (q.ring->kind); });
}

JOIN_EXPORT int64_t jm_queue_element_size (jm_handle queue) noexcept
{
    return with (queue, int64_t (-1),
                 [] (QueueObject& q) noexcept { return static_cast<int64_t> (q.ring->elementSize); });
}

JOIN_EXPORT int64_t jm_queue_capacity (jm_handle queue) noexcept
{
    return with (queue, int64_t (-1), [] (QueueObject& q) noexcept { return static_cast<int64_t> (q.ring->capacity); });
}

JOIN_EXPORT int64_t jm_queue_pending (jm_handle queue) noexcept
{
    return with (queue, int64_t (-1),
                 [] (QueueObject& q) noexcept { return static_cast<int64_t> (q.ring->pending ()); });
}

JOIN_EXPORT int64_t jm_queue_available (jm_handle queue) noexcept
{
    return with (queue, int64_t (-1),
                 [] (QueueObject& q) noexcept { return static_cast<int64_t> (q.ring->capacity - q.ring->pending ()); });
}

JOIN_EXPORT int jm_queue_tag (jm_handle queue, uint64_t* tag) noexcept
{
    return with (queue, -1, [=] (QueueObject& q) noexcept {
        return tag != nullptr ? (*tag = q.ring->tag (), 0) : fail (EINVAL, "the tag's address is null");
    });
}

JOIN_EXPORT int64_t jm_queue_participants (jm_handle queue, jm_participant* list, uint64_t count,
                                           uint32_t struct_size) noexcept
{
    return with (queue, int64_t (-1),
                 [=] (QueueObject& q) noexcept { return capi::participantsOf (*q.ring, list, count, struct_size); });
}

JOIN_EXPORT int jm_queue_get_stats (jm_handle queue, jm_queue_stats* stats, uint32_t struct_size) noexcept
{
    return with (queue, -1, [=] (QueueObject& q) noexcept { return capi::statsOf (*q.ring, stats, struct_size); });
}

JOIN_EXPORT int jm_queue_mbind (jm_handle queue, int node) noexcept
{
    return capi::withLocked<QueueObject> (queue, -1, [&] (QueueObject& q) { return q.ring->mbind (node); });
}

JOIN_EXPORT int jm_queue_mlock (jm_handle queue) noexcept
{
    return capi::withLocked<QueueObject> (queue, -1, [&] (QueueObject& q) { return q.ring->mlock (); });
}
