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
struct Place
{
    std::atomic<uint32_t> open {0};  // the generation of the handle that is open here; 0: none
    uint32_t last = 0;               // the generation given out last
    uint32_t index = 0;
    Object* object = nullptr;
    Place* nextFree = nullptr;
};

namespace
{
constexpr uint32_t chunkSize = 1024;
constexpr uint32_t chunkCount = 1024;
constexpr uint32_t lastGeneration = 0x7fffffff;  // so that a handle is positive

struct Chunk
{
    Place places[chunkSize];
};

struct Table
{
    std::mutex mutex;                           // for opening and giving back, never for a look
    std::atomic<Chunk*> chunks[chunkCount] = {};  // grow only
    uint32_t used = 0;                          // places given out at least once
    Place* free = nullptr;
};

// Initialised statically and trivially destroyed: no look at a guard, and good while the process exits.
Table table;

void prepare ()
{
    static const bool done = [] {
        prepareRecords ();
        os::aroundFork ([] { table.mutex.lock (); }, [] { table.mutex.unlock (); }, [] { table.mutex.unlock (); });
        return true;
    }();
    (void) done;
}

Place* newPlace ()
{
    if (table.used == chunkSize * chunkCount)
    {
        return nullptr;
    }
    std::atomic<Chunk*>& chunk = table.chunks[table.used / chunkSize];
    if (chunk.load () == nullptr)
    {
        chunk.store (new Chunk);
    }
    Place* place = &chunk.load ()->places[table.used % chunkSize];
    place->index = table.used++;
    return place;
}

Place* takePlace ()
{
    prepare ();
    std::lock_guard<std::mutex> lock (table.mutex);
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

// The place that the handle's index names; null where there is none. Nothing of the caller's is dereferenced.
Place* placeOf (Handle handle)
{
    const uint32_t index = static_cast<uint32_t> (handle);
    if (handle <= 0 || index >= chunkSize * chunkCount)
    {
        return nullptr;
    }
    Chunk* chunk = table.chunks[index / chunkSize].load (std::memory_order_acquire);  // [chunk] pairs with newPlace ()
    return chunk != nullptr ? &chunk->places[index % chunkSize] : nullptr;
}

uint32_t generationOf (Handle handle)
{
    return static_cast<uint32_t> (static_cast<uint64_t> (handle) >> 32);
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
    awaitQuiet (place);
    delete place->object;
    place->object = nullptr;
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
    uint32_t open;
    if (fencesItself ())
    {
        _slot->store (place);
        open = place->open.load ();
    }
    else
    {
        _slot->store (place, std::memory_order_relaxed);    // [enter] pairs with the barrier in awaitQuiet ()
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
        _slot->store (nullptr, std::memory_order_release);  // [done] pairs with the load in holds ()
        --_record->depth;
        releaseRecord (_record);
    }
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
