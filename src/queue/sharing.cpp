// SPDX-License-Identifier: MIT
// The shared slot. Where no slot is free, the process takes one of its own away from the thread that has it, and all
// threads without a slot push by it, under a mutex. An asymmetric fence (membarrier(2)) orders the two sides: either
// the thread's push began before the barrier, and is waited for; or it finds its slot gone.
#include "os/barrier.hpp"
#include "os/futex.hpp"
#include "queue/slots.hpp"
#include "queue/table.hpp"

#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
using detail::SlotEntry;

// Makes a slot of one thread the shared one, unless there is a shared one already.
// @return false: this process has no slot, or each of its pushes lasted until the time `until`
bool Slots::shareOne (bool fences, int64_t until) noexcept
{
    if (_table->shared.load () != 0 || _table->held == 0)
    {
        return _table->held != 0;
    }
    return _table->anyRange ([&] (const EntryRange& range) {
        for (SlotEntry& entry : range)
        {
            const uint32_t slot = entry.slot.load (std::memory_order_relaxed);  // [inside] changed under the mutex only
            if (!SlotTable::isTaken (entry) || slot == 0)
            {
                continue;
            }
            // The thread may find its own slot gone at once, and use
            // the shared one. No other thread does before this returns.
            share (entry, 0, slot);
            if (takeAway (entry, fences, until))
            {
                return true;
            }
            share (entry, slot, 0);
        }
        return false;
    });
}

void Slots::share (SlotEntry& entry, uint32_t own, uint32_t shared) noexcept
{
    std::lock_guard<std::mutex> lock (_table->sharing);
    _table->shared.store (shared);
    entry.slot.store (own);
}

// Executes the barrier, and waits for the end of the thread's push, if it is in one. The wait sleeps after some yields,
// because a yield by a real-time thread does not let a thread of ordinary priority run on the same CPU.
// @return false: the push did not end until the time `until`
bool Slots::takeAway (SlotEntry& entry, bool fences, int64_t until) noexcept
{
    constexpr int64_t pause = 50 * 1000;
    constexpr int maxYields = 8;
    if (!fences && os::barrierEverywhere () != 0)
    {
        os::drainStoreBuffers (os::longDrain);  // a sandbox has forbidden membarrier(2) since it was registered
    }
    // Acquire: what the push published comes before everything that the slot's next user does.
    // [inside] pairs with the release at the end of ClaimRing::push ()
    for (int yields = 0; entry.inside.load (std::memory_order_acquire) != 0; ++yields)
    {
        const int64_t now = os::monotonicNow ();
        if (now > until)
        {
            return false;
        }
        if (yields >= maxYields)
        {
            os::sleepUntil (now + pause);
        }
        os::yieldCpu ();
    }
    return true;
}

uint32_t Slots::takeShared (const SlotEntry& entry) noexcept
{
    _table->sharing.lock ();
    const uint32_t slot = entry.slot.load ();
    return slot != 0 ? slot : _table->shared.load ();
}

void Slots::giveShared () noexcept
{
    _table->sharing.unlock ();
}

}  // namespace JOIN_ABI
}  // namespace join
