// SPDX-License-Identifier: MIT
// Measures how soon memory is ready: from the call until every page of it is written.
#ifndef JOINMEM_TOOL_BENCH_MEMORY_HPP
#define JOINMEM_TOOL_BENCH_MEMORY_HPP

#include "progress.hpp"
#include "results.hpp"
#include "signals.hpp"

#include <vector>

namespace tool::bench
{
constexpr std::size_t memorySteps = 6;  // two classes, three sizes

std::vector<MemoryRow> measureMemory (const Plan& plan, Signals& signals, Progress& progress);

}  // namespace tool::bench

#endif
