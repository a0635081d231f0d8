// SPDX-License-Identifier: MIT
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
__thread Record* mine = nullptr;
std::atomic<bool> barrierAbsent {false};

namespace
{
std::atomic<Record*> all {nullptr};     // grows only: a record is used again, never freed
std::atomic<bool> absenceSeen {false};  // by all threads: no call has a store on its way that it did not fence

__attribute__ ((tls_model ("initial-exec"))) __thread bool ended = false;  // this thread's destructors have run

// Gives the record back when the thread ends.
struct Returner
{
    ~Returner ()
    {
        ended = true;
        if (mine != nullptr)
        {
            Record* record = mine;
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

Record* findFree () noexcept
{
    for (Record* record = all.load (); record != nullptr; record = record->next)
    {
        // [reuse] pairs with the releases of the thread that had it: its slots are empty.
        if (!record->taken.exchange (true, std::memory_order_acquire))
        {
            return record;
        }
    }
    return nullptr;
}

// A record for this thread, which has none. Null when there is no memory.
Record* takeRecord () noexcept
{
    Record* record = findFree ();
    if (record == nullptr)
    {
        record = new (std::nothrow) Record;
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

int anotherSlot (std::atomic<Place*>** slot) noexcept
{
    Record* record = mine != nullptr ? mine : takeRecord ();
    if (record == nullptr)
    {
        return ENOMEM;
    }
    for (std::atomic<Place*>& next : record->slots)
    {
        if (next.load (std::memory_order_relaxed) == nullptr)  // [slot]
        {
            *slot = &next;
            return 0;
        }
    }
    return EAGAIN;
}

void releaseRecord (std::atomic<Place*>* slot) noexcept
{
    for (Record* record = all.load (); record != nullptr; record = record->next)
    {
        if (slot == record->slots)  // the first: no call is left inside
        {
            record->taken.store (false, std::memory_order_release);  // [reuse] pairs with the exchange in findFree ()
        }
    }
}

void forgetOthers () noexcept
{
    for (Record* record = all.load (); record != nullptr; record = record->next)
    {
        if (record == mine)
        {
            continue;
        }
        for (std::atomic<Place*>& slot : record->slots)
        {
            slot.store (nullptr);
        }
        record->taken.store (false);
    }
}

bool isHeld (const Place* place) noexcept
{
    for (Record* record = all.load (); record != nullptr; record = record->next)
    {
        for (std::atomic<Place*>& slot : record->slots)
        {
            if (slot.load () == place)  // seq_cst, so acquire too: [done] pairs with the release in ~Use ()
            {
                return true;
            }
        }
    }
    return false;
}

void awaitQuiet (Place* place) noexcept
{
    if (!absenceSeen.load () && (fencesItself () || os::barrierEverywhere () != 0))
    {
        // Forbidden since it was registered, by a sandbox. From now on calls fence themselves; those that have not seen it
        // yet have their store in a store buffer, which drains within microseconds, and at once where one is preempted.
        // Whoever closes while another waits here waits as well.
        barrierAbsent.store (true);  // [absent]
        std::this_thread::sleep_for (std::chrono::milliseconds (20));
        absenceSeen.store (true);
    }
    // [enter] Now a call that found the place open has its slot visible; one that comes later finds it closed.
    for (int i = 0; isHeld (place); ++i)
    {
        if (i < 100)
        {
            std::this_thread::yield ();
        }
        else
        {
            std::this_thread::sleep_for (std::chrono::microseconds (50));  // yielding stops nobody of a lower priority
        }
    }
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
