// SPDX-License-Identifier: MIT
// The handle table: numbers for objects, safe to look up whatever the number, and to close while others are inside.
//
// A handle is generation:32 | index:32. The generation of a place grows with each object that it holds and is never 0;
// a place that has used up its generations retires. So a number is never given out twice, and looking one up is a
// bounds check and a compare, never a dereference of what the caller gave.
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

/// What a handle stands for.
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

    /// The handle is closed: calls that wait inside come back, now and from now on.
    virtual void interrupt () noexcept
    {
    }

    /// In a forked child, where the threads that held its mutexes do not exist.
    virtual void forked () noexcept
    {
    }

    const Sort sort;
};

/// Where an object lies while its handle is open.
struct Place
{
    std::atomic<uint32_t> open {0};  // the generation of the handle that is open here; 0: none
    uint32_t last = 0;               // the generation given out last
    uint32_t index = 0;
    Object* object = nullptr;
    Place* nextFree = nullptr;
};

constexpr uint32_t lastGeneration = 0x7fffffff;  // so that a handle is positive
constexpr uint32_t chunkSize = 1024;
constexpr uint32_t chunkCount = 1024;

struct Chunk
{
    Place places[chunkSize];
};

/// The table: grows only.
extern __attribute__ ((visibility ("hidden"))) std::atomic<Chunk*> chunks[chunkCount];

/// The place that the handle's index names; null where there is none. Nothing of the caller's is dereferenced.
inline Place* placeOf (Handle handle) noexcept
{
    const uint32_t index = static_cast<uint32_t> (handle);
    if (handle <= 0 || index >= chunkSize * chunkCount)
    {
        return nullptr;
    }
    Chunk* chunk = chunks[index / chunkSize].load (std::memory_order_acquire);  // [chunk] pairs with newPlace ()
    return chunk != nullptr ? &chunk->places[index % chunkSize] : nullptr;
}

inline uint32_t generationOf (Handle handle) noexcept
{
    return static_cast<uint32_t> (static_cast<uint64_t> (handle) >> 32);
}

/// A place for an object that is still to be made: so that what was made, a segment's name too, never lacks a handle.
class Reservation
{
public:
    /// @throw std::system_error EMFILE no place is left; ENOMEM, std::bad_alloc
    Reservation ();
    Reservation (const Reservation&) = delete;
    Reservation& operator= (const Reservation&) = delete;
    ~Reservation ();

    /// The handle of the object, which the table owns from then on.
    Handle open (Object* object) noexcept;

private:
    Place* _place;
};

/// Closes the handle, interrupts the calls inside and waits for them to end, destroys the object. @return 0, or EBADF.
int closeHandle (Handle handle);

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
