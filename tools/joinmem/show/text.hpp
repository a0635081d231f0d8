// SPDX-License-Identifier: MIT
// Numbers, durations and names as people read them.
#ifndef JOINMEM_TOOL_TEXT_HPP
#define JOINMEM_TOOL_TEXT_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace tool
{
/// 4096 "4K", 1536 "1.5K", 0 "0": powers of 1024, at most five characters.
std::string bytesText (uint64_t bytes);

/// 1234567 "1.23M": powers of 1000, at most five characters.
std::string countText (double count);

/// Nanoseconds as "340ns", "12us", "5s", "3m", "2h", "4d": the largest unit alone.
std::string ageText (uint64_t nanoseconds);

/// A date in UTC, as in ISO 8601, of nanoseconds since 1970.
std::string dateText (uint64_t nanoseconds);

/// What a hostile name, or a word of a segment, cannot do to a terminal: control characters and what is no UTF-8 are shown
/// as \xNN, a backslash as two.
std::string printable (const std::string& text);

/// Columns that a terminal needs for UTF-8 of one column a character.
std::size_t widthOf (const std::string& text);

/// "10", "10s", "500ms", "2m", "3h", "1d": nanoseconds. What is none ends the program with Usage.
int64_t readDuration (const std::string& text, const char* option);

/// Nanoseconds since 1970, CLOCK_REALTIME, as segments say when they were made.
uint64_t today ();

/// A share of 0 to 1 as a bar of that many columns, in eighths of one.
std::string bar (double share, unsigned columns);

/// A column for each of the last `columns` values, from 0 to the largest.
std::string sparkline (const std::vector<double>& values, std::size_t columns);

}  // namespace tool

#endif
