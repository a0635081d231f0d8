// SPDX-License-Identifier: MIT
#include "handles.hpp"

#include "failure.hpp"
#include "os/barrier.hpp"
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
namespace
{
constexpr uint32_t chunkSize = 1024;
constexpr uint32_t chunkCount = 1024;

struct Chunk
{
    Place places[chunkSize];
};

struct Table
{
    std::mutex mutex;                             // for opening and giving back, never for a look
    std::atomic<Chunk*> chunks[chunkCount] = {};  // grow only
    uint32_t used = 0;                            // places given out at least once
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
        repair (table.chunks[i / chunkSize].load ()->places[i % chunkSize]);
    }
    table.mutex.unlock ();
}

// When the library is loaded, and no fork(2) can come in between.
const int forkError = os::aroundFork (lockTable, unlockTable, repairChild);

Place* newPlace ()
{
    if (table.used == chunkSize * chunkCount)
    {
        return nullptr;
    }
    std::atomic<Chunk*>& chunk = table.chunks[table.used / chunkSize];
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

uint32_t generationOf (Handle handle)
{
    return static_cast<uint32_t> (static_cast<uint64_t> (handle) >> 32);
}
}  // namespace

Place* placeOf (Handle handle) noexcept
{
    const uint32_t index = static_cast<uint32_t> (handle);
    if (handle <= 0 || index >= chunkSize * chunkCount)
    {
        return nullptr;
    }
    Chunk* chunk = table.chunks[index / chunkSize].load (std::memory_order_acquire);  // [chunk] pairs with newPlace ()
    return chunk != nullptr ? &chunk->places[index % chunkSize] : nullptr;
}

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
    awaitQuiet (place);
    delete takeObject (place);
    givePlaceBack (place);
    return 0;
}

Use::Use (Handle handle)
{
    Place* place = placeOf (handle);
    const uint32_t generation = generationOf (handle);
    if (place == nullptr || generation == 0)
    {
        return;
    }
    _record = takeRecord ();
    if (_record == nullptr)
    {
        throw std::bad_alloc ();
    }
    if (_record->depth == Record::depthMost)
    {
        raise (Failure (EAGAIN, "%u calls of this thread are inside one another: signal handlers nest too deep",
                        Record::depthMost));
    }
    _slot = &_record->slots[_record->depth++];
    std::atomic_signal_fence (std::memory_order_seq_cst);  // a signal handler that calls takes the next slot
    uint32_t open;
    if (fencesItself ())
    {
        _slot->store (place);
        open = place->open.load ();
    }
    else
    {
        // [enter] pairs with the barrier in awaitQuiet (); a release, as [done] of the call before goes with it.
        _slot->store (place, std::memory_order_release);
        std::atomic_signal_fence (std::memory_order_seq_cst);
        open = place->open.load (std::memory_order_acquire);  // [open] pairs with the release in open ()
    }
    if (open == generation)
    {
        _object = place->object;
    }
}

Use::~Use ()
{
    if (_slot != nullptr)
    {
        _slot->store (nullptr, std::memory_order_release);  // [done] pairs with the load in isHeld ()
        --_record->depth;
        releaseRecord (_record);
    }
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
