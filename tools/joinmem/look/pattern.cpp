// SPDX-License-Identifier: MIT
#include "pattern.hpp"

#include <cstddef>
#include <fnmatch.h>

namespace tool
{
namespace pattern
{
const char* bare (const std::string& name) noexcept
{
    return name.c_str () + (!name.empty () && name[0] == '/' ? 1 : 0);
}

bool isDigit (char c) noexcept
{
    return c >= '0' && c <= '9';
}

// The run of digits at `from`, without leading zeros: where it begins and where it ends.
struct Digits
{
    Digits (const std::string& text, std::size_t from) noexcept
    : begin (from)
    , end (from)
    {
        while (begin < text.size () && text[begin] == '0')
        {
            ++begin;
        }
        end = begin;
        while (end < text.size () && isDigit (text[end]))
        {
            ++end;
        }
    }

    std::size_t begin;
    std::size_t end;
};
}  // namespace pattern

Patterns::Patterns (const std::vector<std::string>& patterns)
{
    for (const std::string& input : patterns)
    {
        _patterns.push_back (One {input, false});
    }
}

bool Patterns::match (const std::string& name)
{
    bool any = _patterns.empty ();
    for (One& one : _patterns)
    {
        if (::fnmatch (pattern::bare (one.input), pattern::bare (name), 0) == 0)
        {
            one.matched = true;
            any = true;
        }
    }
    return any;
}

std::vector<std::string> Patterns::unmatched () const
{
    std::vector<std::string> result;
    for (const One& one : _patterns)
    {
        if (!one.matched)
        {
            result.push_back (one.input);
        }
    }
    return result;
}

bool naturalLess (const std::string& a, const std::string& b) noexcept
{
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size () && j < b.size ())
    {
        if (pattern::isDigit (a[i]) && pattern::isDigit (b[j]))
        {
            const pattern::Digits first (a, i);
            const pattern::Digits second (b, j);
            const std::size_t length = first.end - first.begin;
            if (length != second.end - second.begin)
            {
                return length < second.end - second.begin;
            }
            const int order = a.compare (first.begin, length, b, second.begin, length);
            if (order != 0)
            {
                return order < 0;
            }
            i = first.end;
            j = second.end;
            continue;
        }
        if (a[i] != b[j])
        {
            return static_cast<unsigned char> (a[i]) < static_cast<unsigned char> (b[j]);
        }
        ++i;
        ++j;
    }
    // Equal except for leading zeros, or one is a prefix of the other.
    return a.size () - i != b.size () - j ? a.size () - i < b.size () - j : a < b;
}

}  // namespace tool
