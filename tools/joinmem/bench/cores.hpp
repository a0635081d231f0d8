// SPDX-License-Identifier: MIT
// The CPUs and nodes that are measured, and a description of the machine.
#ifndef JOINMEM_TOOL_BENCH_CORES_HPP
#define JOINMEM_TOOL_BENCH_CORES_HPP

#include "plan.hpp"

#include <string>
#include <vector>

namespace tool::bench
{
/// Converts ascending numbers to a list such as "0-3,8", and back. An invalid list has no numbers.
std::string listOf (const std::vector<unsigned>& numbers);
std::vector<unsigned> numbersIn (const std::string& list);

/// The NUMA node of that CPU; 0 if the kernel reports none.
int nodeOfCpu (unsigned cpu);

/// Sets plan.cpus and plan.nodes. @param requested "A,B", or empty: the lowest and the highest number
/// @throw Stop the requested CPUs are not available
void chooseCpus (Plan& plan, const std::string& requested);

struct Machine
{
    std::string kernel;
    std::string cpu;
    uint64_t memory = 0;  // bytes
    unsigned cpus = 0;
    unsigned nodes = 0;
    bool guest = false;  // whether this is a virtual machine
};

Machine machineHere ();

}  // namespace tool::bench

#endif
