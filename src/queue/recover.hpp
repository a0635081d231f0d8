// SPDX-License-Identifier: MIT
// Recovery from dead producers: cells between tail and head that a dead producer claimed and never published are filled
// with tombstones (skippedBit), which pops skip. The intent records of claim.hpp show whose each cell is. Invariants:
// 1. Only dead producers lose a cell: the kernel has reported the
//    slot lock free, and the intent record was read again after that.
// 2. All recoveries store the same words, and replace only smaller ones. So any number may run at once, and be killed.
// 3. A slot is released only after its recovery, by a swap of its state against the value from before the proof.
// docs/design/recovery.md.
#ifndef JOIN_SRC_QUEUE_RECOVER_HPP
#define JOIN_SRC_QUEUE_RECOVER_HPP

#include "queue/owned.hpp"

namespace join
{
inline namespace JOIN_ABI
{
/// Nanoseconds that the front may be claimed and not published before
/// the kernel is asked whether its producer is alive.
constexpr int64_t frontPatience = 1000 * 1000;

/// Whether the front of the queue is claimed and not published: its producer is in a push, or dead.
bool isStuck (const OwnedRing& ring) noexcept;

/// Fills the cells of dead producers, unless a live one has claimed the front. The cost does not grow with the backlog:
/// a bisection and one system call while the front is a live producer's; after a death a few loads for each slot, and
/// one step for each cell that the dead had claimed.
/// @return how many cells it filled
uint64_t recover (OwnedRing& ring) noexcept;

/// Fills the cells of the producers in the set, which were found dead before. Removes those from the set whose claim
/// could not be filled completely.
void recoverFrom (OwnedRing& ring, SlotSet* dead) noexcept;

/// Releases the slots of dead producers, for a thread that finds no free slot.
/// @param states as from Slots::hasFree ()
/// @return false: each slot has a live owner, or had one not longer ago than aliveFor times the number of slots
bool recoverSlots (OwnedRing& ring, uint64_t states) noexcept;

/// Nanoseconds, for each slot of the queue (51 ms at most), that an answer "alive" of the kernel stays in use. Asking
/// again takes about a tenth of that.
constexpr int64_t aliveFor = 50 * 1000;

}  // namespace JOIN_ABI
}  // namespace join

#endif
