// SPDX-License-Identifier: MIT
// CPUs: which there are, on which node, how far apart, and what the machine is called.
#ifndef JOINMEM_TOOL_BENCH_CORES_HPP
#define JOINMEM_TOOL_BENCH_CORES_HPP

#include "plan.hpp"

#include <string>
#include <vector>

namespace tool::bench
{
/// Numbers of the CPUs that this thread may run on, ascending.
std::vector<unsigned> allowedCpus ();

/// The calling thread runs on that one alone. @return 0, or an errno
int pinTo (unsigned cpu) noexcept;

/// "0-3,8" of numbers that ascend, and the other way round; what is no list has no numbers.
std::string listOf (const std::vector<unsigned>& numbers);
std::vector<unsigned> numbersIn (const std::string& list);

/// The NUMA node of that CPU, 0 where the kernel knows of none.
int nodeOfCpu (unsigned cpu);

/// Fills in plan.cpus and plan.nodes. @param asked "A,B", or empty: the two that are farthest in number
/// @throw Stop what is asked for is not there
void chooseCpus (Plan& plan, const std::string& asked);

/// A cache line between the two CPUs and back, in nanoseconds: the best of a few attempts. 0: others had the CPUs.
double distanceOf (const Plan& plan);

/// One look at the clock, in nanoseconds.
double clockCost ();

struct Machine
{
    std::string kernel;
    std::string cpu;
    uint64_t memory = 0;  // bytes
    unsigned cpus = 0;
    unsigned nodes = 0;
    bool guest = false;  // a virtual machine
};

Machine machineHere ();

}  // namespace tool::bench

#endif
