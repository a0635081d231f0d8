// SPDX-License-Identifier: MIT
// A value or none. In place of std::optional, which would cost every user of memory.hpp and queue.hpp 1 200 preprocessed
// lines for a report that few of them ask for; used as that is.
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
template <typename T>
class Maybe
{
public:
    Maybe () noexcept = default;

    Maybe (T value)
    : _value (std::move (value))
    , _there (true)
    {
    }

    bool has_value () const noexcept
    {
        return _there;
    }

    explicit operator bool () const noexcept
    {
        return _there;
    }

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

    T value_or (T otherwise) const
    {
        return _there ? _value : otherwise;
    }

    void reset ()
    {
        _value = T ();
        _there = false;
    }

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
