// SPDX-License-Identifier: MIT
/// How much of a test: JOINMEM_TEST_SCALE is quick unless told, ci or long. Sanitizers make all of it slower.
#ifndef JOIN_TESTS_QUEUE_SCALE_HPP
#define JOIN_TESTS_QUEUE_SCALE_HPP

#include <cstdint>
#include <cstdlib>
#include <cstring>

inline uint64_t scaled (uint64_t quick, uint64_t ci, uint64_t lengthy)
{
    const char* scale = std::getenv ("JOINMEM_TEST_SCALE");
    if (scale == nullptr || std::strcmp (scale, "quick") == 0)
    {
        return quick;
    }
    return std::strcmp (scale, "ci") == 0 ? ci : lengthy;
}

#endif
