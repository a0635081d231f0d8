// SPDX-License-Identifier: MIT
// One measurement, and what came of it.
#ifndef JOINMEM_TOOL_BENCH_SAMPLE_HPP
#define JOINMEM_TOOL_BENCH_SAMPLE_HPP

#include "crew.hpp"
#include "histogram.hpp"

#include <stdexcept>

namespace tool::bench
{
/// Not all that was pushed came out, once and in order.
struct WrongQueue : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

struct Sample
{
    Pace pace;
    Histogram latencies;  // empty where none are taken
};

/// Both sides through all phases. @throw Stop one failed; WrongQueue
Sample run (const Plan& plan, Signals& signals, const Sides& sides);

}  // namespace tool::bench

#endif
