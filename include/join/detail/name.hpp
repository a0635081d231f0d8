// SPDX-License-Identifier: MIT
// The parameter type of functions that take the name of a segment.
#ifndef JOIN_DETAIL_NAME_HPP
#define JOIN_DETAIL_NAME_HPP

#include <join/detail/abi.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
// Treats a null name as an empty one: functions fail with EINVAL for both.
inline std::string_view nameOf (const char* name) noexcept
{
    return name != nullptr ? std::string_view (name) : std::string_view ();
}

/// The name of a segment as an argument: a C string, or anything that converts to a std::string_view, a C string or a
/// std::string, as std::filesystem::path does. Valid until the end of the call.
/// Thread safety: an object belongs to its call. Since: 0.1
class Name
{
    template <typename Text, typename To>
    static constexpr bool converts = std::is_convertible<const Text&, To>::value;

    template <typename Text>
    static constexpr bool isName =
        !std::is_same<Text, std::nullptr_t>::value && !std::is_same<Text, Name>::value
        && (converts<Text, std::string_view> || converts<Text, const char*> || converts<Text, std::string>);

public:
    /// Refers to a C string, or to an empty one if it is null.
    Name (const char* name) noexcept
    : _text (nameOf (name))
    {
    }

    /// Refers to the text if it converts to a std::string_view or a C string, and keeps a std::string otherwise.
    /// @throw as the conversion
    template <typename Text, typename = std::enable_if_t<isName<Text>>>
    Name (const Text& name)
    {
        if constexpr (converts<Text, const char*>)  // first: a null pointer is no text for a std::string_view
        {
            _text = nameOf (name);
        }
        else if constexpr (converts<Text, std::string_view>)
        {
            _text = name;
        }
        else
        {
            std::string own = name;
            _own = std::move (own);
            _text = _own;
        }
    }

    Name (const Name&) = delete;
    Name& operator= (const Name&) = delete;

    /// Returns the text.
    std::string_view text () const noexcept
    {
        return _text;
    }

private:
    std::string _own;
    std::string_view _text;
};
}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
