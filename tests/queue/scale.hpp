// SPDX-License-Identifier: MIT
/// Scales the number of rounds: JOINMEM_TEST_SCALE is quick (the default), ci or long.
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

/// Whether the test judges times and shares of the CPU: only in suite long, on a machine that does nothing else. In
/// other suites a test counts, or waits for a condition.
inline bool judgesTime ()
{
    return scaled (0, 0, 1) != 0;
}

#endif
