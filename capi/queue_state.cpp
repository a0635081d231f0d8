// SPDX-License-Identifier: MIT
// The C ABI's functions for a queue as a whole: shutdown, cancellation of waits, sizes, statistics, pages.
#include "joinmem.h"

#include "base/failure.hpp"
#include "queue_object.hpp"
#include "report.hpp"

#include <cerrno>

using namespace join;
using capi::onLockedObject;
using capi::onObject;
using capi::onQueue;
using capi::QueueObject;

JOIN_EXPORT int jm_queue_shutdown (jm_handle queue) noexcept
{
    return onObject<QueueObject> (queue, -1, [=] (QueueObject& q) noexcept { return q.ring->shutdown (); });
}

JOIN_EXPORT int jm_queue_release_role (jm_handle queue) noexcept
{
    return onObject<QueueObject> (queue, -1, [] (QueueObject& q) noexcept { return q.ring->releaseRole (); });
}

JOIN_EXPORT int jm_queue_cancel (jm_handle queue) noexcept
{
    return onObject<QueueObject> (queue, -1, [] (QueueObject& q) noexcept { return q.ring->cancel (), 0; });
}

JOIN_EXPORT int jm_queue_resume (jm_handle queue) noexcept
{
    return onObject<QueueObject> (queue, -1, [] (QueueObject& q) noexcept { return q.ring->resume (), 0; });
}

JOIN_EXPORT uint32_t jm_queue_kind (jm_handle queue) noexcept
{
    return onQueue (queue, uint32_t (0), [] (QueueObject& q) noexcept { return static_cast<uint32_t> (q.ring->kind); });
}

JOIN_EXPORT int64_t jm_queue_element_size (jm_handle queue) noexcept
{
    return onQueue (queue, int64_t (-1),
                    [] (QueueObject& q) noexcept { return static_cast<int64_t> (q.ring->elementSize); });
}

JOIN_EXPORT int64_t jm_queue_capacity (jm_handle queue) noexcept
{
    return onQueue (queue, int64_t (-1),
                    [] (QueueObject& q) noexcept { return static_cast<int64_t> (q.ring->capacity); });
}

JOIN_EXPORT int64_t jm_queue_pending (jm_handle queue) noexcept
{
    return onQueue (queue, int64_t (-1),
                    [] (QueueObject& q) noexcept { return static_cast<int64_t> (q.ring->pending ()); });
}

JOIN_EXPORT int64_t jm_queue_available (jm_handle queue) noexcept
{
    return onQueue (queue, int64_t (-1), [] (QueueObject& q) noexcept {
        return static_cast<int64_t> (q.ring->capacity - q.ring->pending ());
    });
}

JOIN_EXPORT int jm_queue_tag (jm_handle queue, uint64_t* tag) noexcept
{
    return onQueue (queue, -1, [=] (QueueObject& q) noexcept {
        return tag != nullptr ? (*tag = q.ring->tag (), 0) : fail (EINVAL, "the tag's address is null");
    });
}

JOIN_EXPORT int64_t jm_queue_producers (jm_handle queue, jm_producer* list, uint64_t count,
                                        uint32_t struct_size) noexcept
{
    return onObject<QueueObject> (queue, int64_t (-1), [=] (QueueObject& q) noexcept {
        return capi::producersOf (*q.ring, list, count, struct_size);
    });
}

JOIN_EXPORT int jm_queue_get_stats (jm_handle queue, jm_queue_stats* stats, uint32_t struct_size) noexcept
{
    return onObject<QueueObject> (
        queue, -1, [=] (QueueObject& q) noexcept { return capi::statsOf (*q.ring, stats, struct_size); });
}

JOIN_EXPORT int jm_queue_mbind (jm_handle queue, int node) noexcept
{
    return onLockedObject<QueueObject> (queue, -1, [&] (QueueObject& q) { return q.ring->mbind (node); });
}

JOIN_EXPORT int jm_queue_mlock (jm_handle queue) noexcept
{
    return onLockedObject<QueueObject> (queue, -1, [&] (QueueObject& q) { return q.ring->mlock (); });
}
