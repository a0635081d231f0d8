// SPDX-License-Identifier: MIT
// A fixed number of elements on the heap. <vector> would add 3 700 preprocessed lines to every program that includes
// memory.hpp or queue.hpp, for reports that few of them use.
#ifndef JOIN_DETAIL_ARRAY_HPP
#define JOIN_DETAIL_ARRAY_HPP

#include <join/detail/abi.hpp>

#include <cstddef>

namespace join
{
inline namespace JOIN_ABI
{
namespace detail
{
/// An array that owns its elements; moved, not copied. An array that was moved from is empty.
/// Thread safety: that of a container. Since: 0.1
template <typename T>
class Array
{
public:
    /// Makes an empty array.
    Array () noexcept = default;

    /// Makes `size` elements, each value-initialised. @throw std::bad_alloc, and as T's constructor
    explicit Array (std::size_t size)
    : _first (size != 0 ? new T[size]() : nullptr)
    , _size (size)
    {
    }

    Array (Array&& other) noexcept
    : _first (other._first)
    , _size (other._size)
    {
        other._first = nullptr;
        other._size = 0;
    }

    Array& operator= (Array&& other) noexcept
    {
        if (this != &other)
        {
            delete[] _first;
            _first = other._first;
            _size = other._size;
            other._first = nullptr;
            other._size = 0;
        }
        return *this;
    }

    ~Array ()
    {
        delete[] _first;
    }

    /// Returns the address of the first element; null for an empty array.
    T* begin () const noexcept
    {
        return _first;
    }

    /// Returns the address after the last element.
    T* end () const noexcept
    {
        return _first + _size;
    }

    /// Returns the number of elements.
    std::size_t size () const noexcept
    {
        return _size;
    }

    /// Whether there are no elements.
    bool empty () const noexcept
    {
        return _size == 0;
    }

    /// Returns element i, which must be less than size ().
    T& operator[] (std::size_t i) const noexcept
    {
        return _first[i];
    }

private:
    T* _first = nullptr;
    std::size_t _size = 0;
};
}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
