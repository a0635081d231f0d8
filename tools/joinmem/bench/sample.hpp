// SPDX-License-Identifier: MIT
// One measurement and its result.
#ifndef JOINMEM_TOOL_BENCH_SAMPLE_HPP
#define JOINMEM_TOOL_BENCH_SAMPLE_HPP

#include "workers.hpp"
#include "histogram.hpp"

#include <stdexcept>

namespace tool::bench
{
/// The queue lost, duplicated, tore or reordered an element.
struct WrongQueue : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

struct Sample
{
    Rate rate;
    Histogram latencies;  // empty if the measurement takes none
};

/// Runs both sides through all phases. @throw Stop a side failed; WrongQueue
Sample run (const Plan& plan, Signals& signals, const Sides& sides);

}  // namespace tool::bench

#endif
