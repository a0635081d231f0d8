// SPDX-License-Identifier: MIT
#include "text.hpp"

#include "../command.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace tool
{
namespace text
{
constexpr const char* eighths[] = {"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589", "\u2588"};
constexpr const char* heights[] = {"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};

std::string scaled (double value, double base, const char* units, int digits)
{
    while (*units != '\0' && units[1] != '\0' && value >= base - 0.5)
    {
        value /= base;
        ++units;
    }
    char shown[32];
    const bool whole = *units == ' ' || value == std::floor (value);
    std::snprintf (shown, sizeof (shown), "%.*f", whole ? 0 : value < 10 ? digits : value < 100 ? 1 : 0, value);
    std::string result = shown;
    if (*units != ' ')
    {
        result += *units;
    }
    return result;
}

// The bytes of the character at `from`; 0: invalid by RFC 3629, that is, overlong, a surrogate, or above the last one.
std::size_t sequence (const std::string& text, std::size_t from)
{
    const auto byte = [&] (std::size_t i) { return i < text.size () ? static_cast<unsigned char> (text[i]) : 0U; };
    const unsigned first = byte (from);
    const std::size_t length = first < 0x80                     ? 1
                               : first >= 0xc2 && first <= 0xdf ? 2
                               : first >= 0xe0 && first <= 0xef ? 3
                               : first >= 0xf0 && first <= 0xf4 ? 4
                                                                : 0;
    for (std::size_t i = 1; i < length; ++i)
    {
        if ((byte (from + i) & 0xc0U) != 0x80)
        {
            return 0;
        }
    }
    const unsigned second = byte (from + 1);
    const bool outside = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)
                         || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return length > 1 && outside ? 0 : length;
}

// Control characters, C1 included, and characters that change the direction of writing.
bool isTricky (const std::string& character)
{
    return character < " " || character == "\x7f" || (character >= "\u0080" && character <= "\u009f")
           || (character >= "\u200b" && character <= "\u200f") || (character >= "\u2028" && character <= "\u202e")
           || (character >= "\u2066" && character <= "\u2069") || character == "\ufeff";
}
}  // namespace text

std::string bytesText (uint64_t bytes)
{
    return text::scaled (static_cast<double> (bytes), 1024, " KMGTPE", 1);
}

std::string countText (double count)
{
    return text::scaled (count, 1000, " kMGTPE", 2);
}

std::string hexText (uint64_t number)
{
    char shown[24];
    std::snprintf (shown, sizeof (shown), "0x%llx", static_cast<unsigned long long> (number));
    return shown;
}

std::string octalText (uint32_t permissions)
{
    char shown[16];
    std::snprintf (shown, sizeof (shown), "%03o", permissions);
    return shown;
}

std::string elementsText (uint64_t count)
{
    return std::to_string (count) + (count == 1 ? " element" : " elements");
}

std::string ageText (uint64_t nanoseconds)
{
    struct Unit
    {
        uint64_t of;
        const char* name;
    };
    constexpr uint64_t second = 1'000'000'000;
    constexpr Unit units[] = {{86400 * second, "d"}, {3600 * second, "h"}, {60 * second, "m"},
                              {second, "s"},         {1'000'000, "ms"},    {1000, "us"}};
    for (const Unit& unit : units)
    {
        if (nanoseconds >= unit.of)
        {
            return std::to_string (nanoseconds / unit.of) + unit.name;
        }
    }
    return std::to_string (nanoseconds) + "ns";
}

std::string dateText (uint64_t nanoseconds)
{
    const std::time_t seconds = static_cast<std::time_t> (nanoseconds / 1'000'000'000);
    std::tm parts = {};
    char shown[40] = "";
    if (gmtime_r (&seconds, &parts) != nullptr)
    {
        std::strftime (shown, sizeof (shown), "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return shown;
}

std::string printable (const std::string& input)
{
    std::string result;
    for (std::size_t i = 0; i < input.size ();)
    {
        const std::size_t length = text::sequence (input, i);
        const std::string character = input.substr (i, length == 0 ? 1 : length);
        if (character == "\\")
        {
            result += "\\\\";
        }
        else if (length != 0 && !text::isTricky (character))
        {
            result += character;
        }
        else
        {
            for (const char byte : character)
            {
                char escape[8];
                std::snprintf (escape, sizeof (escape), "\\x%02x",
                               static_cast<unsigned> (static_cast<unsigned char> (byte)));
                result += escape;
            }
        }
        i += character.size ();
    }
    return result;
}

std::size_t widthOf (const std::string& input)
{
    return static_cast<std::size_t> (
        std::count_if (input.begin (), input.end (), [] (char byte) { return (byte & 0xc0) != 0x80; }));
}

std::string shortened (const std::string& input, std::size_t columns)
{
    const std::size_t width = widthOf (input);
    if (width <= columns || columns == 0)
    {
        return columns == 0 ? "" : input;
    }
    // Keeps more of the beginning than of the end: names differ in both.
    const std::size_t end = (columns - 1) / 3;
    const std::size_t begin = columns - 1 - end;
    std::size_t at = 0;
    std::string result;
    for (std::size_t i = 0; i < input.size (); ++i)
    {
        at += (input[i] & 0xc0) != 0x80 ? 1 : 0;
        if (at == begin + 1 && (input[i] & 0xc0) != 0x80)
        {
            result += "\u2026";
        }
        if (at <= begin || at > width - end)
        {
            result += input[i];
        }
    }
    return result;
}

std::size_t distanceOf (const std::string& a, const std::string& b)
{
    std::vector<std::vector<std::size_t>> table (a.size () + 1, std::vector<std::size_t> (b.size () + 1));
    for (std::size_t i = 0; i <= a.size (); ++i)
    {
        for (std::size_t j = 0; j <= b.size (); ++j)
        {
            if (i == 0 || j == 0)
            {
                table[i][j] = i + j;
                continue;
            }
            const std::size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
            table[i][j] = std::min ({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + same});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            {
                table[i][j] = std::min (table[i][j], table[i - 2][j - 2] + 1);
            }
        }
    }
    return table[a.size ()][b.size ()];
}

int64_t readDuration (const std::string& input, const char* option)
{
    const std::size_t split = input.find_first_not_of ("0123456789.");
    const std::string digits = input.substr (0, split);
    const std::string unit = split == std::string::npos ? "" : input.substr (split);
    char* end = nullptr;
    const double number = std::strtod (digits.c_str (), &end);
    const double scale = unit == "ns"                   ? 1
                         : unit == "us"                 ? 1e3
                         : unit == "ms"                 ? 1e6
                         : unit.empty () || unit == "s" ? 1e9
                         : unit == "m"                  ? 60e9
                         : unit == "h"                  ? 3600e9
                         : unit == "d"                  ? 86400e9
                                                        : 0;
    if (end == digits.c_str () || *end != '\0' || scale == 0 || number * scale >= 9e18)
    {
        throw Stop (Usage, std::string (option) + ": \"" + printable (input)
                               + "\" is not a duration: write a number with ns, us, ms, s, m, h or d");
    }
    return static_cast<int64_t> (number * scale);
}

uint64_t today ()
{
    std::timespec now = {};
    std::timespec_get (&now, TIME_UTC);
    return static_cast<uint64_t> (now.tv_sec) * 1'000'000'000 + static_cast<uint64_t> (now.tv_nsec);
}

std::string bar (double share, unsigned columns)
{
    share = std::min (std::max (share, 0.0), 1.0);
    const unsigned parts = static_cast<unsigned> (std::lround (share * columns * 8));
    std::string result;
    for (unsigned i = 0; i < columns; ++i)
    {
        const unsigned here = parts > i * 8 ? std::min (parts - i * 8, 8U) : 0;
        result += here == 0 ? "\u00b7" : text::eighths[here];
    }
    return result;
}

std::string sparkline (const std::vector<double>& values, std::size_t columns)
{
    const std::size_t count = std::min (values.size (), columns);
    const auto first = values.end () - static_cast<std::ptrdiff_t> (count);
    const double most = count == 0 ? 0 : *std::max_element (first, values.end ());
    std::string result;
    for (auto value = first; value != values.end (); ++value)
    {
        const double share = most > 0 ? *value / most : 0;
        result += text::heights[static_cast<std::size_t> (std::lround (std::min (std::max (share, 0.0), 1.0) * 7))];
    }
    return result;
}

}  // namespace tool
