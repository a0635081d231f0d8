// SPDX-License-Identifier: MIT
// The handle table: opening and closing handles, and repairing the table in a forked child.
#include "handles.hpp"

#include "base/failure.hpp"
#include "hazard.hpp"
#include "os/barrier.hpp"
#include "queue/slots.hpp"

#include <cerrno>
#include <mutex>
#include <new>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
std::atomic<Chunk*> chunks[chunkCount] = {};

namespace
{
struct Table
{
    std::mutex mutex;   // held to take a handle slot and to return it, never for a look-up
    uint32_t used = 0;  // slots that were taken at least once
    HandleSlot* free = nullptr;
    bool prepared = false;
};

// Initialised statically and destroyed trivially: an access checks no guard variable, and works during exit(3).
Table table;

void lockTable ()
{
    table.mutex.lock ();
}

void unlockTable ()
{
    table.mutex.unlock ();
}

// In a forked child: destroys an object whose handle is not open, because the thread of the parent that was about to
// open it, or to destroy it, does not exist in the child. An object whose handle is open gets new mutexes.
void repair (HandleSlot& slot) noexcept
{
    if (slot.object == nullptr || isInUse (slot))
    {
        return;
    }
    if (slot.open.load () != 0)
    {
        slot.object->forked ();
        return;
    }
    delete slot.object;
    slot.object = nullptr;
    if (slot.last != lastGeneration)
    {
        slot.nextFree = table.free;
        table.free = &slot;
    }
}

// Runs in the child of a fork(2) on its only thread, which locked the table before the fork.
void repairChild ()
{
    clearOtherRecords ();
    for (uint32_t i = 0; i < table.used; ++i)
    {
        repair (chunks[i / chunkSize].load ()->slots[i % chunkSize]);
    }
    table.mutex.unlock ();
}

// Registers the producer slots' handlers first, so that they run first in the child: a queue that repair () destroys
// there needs their mutexes.
int prepareFork () noexcept
{
    const int error = Slots::prepareFork ();
    return error != 0 ? error : os::aroundFork (lockTable, unlockTable, repairChild);
}

// Initialised when the library is loaded, before any fork(2) that could matter.
const int forkError = prepareFork ();

HandleSlot* newHandleSlot ()
{
    if (table.used == chunkSize * chunkCount)
    {
        return nullptr;
    }
    std::atomic<Chunk*>& chunk = chunks[table.used / chunkSize];
    if (chunk.load () == nullptr)
    {
        chunk.store (new Chunk);  // [chunk] seq_cst, so release too: pairs with the acquire in handleSlotOf ()
    }
    HandleSlot* slot = &chunk.load ()->slots[table.used % chunkSize];
    slot->index = table.used++;
    return slot;
}

HandleSlot* takeSlot ()
{
    if (forkError != 0)
    {
        raise (Failure (forkError, "the handlers for fork(2) cannot be registered (pthread_atfork)"));
    }
    std::lock_guard<std::mutex> lock (table.mutex);
    if (!table.prepared)
    {
        prepareHazards ();
        table.prepared = true;
    }
    HandleSlot* slot = table.free;
    if (slot == nullptr)
    {
        return newHandleSlot ();
    }
    table.free = slot->nextFree;
    return slot;
}

void returnSlot (HandleSlot* slot)
{
    std::lock_guard<std::mutex> lock (table.mutex);
    if (slot->last != lastGeneration)  // else the slot retires
    {
        slot->nextFree = table.free;
        table.free = slot;
    }
}

// Takes the object out of a closed slot. A child that is forked before this destroys its copy of the object itself.
Object* takeObject (HandleSlot* slot)
{
    std::lock_guard<std::mutex> lock (table.mutex);
    Object* object = slot->object;
    slot->object = nullptr;
    return object;
}
}  // namespace

Reservation::Reservation ()
: _slot (takeSlot ())
{
    if (_slot == nullptr)
    {
        raise (Failure (EMFILE, "no handle is left: %u are open or used up: close some", chunkSize * chunkCount));
    }
}

Reservation::~Reservation ()
{
    if (_slot != nullptr)
    {
        returnSlot (_slot);
    }
}

Handle Reservation::open (Object* object) noexcept
{
    HandleSlot* slot = _slot;
    _slot = nullptr;
    slot->object = object;
    ++slot->last;
    const Handle handle = static_cast<Handle> (uint64_t (slot->last) << 32 | slot->index);
    slot->open.store (slot->last, std::memory_order_release);  // [open] pairs with the acquire in protect ()
    return handle;
}

int closeHandle (Handle handle)
{
    HandleSlot* slot = handleSlotOf (handle);
    uint32_t generation = static_cast<uint32_t> (generationOf (handle));
    if (slot == nullptr || !slot->open.compare_exchange_strong (generation, 0))
    {
        return EBADF;
    }
    slot->object->interrupt ();
    awaitCalls (*slot);
    delete takeObject (slot);
    returnSlot (slot);
    return 0;
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
