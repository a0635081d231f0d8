// SPDX-License-Identifier: MIT
// What is to be measured, as the command line has it.
#ifndef JOINMEM_TOOL_BENCH_PLAN_HPP
#define JOINMEM_TOOL_BENCH_PLAN_HPP

#include <cstdint>

namespace tool::bench
{
enum class Between
{
    Cores,      // threads of this process, on two CPUs
    Nodes,      // threads on CPUs of two NUMA nodes
    Processes,  // this process and a forked one, on two CPUs
};

struct Plan
{
    static constexpr uint64_t capacity = 1024;    // elements, of every queue
    static constexpr uint64_t paceNanos = 5'000;  // between two elements of the paced latency
    static constexpr unsigned batch = 32;         // of a call for several elements

    Between between = Between::Cores;
    unsigned cpus[2] = {0, 0};  // of whoever pushes, of whoever pops
    int nodes[2] = {-1, -1};    // of those; -1: memory is not bound
    double seconds = 0.2;       // a measurement
    unsigned rounds = 3;
    bool memory = true;

    /// Nobody moves then: whoever waits gives the CPU to the other.
    bool oneCpu () const
    {
        return cpus[0] == cpus[1];
    }
};

}  // namespace tool::bench

#endif
