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

/// "0x2a": all 64 bits; many JSON readers keep a number only up to 2^53.
std::string hexText (uint64_t number);

/// 0640 "640"; at least three digits.
std::string octalText (uint32_t permissions);

/// "1 element", "5 elements".
std::string elementsText (uint64_t count);

/// Nanoseconds as "340ns", "12us", "5s", "3m", "2h", "4d": only the largest unit.
std::string ageText (uint64_t nanoseconds);

/// The date in UTC, as in ISO 8601, from nanoseconds since 1970.
std::string dateText (uint64_t nanoseconds);

/// Makes text from a hostile name or segment safe for a terminal: shows control characters and invalid UTF-8 as \xNN,
/// and a backslash as two.
std::string printable (const std::string& text);

/// The width of UTF-8 text in columns, one for each character.
std::size_t widthOf (const std::string& text);

/// The text in at most that many columns: an ellipsis replaces the middle of a longer one.
std::string shortened (const std::string& text, std::size_t columns);

/// The edit distance of two words: the number of letters to insert, delete, replace or swap.
std::size_t distanceOf (const std::string& a, const std::string& b);

/// Parses "10", "10s", "500ms", "2m", "3h" or "1d" to nanoseconds. @throw Stop (Usage) not a duration
int64_t readDuration (const std::string& text, const char* option);

/// Nanoseconds since 1970 by CLOCK_REALTIME, as in the creation time of a segment.
uint64_t today ();

/// A share from 0 to 1 as a bar of that many columns, in steps of an eighth.
std::string bar (double share, unsigned columns);

/// A column for each of the last `columns` values, scaled from 0 to the largest.
std::string sparkline (const std::vector<double>& values, std::size_t columns);

}  // namespace tool

#endif
