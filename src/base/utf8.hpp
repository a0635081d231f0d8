// SPDX-License-Identifier: MIT
// UTF-8 (RFC 3629): validates characters, and cuts texts between characters.
#ifndef JOIN_SRC_BASE_UTF8_HPP
#define JOIN_SRC_BASE_UTF8_HPP

#include <join/detail/abi.hpp>

#include <cstddef>
#include <string_view>

namespace join
{
inline namespace JOIN_ABI
{
/// Bytes of the well-formed character at the front of the text; 0 if there is none.
std::size_t characterLength (std::string_view text) noexcept;

/// The length of the longest prefix of at most `most` bytes that does not end inside a character. A text that is not
/// UTF-8 is cut anywhere.
std::size_t cutLength (std::string_view text, std::size_t most) noexcept;

/// Makes the text valid UTF-8, in place. A character that is cut off at the end is removed. Each other byte that is not
/// part of a character, as file names may contain, becomes a question mark.
void makeUtf8 (char* text) noexcept;

}  // namespace JOIN_ABI
}  // namespace join

#endif
