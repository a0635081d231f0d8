// SPDX-License-Identifier: MIT
// Inside a call: all inline, as this and an indirect call is what a push through a handle costs more than one in C++.
#ifndef JOIN_CAPI_USE_HPP
#define JOIN_CAPI_USE_HPP

#include "records.hpp"

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// One call's use of a handle: from here to the end of the scope the object is not destroyed.
class Use
{
public:
    explicit Use (Handle handle) noexcept
    {
        Place* place = placeOf (handle);
        const uint32_t generation = generationOf (handle);
        if (__builtin_expect (place == nullptr || generation == 0, 0))
        {
            return;
        }
        Record* record = mine;
        std::atomic<Place*>* slot = record != nullptr ? record->slots : nullptr;
        // A signal handler that calls in between leaves the slot empty; one that calls later finds it taken, and takes the
        // next. [slot] the thread's own
        if (__builtin_expect (slot == nullptr || slot->load (std::memory_order_relaxed) != nullptr, 0))
        {
            _error = anotherSlot (&slot);
            if (_error != 0)
            {
                return;
            }
        }
        _slot = slot;
        uint32_t open;
        if (__builtin_expect (fencesItself (), 0))
        {
            slot->store (place);
            open = place->open.load ();
        }
        else
        {
            // [enter] pairs with the barrier in awaitQuiet (); a release, as [done] of the call before goes with it.
            slot->store (place, std::memory_order_release);
            std::atomic_signal_fence (std::memory_order_seq_cst);
            open = place->open.load (std::memory_order_acquire);  // [open] pairs with the release in open ()
        }
        if (__builtin_expect (open == generation, 1))
        {
            _object = place->object;
        }
    }

    Use (const Use&) = delete;
    Use& operator= (const Use&) = delete;

    ~Use ()
    {
        if (__builtin_expect (_slot != nullptr, 1))
        {
            _slot->store (nullptr, std::memory_order_release);  // [done] pairs with the load in isHeld ()
            if (__builtin_expect (mine == nullptr, 0))
            {
                releaseRecord (_slot);
            }
        }
    }

    /// The object, or null where the handle is none, or closed.
    Object* object () const noexcept
    {
        return _object;
    }

    /// Why the handle could not even be looked at: 0, ENOMEM, or EAGAIN: too many calls inside one another.
    int error () const noexcept
    {
        return _error;
    }

private:
    int _error = 0;
    Object* _object = nullptr;
    std::atomic<Place*>* _slot = nullptr;
};

/// The same where nothing is in the way: the thread has a record, no other call of it is under way, and the handle is open.
/// Else it is not inside, and a Use tells why. It and an indirect call are what a push through a handle costs more than one
/// in C++.
class QuickUse
{
public:
    __attribute__ ((always_inline)) explicit QuickUse (Handle handle) noexcept
    {
        const int64_t generation = handle >> 32;
        const uint32_t index = static_cast<uint32_t> (handle);
        if (generation <= 0 || index >= chunkSize * chunkCount)
        {
            return;
        }
        Chunk* chunk = chunks[index / chunkSize].load (std::memory_order_acquire);  // [chunk] pairs with newPlace ()
        Record* record = mine;
        if (chunk == nullptr || record == nullptr || fencesItself ())
        {
            return;
        }
        std::atomic<Place*>& slot = record->slots[0];
        if (slot.load (std::memory_order_relaxed) != nullptr)  // [slot] the thread's own
        {
            return;
        }
        Place* place = &chunk->places[index % chunkSize];
        // [enter] pairs with the barrier in awaitQuiet (); a release, as [done] of the call before goes with it.
        slot.store (place, std::memory_order_release);
        std::atomic_signal_fence (std::memory_order_seq_cst);
        // [open] pairs with the release in open ()
        if (__builtin_expect (place->open.load (std::memory_order_acquire) != generation, 0))
        {
            slot.store (nullptr, std::memory_order_release);  // [done]
            return;
        }
        _slot = &slot;
        _object = place->object;
    }

    /// Whether object () may be asked, and leave () is to be called.
    bool inside () const noexcept
    {
        return _slot != nullptr;
    }

    Object* object () const noexcept
    {
        return _object;
    }

    void leave () const noexcept
    {
        _slot->store (nullptr, std::memory_order_release);  // [done] pairs with the load in isHeld ()
    }

private:
    Object* _object = nullptr;
    std::atomic<Place*>* _slot = nullptr;
};

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
