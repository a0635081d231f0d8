// SPDX-License-Identifier: MIT
// What a dead pusher left behind: places between tail and head that he claimed and never published. Whoever needs them fills
// them with holes, any number of threads at once, and any of them may die of it. The protocol is in ARCHITECTURE.md,
// "Recovery".
#ifndef JOIN_SRC_QUEUE_RECOVER_HPP
#define JOIN_SRC_QUEUE_RECOVER_HPP

#include "queue/owned.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// Whether the front of the queue is claimed and not published: its owner is at work, or dead.
bool isStuck (const OwnedRing& ring) noexcept;

/// Fills the places of dead pushers. How many.
uint64_t recover (OwnedRing& ring) noexcept;

/// Recovers, and frees the lanes of all who are dead. false: each lane has an owner who is alive.
bool recoverLanes (OwnedRing& ring) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
