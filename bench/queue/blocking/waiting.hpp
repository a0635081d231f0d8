// SPDX-License-Identifier: MIT
/// Measurements in which most threads sleep most of the time, and round trips.
#ifndef BENCH_QUEUE_BLOCKING_WAITING_HPP
#define BENCH_QUEUE_BLOCKING_WAITING_HPP

#include "runs.hpp"

namespace bench
{
namespace blocking
{
using Push = std::function<void (uint64_t value)>;

/// @param pop a consumer; it ends with its sentinel
/// @param push pushes one element from the calling thread
void runSleepers (const Order& order, Control& control, bool counted, Sample* sample, const Work& pop,
                  const Push& push);

/// The same with no element until the end, beside a thread that counts as fast as it can.
void runIdle (const Order& order, Control& control, bool counted, Sample* sample, const Work& pop, const Push& push);

void runRoundtrip (const Order& order, Control& control, bool counted, Sample* sample, const Work& work);

/// From here on membarrier(2) fails with EPERM in this process, as a container's filter makes it.
void refuseMembarrier ();

}  // namespace blocking
}  // namespace bench

#endif
