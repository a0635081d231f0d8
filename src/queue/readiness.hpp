// SPDX-License-Identifier: MIT
// Whether a call would find elements, room, or the end of a queue: for observers, which take nothing. All functions
// only read the segment, and any thread may call them at any time.
#ifndef JOIN_SRC_QUEUE_READINESS_HPP
#define JOIN_SRC_QUEUE_READINESS_HPP

#include "queue/owned.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// What a push or a pop of `amount` elements would find.
enum class Readiness
{
    Wait,     // it would have to wait
    Ready,    // it would succeed
    Ended,    // it would fail with EPIPE: the queue is shut down, and for elements drained
    Damaged,  // it would fail with EBADMSG: head and tail are further apart than the capacity
};

/// The state of one side of a queue. The last elements of a queue that is shut down are Ready, even if they are fewer
/// than the amount, because no more will come. @param amount elements, or free cells, from 1 to the capacity
Readiness readiness (const OwnedRing& ring, Side side, uint64_t amount) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
