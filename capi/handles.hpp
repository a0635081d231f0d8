// SPDX-License-Identifier: MIT
// The handle table, which maps numbers to objects, with generation counts as in slot maps. Any number may be looked up,
// and a handle may be closed while calls on other threads use it.
//
// A handle is generation:32 | index:32. Each object that a place gets has the place's next generation, which is never
// 0; a place that has used up its generations retires. So a number is never given out twice, and a look-up is a bounds
// check and a compare: nothing that the caller passes is dereferenced.
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
    };

    explicit Object (Sort which) noexcept
    : sort (which)
    {
    }

    Object (const Object&) = delete;
    Object& operator= (const Object&) = delete;
    virtual ~Object () = default;

    /// Called when the handle is closed: ends the calls that wait in the object, and those that would wait later.
    virtual void interrupt () noexcept
    {
    }

    /// Called in a forked child, where the threads that held the object's mutexes do not exist.
    virtual void forked () noexcept
    {
    }

    const Sort sort;
};

/// The place of an object in the table.
struct HandleSlot
{
    std::atomic<uint32_t> open {0};  // the generation of the handle that is open; 0: none
    uint32_t last = 0;               // the generation that was given out last
    uint32_t index = 0;
    Object* object = nullptr;
    HandleSlot* nextFree = nullptr;
};

constexpr uint32_t lastGeneration = 0x7fffffff;  // so that a handle is positive
constexpr uint32_t chunkSize = 1024;
constexpr uint32_t chunkCount = 1024;

struct Chunk
{
    HandleSlot places[chunkSize];
};

/// The table, which only grows.
extern __attribute__ ((visibility ("hidden"))) std::atomic<Chunk*> chunks[chunkCount];

/// The place of the handle's index; null if there is none. The caller's number is not dereferenced.
inline HandleSlot* handleSlotOf (Handle handle) noexcept
{
    const uint32_t index = static_cast<uint32_t> (handle);
    if (handle <= 0 || index >= chunkSize * chunkCount)
    {
        return nullptr;
    }
    Chunk* chunk = chunks[index / chunkSize].load (std::memory_order_acquire);  // [chunk] pairs with newHandleSlot ()
    return chunk != nullptr ? &chunk->places[index % chunkSize] : nullptr;
}

inline uint32_t generationOf (Handle handle) noexcept
{
    return static_cast<uint32_t> (static_cast<uint64_t> (handle) >> 32);
}

/// A place that is reserved before its object is made, so that a new object, or a segment's name, never lacks a handle.
class Reservation
{
public:
    /// @throw std::system_error EMFILE: no place is left; ENOMEM: no handlers for fork(2); std::bad_alloc
    Reservation ();
    Reservation (const Reservation&) = delete;
    Reservation& operator= (const Reservation&) = delete;
    ~Reservation ();

    /// Puts the object into the place, from where the table owns it. @return its handle
    Handle open (Object* object) noexcept;

private:
    HandleSlot* _place;
};

/// Closes the handle, interrupts the calls in the object, waits for them to end, and destroys it. @return 0, or EBADF
int closeHandle (Handle handle);

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
