// SPDX-License-Identifier: MIT
// Shows a queue live, with the rates between two updates.
#ifndef JOINMEM_TOOL_WATCH_HPP
#define JOINMEM_TOOL_WATCH_HPP

#include "seen.hpp"

#include <cstdint>

namespace tool
{
/// Elements per second, in and out.
struct Rates
{
    double in = 0;
    double out = 0;
};

/// The rates between two snapshots of the same queue. Skipped cells count as elements. A counter that goes backwards,
/// as in a damaged queue, gives 0.
Rates ratesOf (const join::SegmentInfo& before, const join::SegmentInfo& now, int64_t nanoseconds) noexcept;

/// Whether both are the same file: a name may be removed and created again.
bool isSame (const join::SegmentInfo& a, const join::SegmentInfo& b) noexcept;

/// Shows the queue repeatedly until Ctrl-C: in place on a terminal, else line by line.
/// @throw Stop Vanished; NoQueue
void watch (const std::string& name, int64_t interval);

}  // namespace tool

#endif
