// SPDX-License-Identifier: MIT
// One call's use of a handle: the reader's side of the hazard pointers (records.hpp). It is inline: it and an indirect
// call are the whole difference in cost between a push through a handle and a push in C++.
#ifndef JOIN_CAPI_USE_HPP
#define JOIN_CAPI_USE_HPP

#include "records.hpp"

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// Protects the handle's object from destruction until the end of the scope.
class HandleGuard
{
public:
    explicit HandleGuard (Handle handle) noexcept
    {
        HandleSlot* place = handleSlotOf (handle);
        const uint32_t generation = generationOf (handle);
        if (__builtin_expect (place == nullptr || generation == 0, 0))
        {
            return;
        }
        HazardRecord* record = mine;
        std::atomic<HandleSlot*>* slot = record != nullptr ? record->slots : nullptr;
        // A signal handler that calls before the store below leaves the hazard slot empty; one that calls after it uses
        // the next one. [hazard] the thread's own
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
            // [enter] pairs with the barrier in awaitQuiet (); a release: a closer that reads it in place of the
            // earlier [done] synchronises with that call too.
            slot->store (place, std::memory_order_release);
            std::atomic_signal_fence (std::memory_order_seq_cst);
            open = place->open.load (std::memory_order_acquire);  // [open] pairs with the release in open ()
        }
        if (__builtin_expect (open == generation, 1))
        {
            _object = place->object;
        }
    }

    HandleGuard (const HandleGuard&) = delete;
    HandleGuard& operator= (const HandleGuard&) = delete;

    ~HandleGuard ()
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

    /// The object; null if the handle does not exist, or is closed.
    Object* object () const noexcept
    {
        return _object;
    }

    /// Why the handle could not be looked up: 0; ENOMEM; EAGAIN: too many calls inside one another.
    int error () const noexcept
    {
        return _error;
    }

private:
    int _error = 0;
    Object* _object = nullptr;
    std::atomic<HandleSlot*>* _slot = nullptr;
};

/// Does the same in the usual case: the thread has a record, no other call of it is in progress, and the handle is
/// open. Otherwise inside () is false, and a Use does the work or reports the error.
class FastHandleGuard
{
public:
    __attribute__ ((always_inline)) explicit FastHandleGuard (Handle handle) noexcept
    {
        const int64_t generation = handle >> 32;
        const uint32_t index = static_cast<uint32_t> (handle);
        if (generation <= 0 || index >= chunkSize * chunkCount)
        {
            return;
        }
        Chunk* chunk =
            chunks[index / chunkSize].load (std::memory_order_acquire);  // [chunk] pairs with newHandleSlot ()
        HazardRecord* record = mine;
        if (chunk == nullptr || record == nullptr || fencesItself ())
        {
            return;
        }
        std::atomic<HandleSlot*>& slot = record->slots[0];
        if (slot.load (std::memory_order_relaxed) != nullptr)  // [hazard] the thread's own
        {
            return;
        }
        HandleSlot* place = &chunk->places[index % chunkSize];
        // [enter] pairs with the barrier in awaitQuiet (); a release: a closer that reads it in place of the earlier
        // [done] synchronises with that call too.
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

    /// Whether object () is valid, and leave () must be called.
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
    std::atomic<HandleSlot*>* _slot = nullptr;
};

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
