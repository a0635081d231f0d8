// SPDX-License-Identifier: MIT
// Compile-time checks of element types. An address means nothing in another process, so a shared queue refuses
// pointers, references and views, also inside arrays, pairs and tuples. The members of a struct cannot be examined.
#ifndef JOIN_DETAIL_SHAREABLE_HPP
#define JOIN_DETAIL_SHAREABLE_HPP

#include <join/detail/segment.hpp>
#include <join/span.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
template <typename T>
struct Shareable;
}

/// Whether a T may pass from one process to another. Specialise it for a type of your own: true where an address inside
/// means the same in each of your processes, false where it must not leave its process.
///
///     template <> constexpr bool join::isShareable<Handle> = true;
template <typename T>
constexpr bool isShareable = detail::Shareable<T>::value;

namespace detail
{
/// std::string_view, join::Span.
template <typename T>
struct IsNamedView : std::false_type
{
};

template <typename Character, typename Traits>
struct IsNamedView<std::basic_string_view<Character, Traits>> : std::true_type
{
};

template <typename T>
struct IsNamedView<Span<T>> : std::true_type
{
};

/// std::span, and spans of other libraries, recognised by their members because <span> needs C++20.
template <typename T, typename = void>
struct IsSpan : std::false_type
{
};

template <typename T>
struct IsSpan<T, std::void_t<typename T::element_type, decltype (std::declval<const T&> ().data ())>> : std::true_type
{
};

/// std::reference_wrapper, recognised by its members without <functional>.
template <typename T, typename = void>
struct IsReferenceWrapper : std::false_type
{
};

template <typename T>
struct IsReferenceWrapper<T, std::void_t<typename T::type, decltype (std::declval<const T&> ().get ())>>
: std::is_same<decltype (std::declval<const T&> ().get ()), typename T::type&>
{
};

/// Whether the members of an array, pair or tuple may pass between processes; without <array> and <tuple>. An array's
/// members have one type, so 64 of them are examined at most.
template <typename T, typename = void>
struct MembersShareable : std::true_type
{
};

template <typename T, std::size_t... i>
constexpr bool membersShareable (std::index_sequence<i...>) noexcept
{
    return (isShareable<std::tuple_element_t<i, T>> && ...);
}

template <typename T>
struct MembersShareable<T, std::void_t<decltype (std::tuple_size<T>::value)>>
: std::bool_constant<membersShareable<T> (
      std::make_index_sequence<(std::tuple_size<T>::value < 64 ? std::tuple_size<T>::value : 64)> ())>
{
};

template <typename T, std::size_t n>
struct MembersShareable<T[n], void> : std::bool_constant<isShareable<T>>
{
};

template <typename T>
struct Shareable
: std::bool_constant<!(std::is_pointer<T>::value || std::is_member_pointer<T>::value || std::is_reference<T>::value
                       || IsNamedView<T>::value || IsSpan<T>::value || IsReferenceWrapper<T>::value)
                     && MembersShareable<T>::value>
{
};

template <typename T>
struct Shareable<const T> : std::bool_constant<isShareable<T>>
{
};

template <typename T>
struct Shareable<volatile T> : std::bool_constant<isShareable<T>>
{
};

template <typename T>
struct Shareable<const volatile T> : std::bool_constant<isShareable<T>>
{
};

template <typename T, bool shared>
struct ElementCheck
{
    static_assert (
        !shared || isShareable<T>,
        "an address means nothing in another process: in place of a pointer, a reference, std::string_view or "
        "std::span use an index, or an array with the bytes themselves; join::isShareable<T> opts out");
    static_assert (
        std::is_trivially_copyable<T>::value && std::is_trivially_destructible<T>::value,
        "an element is copied as bytes, so its type must be trivially copyable: no std::string, no container, no "
        "smart pointer; in place of std::pair and std::tuple use a struct with the same members");
    static_assert (sizeof (T) <= maxElement,
                   "an element has at most 64 KiB: larger ones go into a ShmMem, their numbers "
                   "through the queue");
    static_assert (alignof (T) <= pad, "an element is aligned to at most 128 bytes");
    static constexpr bool passed = true;
};
}  // namespace detail

}  // namespace JOIN_ABI
}  // namespace join

#endif
