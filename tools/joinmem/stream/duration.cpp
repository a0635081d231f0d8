// SPDX-License-Identifier: MIT
#include "duration.hpp"

#include "../command.hpp"

#include <cstdlib>

namespace tool::stream
{
namespace
{
// Nanoseconds; 0: there is no such unit.
double unitOf (const std::string& text) noexcept
{
    struct Unit
    {
        const char* name;
        double nanoseconds;
    };
    static const Unit units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6},  {"s", 1e9},
                                 {"", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    for (const Unit& unit : units)
    {
        if (text == unit.name)
        {
            return unit.nanoseconds;
        }
    }
    return 0;
}
}  // namespace

std::chrono::nanoseconds durationOf (const std::string& text)
{
    const std::size_t split = text.find_first_not_of ("0123456789.");
    const std::string digits = text.substr (0, split);
    const double unit = unitOf (split == std::string::npos ? std::string () : text.substr (split));
    char* end = nullptr;
    const double nanoseconds = std::strtod (digits.c_str (), &end) * unit;
    if (end == digits.c_str () || *end != '\0' || unit == 0)
    {
        throw Stop (Usage, "\"" + text + "\" is no time: write 500ms, 2s or 1m");
    }
    constexpr double most = 9e18;  // 285 years
    return std::chrono::nanoseconds (static_cast<int64_t> (nanoseconds < most ? nanoseconds : most));
}

}  // namespace tool::stream
