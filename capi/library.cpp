// SPDX-License-Identifier: MIT
// The C ABI: the library itself, and the last error.
#include "joinmem.h"

#include "base/failure.hpp"
#include "guard.hpp"
#include "joinmem_version.hpp"
#include "options.hpp"

using namespace join;

JOIN_EXPORT uint32_t jm_version (void) noexcept
{
    return JOINMEM_VERSION_MAJOR << 16 | JOINMEM_VERSION_MINOR << 8 | JOINMEM_VERSION_PATCH;
}

JOIN_EXPORT const char* jm_version_string (void) noexcept
{
    return JOINMEM_VERSION_STRING;
}

JOIN_EXPORT int jm_last_error (void) noexcept
{
    return capi::errnoOf (lastError);
}

JOIN_EXPORT const char* jm_last_error_message (void) noexcept
{
    return lastText ();
}

JOIN_EXPORT void jm_clear_error (void) noexcept
{
    lastError.clear ();
}

JOIN_EXPORT int jm_options_init (jm_options* options, uint32_t struct_size) noexcept
{
    return capi::guard (-1, [&] { return capi::initialise (options, struct_size), 0; });
}

JOIN_EXPORT int jm_queue_options_init (jm_queue_options* options, uint32_t struct_size) noexcept
{
    return capi::guard (-1, [&] { return capi::initialise (options, struct_size), 0; });
}

JOIN_EXPORT int jm_wait_options_init (jm_wait_options* options, uint32_t struct_size) noexcept
{
    return capi::guard (-1, [&] { return capi::initialise (options, struct_size), 0; });
}
