// SPDX-License-Identifier: MIT
// The handle table: a slot map, which maps numbers to objects by index and generation. Any number may be looked up, and
// a handle may be closed while calls on other threads use it.
//
// A handle is generation:32 | index:32. Each new object of a handle slot gets the slot's next generation, which is not
// 0; a slot retires after its last generation. So a number is never given out twice, and a look-up is a bounds check
// and a compare: nothing that the caller passes is dereferenced.
#ifndef JOIN_CAPI_HANDLES_HPP
#define JOIN_CAPI_HANDLES_HPP

#include <join/detail/abi.hpp>

#include <atomic>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
using Handle = int64_t;

/// The object that a handle refers to.
class Object
{
public:
    enum class Sort
    {
        Memory,
        Queue,
        WaitSet,
    };

    explicit Object (Sort which) noexcept
    : sort (which)
    {
    }

    Object (const Object&) = delete;
    Object& operator= (const Object&) = delete;
    virtual ~Object () = default;

    /// Ends the calls that wait in the object, and makes later ones fail instead of waiting. jm_close () calls it.
    virtual void interrupt () noexcept
    {
    }

    /// Makes the object's mutexes anew in a forked child, where the threads that held them do not exist.
    virtual void forked () noexcept
    {
    }

    const Sort sort;
};

/// An entry of the table: one object, or none.
struct HandleSlot
{
    std::atomic<uint32_t> open {0};  // the generation of the handle that is open; 0: none
    uint32_t last = 0;               // the generation that was given out last
    uint32_t index = 0;              // of the slot in the table
    Object* object = nullptr;
    HandleSlot* nextFree = nullptr;
};

constexpr uint32_t lastGeneration = 0x7fffffff;  // so that a handle is positive
constexpr uint32_t chunkSize = 1024;
constexpr uint32_t chunkCount = 1024;

struct Chunk
{
    HandleSlot slots[chunkSize];
};

/// The table, which only grows.
extern __attribute__ ((visibility ("hidden"))) std::atomic<Chunk*> chunks[chunkCount];

/// The handle's generation; not positive if no handle can have this number.
inline int64_t generationOf (Handle handle) noexcept
{
    return handle >> 32;
}

/// The slot of the handle's index, where another handle may be open, or none; null if no handle can have this number.
inline HandleSlot* handleSlotOf (Handle handle) noexcept
{
    const uint32_t index = static_cast<uint32_t> (handle);
    if (generationOf (handle) <= 0 || index >= chunkSize * chunkCount)
    {
        return nullptr;
    }
    Chunk* chunk = chunks[index / chunkSize].load (std::memory_order_acquire);  // [chunk] pairs with newHandleSlot ()
    return chunk != nullptr ? &chunk->slots[index % chunkSize] : nullptr;
}

/// A handle slot that is reserved before its object is made, so that no new object or segment lacks a handle.
class Reservation
{
public:
    /// @throw std::system_error EMFILE: no handle is left; ENOMEM: no handlers for fork(2). std::bad_alloc
    Reservation ();
    Reservation (const Reservation&) = delete;
    Reservation& operator= (const Reservation&) = delete;
    ~Reservation ();

    /// Puts the object into the slot; the table owns it from now on. @return its handle
    Handle open (Object* object) noexcept;

private:
    HandleSlot* _slot;
};

/// Closes the handle, interrupts the calls in the object, waits until they have ended, and destroys the object.
/// @return 0, or EBADF
int closeHandle (Handle handle);

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
