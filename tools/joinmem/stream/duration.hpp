// SPDX-License-Identifier: MIT
// Times as a command line has them: 500ms, 2s, 1.5m; without a unit seconds.
#ifndef JOINMEM_TOOL_STREAM_DURATION_HPP
#define JOINMEM_TOOL_STREAM_DURATION_HPP

#include <chrono>
#include <string>

namespace tool::stream
{
/// Throws Stop (Usage) where it is none.
std::chrono::nanoseconds durationOf (const std::string& text);

}  // namespace tool::stream

#endif
