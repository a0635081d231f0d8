// SPDX-License-Identifier: MIT
// The producers of a queue: live ones, and killed ones whose slot has not been reused.
#ifndef JOIN_SRC_QUEUE_PRODUCERS_HPP
#define JOIN_SRC_QUEUE_PRODUCERS_HPP

#include "queue/owned.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// Whether the claim that a slot recorded last is not published yet. A slot whose swap of head failed looks the same,
/// until it tries again. Arguments are the words of the segment; `word` is the one of the claim's first ticket.
constexpr bool isUnpublished (uint64_t claim, uint64_t tail, uint64_t head, uint64_t word) noexcept
{
    const uint64_t first = claim & detail::ticketMask;
    const auto before = [] (uint64_t a, uint64_t b) { return static_cast<int64_t> (a - b) < 0; };
    return !before (first, tail & detail::ticketMask) && before (first, head & detail::ticketMask)
           && before (word & detail::ticketMask, first + detail::ticketUnit);
}

/// Whether no live producer is left and at least one was killed, and its slot has not been reused. false where the
/// kernel cannot be asked: then no producer is taken for dead.
bool isAbandoned (OwnedRing& ring) noexcept;

/// How often producers have taken a slot of the queue.
uint64_t slotsTaken (const OwnedRing& ring) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
