// SPDX-License-Identifier: MIT
// Who may push to a queue now, or did and died without anybody in his place.
#ifndef JOIN_SRC_QUEUE_PARTICIPANTS_HPP
#define JOIN_SRC_QUEUE_PARTICIPANTS_HPP

#include "queue/owned.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// Whether what a lane claimed last is not published yet; words as they stand in the segment, `word` that of the claim's
/// first ticket. A lane that tried and was overtaken looks the same, until it tries again.
constexpr bool isUnpublished (uint64_t claim, uint64_t tail, uint64_t head, uint64_t word) noexcept
{
    const uint64_t first = claim & detail::ticketMask;
    const auto before = [] (uint64_t a, uint64_t b) { return static_cast<int64_t> (a - b) < 0; };
    return !before (first, tail & detail::ticketMask) && before (first, head & detail::ticketMask)
           && before (word & detail::ticketMask, first + detail::ticketUnit);
}

/// Nobody who could push is alive, and one of them died in his place, which nobody has taken since. false where the kernel
/// cannot be asked: then nobody is taken for dead.
bool isAbandoned (OwnedRing& ring) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
