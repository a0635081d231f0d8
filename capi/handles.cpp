// SPDX-License-Identifier: MIT
// The handle table: opening and closing handles, and repairing the table in a forked child.
#include "handles.hpp"

#include "base/failure.hpp"
#include "os/barrier.hpp"
#include "queue/slots.hpp"
#include "records.hpp"

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
    std::mutex mutex;   // held to open a handle and to give its place back, never for a look-up
    uint32_t used = 0;  // places that were given out at least once
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

// Destroys an object that a thread of the parent was about to open or destroy: that thread does not exist in the child.
// An object whose handle is open gets new mutexes.
void repair (HandleSlot& place) noexcept
{
    if (place.object == nullptr || isHeld (&place))
    {
        return;
    }
    if (place.open.load () != 0)
    {
        place.object->forked ();
        return;
    }
    delete place.object;
    place.object = nullptr;
    if (place.last != lastGeneration)
    {
        place.nextFree = table.free;
        table.free = &place;
    }
}

// Runs in the child of a fork(2), on its only thread, which locked the table before the fork.
void repairChild ()
{
    forgetOthers ();
    for (uint32_t i = 0; i < table.used; ++i)
    {
        repair (chunks[i / chunkSize].load ()->places[i % chunkSize]);
    }
    table.mutex.unlock ();
}

// The handlers of the producer slots were registered before: a queue that is destroyed in the child needs its mutexes.
int prepareFork () noexcept
{
    const int error = Slots::prepareFork ();
    return error != 0 ? error : os::aroundFork (lockTable, unlockTable, repairChild);
}

// Runs when the library is loaded, before any fork(2) that could matter.
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
    HandleSlot* place = &chunk.load ()->places[table.used % chunkSize];
    place->index = table.used++;
    return place;
}

HandleSlot* takePlace ()
{
    if (forkError != 0)
    {
        raise (Failure (forkError, "the handlers for fork(2) cannot be registered (pthread_atfork)"));
    }
    std::lock_guard<std::mutex> lock (table.mutex);
    if (!table.prepared)
    {
        prepareRecords ();
        table.prepared = true;
    }
    HandleSlot* place = table.free;
    if (place == nullptr)
    {
        return newHandleSlot ();
    }
    table.free = place->nextFree;
    return place;
}

void givePlaceBack (HandleSlot* place)
{
    std::lock_guard<std::mutex> lock (table.mutex);
    if (place->last != lastGeneration)  // otherwise the place retires
    {
        place->nextFree = table.free;
        table.free = place;
    }
}

// Takes the object out of a closed place. A child that is forked before that destroys the object itself.
Object* takeObject (HandleSlot* place)
{
    std::lock_guard<std::mutex> lock (table.mutex);
    Object* object = place->object;
    place->object = nullptr;
    return object;
}
}  // namespace

Reservation::Reservation ()
: _place (takePlace ())
{
    if (_place == nullptr)
    {
        raise (Failure (EMFILE, "no handle is left: %u are open or used up: close some", chunkSize * chunkCount));
    }
}

Reservation::~Reservation ()
{
    if (_place != nullptr)
    {
        givePlaceBack (_place);
    }
}

Handle Reservation::open (Object* object) noexcept
{
    HandleSlot* place = _place;
    _place = nullptr;
    place->object = object;
    ++place->last;
    const Handle handle = static_cast<Handle> (uint64_t (place->last) << 32 | place->index);
    place->open.store (place->last, std::memory_order_release);  // [open] pairs with the acquire in HandleGuard ()
    return handle;
}

int closeHandle (Handle handle)
{
    HandleSlot* place = handleSlotOf (handle);
    uint32_t generation = generationOf (handle);
    if (place == nullptr || generation == 0 || !place->open.compare_exchange_strong (generation, 0))
    {
        return EBADF;
    }
    place->object->interrupt ();
    awaitQuiet (place);
    delete takeObject (place);
    givePlaceBack (place);
    return 0;
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
