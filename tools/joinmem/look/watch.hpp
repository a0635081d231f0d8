// SPDX-License-Identifier: MIT
// Queues as they go on: rates from one look to the next.
#ifndef JOINMEM_TOOL_WATCH_HPP
#define JOINMEM_TOOL_WATCH_HPP

#include "seen.hpp"

#include <cstdint>

namespace tool
{
/// Elements in and out a second.
struct Rates
{
    double in = 0;
    double out = 0;
};

/// Between two looks at the same queue. Holes count; a counter that goes back, as of a damaged queue, is 0.
Rates ratesOf (const join::SegmentInfo& before, const join::SegmentInfo& now, int64_t nanoseconds) noexcept;

/// Whether both are the same file: a name may be removed, and another made of it.
bool isSame (const join::SegmentInfo& a, const join::SegmentInfo& b) noexcept;

/// Shows the queue again and again, in place on a terminal and else line by line, until Ctrl-C.
/// @throw Stop Vanished; NoQueue
void watch (const std::string& name, int64_t interval);

}  // namespace tool

#endif
