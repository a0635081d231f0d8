// SPDX-License-Identifier: MIT
// All that is measured, in its order, and again where the cores moved meanwhile.
#ifndef JOINMEM_TOOL_BENCH_SUITE_HPP
#define JOINMEM_TOOL_BENCH_SUITE_HPP

#include "progress.hpp"
#include "results.hpp"
#include "signals.hpp"

namespace tool::bench
{
/// @throw Stop what is wrong; and where a signal came
Results measureAll (const Plan& plan, Signals& signals, Progress& progress);

}  // namespace tool::bench

#endif
