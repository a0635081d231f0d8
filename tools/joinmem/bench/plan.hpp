// SPDX-License-Identifier: MIT
// What to measure, from the command line.
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
    static constexpr uint64_t capacity = 1024;      // of every queue, in elements
    static constexpr uint64_t periodNanos = 5'000;  // between two elements of the paced latency
    static constexpr unsigned batch = 32;           // elements per call of the batch calls

    Between between = Between::Cores;
    unsigned cpus[2] = {0, 0};  // of the producer and the consumer
    int nodes[2] = {-1, -1};    // of these CPUs; -1: memory is not bound
    double seconds = 0.2;       // per measurement
    unsigned rounds = 3;
    bool memory = true;

    /// Whether both sides share one CPU: a side that waits then yields it to the other.
    bool oneCpu () const
    {
        return cpus[0] == cpus[1];
    }
};

}  // namespace tool::bench

#endif
