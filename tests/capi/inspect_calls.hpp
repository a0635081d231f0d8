// SPDX-License-Identifier: MIT
/// Calls one of the functions that inspect segments by name, with arguments that may be invalid.
#ifndef JOIN_TESTS_CAPI_INSPECT_CALLS_HPP
#define JOIN_TESTS_CAPI_INSPECT_CALLS_HPP

#include <joinmem.h>

#include <cstdint>

/// @param choice selects the function and the arguments
/// @return whether it succeeded
inline bool lookAt (uint64_t choice, const char* name, char* room, uint64_t roomSize, uint32_t structSize)
{
    char* text = choice % 4 == 0 ? nullptr : room;
    const uint64_t bytes = choice / 4 % 4 == 0 ? 0 : roomSize;
    const auto list = reinterpret_cast<jm_producer*> (text);
    switch (choice / 16 % 6)
    {
        case 0:
            return jm_segment_names (text, bytes) >= 0;
        case 1:
            return jm_inspect (name, text, bytes) > 0;
        case 2:
            return jm_inspect_producers (name, list, bytes != 0 ? 4 : 0, structSize) >= 0;
        case 3:
            return jm_inspect_pages (name, choice >> 8, text, bytes) > 0;
        case 4:
            return jm_remove_unused_if_unchanged (name, choice >> 8, choice >> 16, 0, 0) == 0;
        default:
            return jm_remove_unused (name) == 0;
    }
}

#endif
