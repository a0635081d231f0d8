// SPDX-License-Identifier: MIT
// Runs all measurements in order, and repeats those during which the cores moved.
#ifndef JOINMEM_TOOL_BENCH_SUITE_HPP
#define JOINMEM_TOOL_BENCH_SUITE_HPP

#include "progress.hpp"
#include "results.hpp"
#include "signals.hpp"

namespace tool::bench
{
/// @throw Stop a measurement failed, or a signal has arrived
Results measureAll (const Plan& plan, Signals& signals, Progress& progress);

}  // namespace tool::bench

#endif
