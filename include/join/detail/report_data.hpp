// SPDX-License-Identifier: MIT
// How reports cross from the library into inline code of the program: as plain data, which the inline code copies into
// the public structs with their std types. So the debug mode of the program's standard library, its string ABI, and
// fields that later versions append do not matter.
#ifndef JOIN_DETAIL_REPORT_DATA_HPP
#define JOIN_DETAIL_REPORT_DATA_HPP

#include <join/detail/abi.hpp>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
struct TextData
{
    const char* begin;
    uint64_t size;  // bytes

    std::string string () const
    {
        return size != 0 ? std::string (begin, static_cast<std::size_t> (size)) : std::string ();
    }
};

struct NumberData
{
    uint64_t value;
    bool known;

    template <typename Number = uint64_t>
    std::optional<Number> optional () const
    {
        return known ? std::optional<Number> (static_cast<Number> (value)) : std::optional<Number> ();
    }
};

/// Copies the fields that the library knows; the rest is zero. Its struct is shorter if it is older than this header.
template <typename Data>
Data copyKnown (const Data& data) noexcept
{
    Data copy = {};
    std::memcpy (&copy, &data, data.structSize < sizeof (copy) ? data.structSize : sizeof (copy));
    return copy;
}
}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
