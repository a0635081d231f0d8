// SPDX-License-Identifier: MIT
#include "handles.hpp"

#include "failure.hpp"
#include "os/barrier.hpp"
#include "queue/lanes.hpp"
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
    std::mutex mutex;   // for opening and giving back, never for a look
    uint32_t used = 0;  // places given out at least once
    Place* free = nullptr;
    bool prepared = false;
};

// Initialised statically and trivially destroyed: no look at a guard, and good while the process exits.
Table table;

void lockTable ()
{
    table.mutex.lock ();
}

void unlockTable ()
{
    table.mutex.unlock ();
}

// What a thread that does not exist here was about to open or destroy is nobody's now; nobody holds a mutex.
void repair (Place& place) noexcept
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

// The child of a fork(2), the table locked by its parent's thread, which is its only one.
void repairChild ()
{
    forgetOthers ();
    for (uint32_t i = 0; i < table.used; ++i)
    {
        repair (chunks[i / chunkSize].load ()->places[i % chunkSize]);
    }
    table.mutex.unlock ();
}

// Behind those of the queues' lanes: a queue that is destroyed in the child needs its mutexes.
int prepareFork () noexcept
{
    const int error = Lanes::prepareFork ();
    return error != 0 ? error : os::aroundFork (lockTable, unlockTable, repairChild);
}

// When the library is loaded, and no fork(2) can come in between.
const int forkError = prepareFork ();

Place* newPlace ()
{
    if (table.used == chunkSize * chunkCount)
    {
        return nullptr;
    }
    std::atomic<Chunk*>& chunk = chunks[table.used / chunkSize];
    if (chunk.load () == nullptr)
    {
        chunk.store (new Chunk);  // [chunk] seq_cst, so release too: pairs with the acquire in placeOf ()
    }
    Place* place = &chunk.load ()->places[table.used % chunkSize];
    place->index = table.used++;
    return place;
}

Place* takePlace ()
{
    if (forkError != 0)
    {
        raise (Failure (forkError, "the handlers for fork cannot be set"));
    }
    std::lock_guard<std::mutex> lock (table.mutex);
    if (!table.prepared)
    {
        prepareRecords ();
        table.prepared = true;
    }
    Place* place = table.free;
    if (place == nullptr)
    {
        return newPlace ();
    }
    table.free = place->nextFree;
    return place;
}

void givePlaceBack (Place* place)
{
    std::lock_guard<std::mutex> lock (table.mutex);
    if (place->last != lastGeneration)  // else it retires
    {
        place->nextFree = table.free;
        table.free = place;
    }
}

// The object of a closed place, once: a child forked in between destroys what is still there.
Object* takeObject (Place* place)
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
        raise (Failure (EMFILE, "no handle is left: %u are open or used up, close some", chunkSize * chunkCount));
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
    Place* place = _place;
    _place = nullptr;
    place->object = object;
    ++place->last;
    const Handle handle = static_cast<Handle> (uint64_t (place->last) << 32 | place->index);
    place->open.store (place->last, std::memory_order_release);  // [open] pairs with the acquire in Use ()
    return handle;
}

int closeHandle (Handle handle)
{
    Place* place = placeOf (handle);
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
