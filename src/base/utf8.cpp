// SPDX-License-Identifier: MIT
// Validates UTF-8 (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF) and cuts texts between characters.
#include "base/utf8.hpp"

#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
bool follows (char c) noexcept
{
    return (static_cast<unsigned char> (c) & 0xC0U) == 0x80U;
}

// Bytes of a character whose first byte this is; 0 if no character begins with it.
std::size_t lengthFrom (unsigned first) noexcept
{
    return first < 0x80                     ? 1
           : first >= 0xC2 && first <= 0xDF ? 2
           : first >= 0xE0 && first <= 0xEF ? 3
           : first >= 0xF0 && first <= 0xF4 ? 4
                                            : 0;
}

// How many bytes at the front belong to one character, which may be cut off. *whole: bytes of the complete character.
// @return 0 if no character begins there
std::size_t prefixLength (std::string_view text, std::size_t* whole) noexcept
{
    const unsigned first = text.empty () ? 0x80U : static_cast<unsigned char> (text[0]);
    *whole = lengthFrom (first);
    if (*whole == 0)
    {
        return 0;
    }
    std::size_t length = 1;
    while (length < *whole && length < text.size () && follows (text[length]))
    {
        ++length;
    }
    const unsigned second = length > 1 ? static_cast<unsigned char> (text[1]) : 0;
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool outside = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
    return length > 1 && (overlong || outside) ? 0 : length;
}
}  // namespace

std::size_t characterLength (std::string_view text) noexcept
{
    std::size_t whole = 0;
    const std::size_t length = prefixLength (text, &whole);
    return length == whole ? length : 0;
}

std::size_t cutLength (std::string_view text, std::size_t most) noexcept
{
    if (text.size () <= most)
    {
        return text.size ();
    }
    std::size_t end = most;
    while (end > 0 && most - end < 3 && follows (text[end]))
    {
        --end;
    }
    const bool inside = end < most && characterLength (text.substr (end)) > most - end;
    return inside ? end : most;
}

void makeUtf8 (char* text) noexcept
{
    std::string_view rest (text);
    char* to = text;
    while (!rest.empty ())
    {
        std::size_t whole = 0;
        const std::size_t length = prefixLength (rest, &whole);
        if (length != 0 && length == whole)
        {
            std::memmove (to, rest.data (), length);
            to += length;
            rest.remove_prefix (length);
        }
        else if (length != 0 && length == rest.size ())
        {
            break;  // the text ends inside a character
        }
        else
        {
            *to++ = '?';
            rest.remove_prefix (1);
        }
    }
    *to = '\0';
}

}  // namespace JOIN_ABI
}  // namespace join
