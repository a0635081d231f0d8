// SPDX-License-Identifier: MIT
// An optional value, with the members of std::optional that reports need. <optional> would
// add 1 200 preprocessed lines to every program that includes memory.hpp or queue.hpp, for reports that few of them
// use.
#ifndef JOIN_DETAIL_MAYBE_HPP
#define JOIN_DETAIL_MAYBE_HPP

#include <join/detail/abi.hpp>

#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// A value of type T, or none. operator* and operator-> require a value.
/// Thread safety: that of T. Since: 0.1
template <typename T>
class Maybe
{
public:
    /// Makes an object without a value.
    Maybe () noexcept = default;

    /// Makes an object with this value.
    Maybe (T value)
    : _value (std::move (value))
    , _there (true)
    {
    }

    /// Whether there is a value.
    bool has_value () const noexcept
    {
        return _there;
    }

    /// Whether there is a value.
    explicit operator bool () const noexcept
    {
        return _there;
    }

    /// Returns the value.
    const T& operator* () const noexcept
    {
        return _value;
    }

    T& operator* () noexcept
    {
        return _value;
    }

    const T* operator->() const noexcept
    {
        return &_value;
    }

    /// Returns the value, or `otherwise` if there is none.
    T value_or (T otherwise) const
    {
        return _there ? _value : otherwise;
    }

    /// Removes the value.
    void reset ()
    {
        _value = T ();
        _there = false;
    }

    /// Whether there is a value and it equals the other one.
    friend bool operator== (const Maybe& a, const T& b)
    {
        return a._there && a._value == b;
    }

    friend bool operator== (const T& a, const Maybe& b)
    {
        return b == a;
    }

    friend bool operator!= (const Maybe& a, const T& b)
    {
        return !(a == b);
    }

    friend bool operator!= (const T& a, const Maybe& b)
    {
        return !(b == a);
    }

private:
    T _value = T ();
    bool _there = false;
};
}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
