// SPDX-License-Identifier: MIT
// The C ABI's functions that create or open a queue.
#include "joinmem.h"

#include "options.hpp"
#include "queue_object.hpp"

#include <memory>

using namespace join;
using detail::Ring;

namespace
{
// Reserves the handle slot and allocates the object first, so that no new queue or segment lacks a handle.
template <typename Make>
jm_handle open (Make make)
{
    capi::Reservation slot;
    std::unique_ptr<capi::QueueObject> object (new capi::QueueObject);
    object->adopt (make ());
    return slot.open (object.release ());
}

detail::Shape shape (uint32_t kind, uint64_t capacity, uint32_t elementSize) noexcept
{
    return detail::Shape {static_cast<detail::Kind> (kind), elementSize, capacity};
}

jm_handle create (const detail::Shape& requested, const capi::QueueSettings& settings)
{
    return open ([&] { return Ring::make (requested, settings.memory, settings.queue); });
}

jm_handle openShared (const detail::Shape& requested, const char* name, const capi::QueueSettings& settings)
{
    return open ([&] { return Ring::open (requested, detail::nameOf (name), settings.memory, settings.queue); });
}
}  // namespace

JOIN_EXPORT jm_handle jm_queue_create (uint32_t kind, uint64_t capacity, uint32_t element_size) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE,
                             [&] { return create (shape (kind, capacity, element_size), capi::QueueSettings ()); });
}

JOIN_EXPORT jm_handle jm_queue_create_with (uint32_t kind, uint64_t capacity, uint32_t element_size,
                                            const jm_queue_options* options) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE,
                             [&] { return create (shape (kind, capacity, element_size), capi::settingsOf (options)); });
}

JOIN_EXPORT jm_handle jm_queue_open (uint32_t kind, uint64_t capacity, uint32_t element_size, const char* name) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [&] {
        return openShared (shape (kind, capacity, element_size), name, capi::QueueSettings ());
    });
}

JOIN_EXPORT jm_handle jm_queue_open_with (uint32_t kind, uint64_t capacity, uint32_t element_size, const char* name,
                                          const jm_queue_options* options) noexcept
{
    return capi::guardWhole (JM_INVALID_HANDLE, [&] {
        return openShared (shape (kind, capacity, element_size), name, capi::settingsOf (options));
    });
}
