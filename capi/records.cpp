// SPDX-License-Identifier: MIT
// The records of threads: taking and returning them, and waiting until no call uses a place.
#include "records.hpp"

#include "os/barrier.hpp"

#include <cerrno>
#include <chrono>
#include <new>
#include <thread>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
__thread HazardRecord* mine = nullptr;
std::atomic<bool> barrierAbsent {false};

namespace
{
std::atomic<HazardRecord*> all {nullptr};  // only grows: a record is reused, never freed
std::atomic<bool> absenceSeen {false};     // true once all threads have seen barrierAbsent, so that all calls fence

__attribute__ ((tls_model ("initial-exec"))) __thread bool ended = false;  // this thread's destructors have run

// Gives the record back when the thread ends.
struct Returner
{
    ~Returner ()
    {
        ended = true;
        if (mine != nullptr)
        {
            HazardRecord* record = mine;
            mine = nullptr;
            record->taken.store (false, std::memory_order_release);  // [reuse] pairs with the exchange in findFree ()
        }
    }
};

void returnAtEnd ()
{
    static thread_local Returner returner;
    (void) returner;
}

HazardRecord* findFree () noexcept
{
    for (HazardRecord* record = all.load (); record != nullptr; record = record->next)
    {
        // [reuse] pairs with the releases of the thread that had it: its hazard slots are empty.
        if (!record->taken.exchange (true, std::memory_order_acquire))
        {
            return record;
        }
    }
    return nullptr;
}

// Takes a record for this thread, which has none. @return null without memory
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
    if (!ended)
    {
        mine = record;
        returnAtEnd ();
    }
    return record;
}
}  // namespace

void prepareRecords () noexcept
{
    barrierAbsent.store (os::registerBarrier () != 0);  // [absent]
    absenceSeen.store (barrierAbsent.load ());
}

int anotherSlot (std::atomic<HandleSlot*>** slot) noexcept
{
    HazardRecord* record = mine != nullptr ? mine : takeRecord ();
    if (record == nullptr)
    {
        return ENOMEM;
    }
    for (std::atomic<HandleSlot*>& next : record->slots)
    {
        if (next.load (std::memory_order_relaxed) == nullptr)  // [hazard] the thread's own
        {
            *slot = &next;
            return 0;
        }
    }
    return EAGAIN;
}

void releaseRecord (std::atomic<HandleSlot*>* slot) noexcept
{
    for (HazardRecord* record = all.load (); record != nullptr; record = record->next)
    {
        if (slot == record->slots)  // its first hazard slot: no other call is in progress
        {
            record->taken.store (false, std::memory_order_release);  // [reuse] pairs with the exchange in findFree ()
        }
    }
}

void forgetOthers () noexcept
{
    for (HazardRecord* record = all.load (); record != nullptr; record = record->next)
    {
        if (record == mine)
        {
            continue;
        }
        for (std::atomic<HandleSlot*>& slot : record->slots)
        {
            slot.store (nullptr);
        }
        record->taken.store (false);
    }
}

bool isHeld (const HandleSlot* place) noexcept
{
    for (HazardRecord* record = all.load (); record != nullptr; record = record->next)
    {
        for (std::atomic<HandleSlot*>& slot : record->slots)
        {
            if (slot.load () == place)  // seq_cst, so acquire too: [done] pairs with the release in ~HandleGuard ()
            {
                return true;
            }
        }
    }
    return false;
}

void awaitQuiet (HandleSlot* place) noexcept
{
    if (!absenceSeen.load () && (fencesItself () || os::barrierEverywhere () != 0))
    {
        // A sandbox has forbidden membarrier(2) after the registration. From now on calls execute fences themselves.
        // The store of a call that has not seen this yet may still be in a store buffer, which drains within
        // microseconds, and at once if the thread is preempted. Another thread that closes a handle meanwhile waits
        // here too.
        barrierAbsent.store (true);  // [absent]
        std::this_thread::sleep_for (std::chrono::milliseconds (20));
        absenceSeen.store (true);
    }
    // [enter] Now the hazard slot of each call that found the place open is visible; a later call finds it closed.
    for (int i = 0; isHeld (place); ++i)
    {
        if (i < 100)
        {
            std::this_thread::yield ();
        }
        else
        {
            // A yield would not let threads of a lower priority run.
            std::this_thread::sleep_for (std::chrono::microseconds (50));
        }
    }
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
