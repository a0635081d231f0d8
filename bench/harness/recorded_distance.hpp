// SPDX-License-Identifier: MIT
#ifndef BENCH_HARNESS_RECORDED_DISTANCE_HPP
#define BENCH_HARNESS_RECORDED_DISTANCE_HPP

#include "cpus.hpp"

namespace harness
{
/// The distance as in the recorded data, with more patience beside other programs. @return 0: not known after 5 s
inline double recordedDistance (const unsigned (&cpus)[2])
{
    double distance = 0;
    for (int i = 0; i < 50 && distance == 0; ++i)
    {
        distance = distanceOf (cpus[0], cpus[1], false, recordedAttempts);
    }
    return distance;
}

}  // namespace harness

#endif
