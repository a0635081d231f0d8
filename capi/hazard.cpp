// SPDX-License-Identifier: MIT
// Hazard records: how threads get and return them, and how a closing thread waits for the calls in progress.
#include "hazard.hpp"

#include "os/barrier.hpp"
#include "os/futex.hpp"

#include <cerrno>
#include <new>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
__thread HazardRecord* ownRecord = nullptr;
std::atomic<bool> barrierAbsent {false};

namespace
{
std::atomic<HazardRecord*> all {nullptr};  // a list that only grows: a record is reused, never freed
std::atomic<bool> allCallsFence {false};   // every thread has seen barrierAbsent

__attribute__ ((tls_model ("initial-exec"))) __thread bool hasEnded = false;  // its thread-local destructors have run

// Gives the record back when the thread ends.
struct RecordReturner
{
    ~RecordReturner ()
    {
        hasEnded = true;
        if (ownRecord != nullptr)
        {
            HazardRecord* record = ownRecord;
            ownRecord = nullptr;
            record->taken.store (false, std::memory_order_release);  // [reuse] pairs with the exchange in findFree ()
        }
    }
};

void returnAtEnd ()
{
    static thread_local RecordReturner returner;
    (void) returner;
}

HazardRecord* findFree () noexcept
{
    for (HazardRecord* record = all.load (); record != nullptr; record = record->next)
    {
        // [reuse] pairs with the release of the thread that had it: its hazard slots are empty.
        if (!record->taken.exchange (true, std::memory_order_acquire))
        {
            return record;
        }
    }
    return nullptr;
}

// Takes a record for this thread, which has none. @return null: there is no memory
HazardRecord* takeRecord () noexcept
{
    HazardRecord* record = findFree ();
    if (record == nullptr)
    {
        record = new (std::nothrow) HazardRecord;
        if (record == nullptr)
        {
            return nullptr;
        }
        record->taken.store (true);
        record->next = all.load ();
        while (!all.compare_exchange_weak (record->next, record))
        {
        }
    }
    if (!hasEnded)
    {
        ownRecord = record;
        returnAtEnd ();
    }
    return record;
}

// From its return on, either this thread sees the hazard slot of a call, or the call sees what this thread has stored.
void executeBarrier () noexcept
{
    if (allCallsFence.load () || (!callsFence () && os::barrierEverywhere () == 0))
    {
        return;
    }
    // A sandbox has forbidden membarrier(2) after its registration. From now on calls execute fences. Calls that do not
    // know it yet may have a store in a store buffer. Other threads that close a handle meanwhile wait here, too.
    barrierAbsent.store (true);  // [absent]
    os::drainStoreBuffers (os::longDrain);
    allCallsFence.store (true);
}
}  // namespace

void prepareHazards () noexcept
{
    barrierAbsent.store (os::registerBarrier () != 0);  // [absent]
    allCallsFence.store (barrierAbsent.load ());
}

int findHazardSlot (HazardSlot** hazard) noexcept
{
    HazardRecord* record = ownRecord != nullptr ? ownRecord : takeRecord ();
    if (record == nullptr)
    {
        return ENOMEM;
    }
    for (HazardSlot& next : record->slots)
    {
        if (next.isEmpty ())
        {
            *hazard = &next;
            return 0;
        }
    }
    return EAGAIN;
}

void returnRecord (const HazardSlot* hazard) noexcept
{
    for (HazardRecord* record = all.load (); record != nullptr; record = record->next)
    {
        if (hazard == record->slots)
        {
            record->taken.store (false, std::memory_order_release);  // [reuse] pairs with the exchange in findFree ()
        }
    }
}

void clearOtherRecords () noexcept
{
    for (HazardRecord* record = all.load (); record != nullptr; record = record->next)
    {
        if (record == ownRecord)
        {
            continue;
        }
        for (HazardSlot& hazard : record->slots)
        {
            hazard.clear ();
        }
        record->taken.store (false);
    }
}

bool isInUse (const HandleSlot& slot) noexcept
{
    for (HazardRecord* record = all.load (); record != nullptr; record = record->next)
    {
        for (const HazardSlot& hazard : record->slots)
        {
            if (hazard.holds (slot))
            {
                return true;
            }
        }
    }
    return false;
}

void awaitCalls (const HandleSlot& slot) noexcept
{
    constexpr int maxYields = 100;
    constexpr int64_t pause = 50 * 1000;
    executeBarrier ();
    // [enter] Now the hazard slot of each call that found the handle open is visible; a later call finds it closed.
    for (int yields = 0; isInUse (slot); ++yields)
    {
        if (yields < maxYields)
        {
            os::yieldCpu ();
        }
        else
        {
            os::sleepUntil (os::monotonicNow () + pause);  // a yield would not let threads of a lower priority run
        }
    }
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
