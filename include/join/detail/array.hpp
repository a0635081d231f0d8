// SPDX-License-Identifier: MIT
// A fixed number of elements on the heap, owned. In place of std::vector, which would cost every user of memory.hpp
// and queue.hpp 3 700 preprocessed lines for a report that few of them ask for.
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
template <typename T>
class Array
{
public:
    Array () noexcept = default;

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

    T* begin () const noexcept
    {
        return _first;
    }

    T* end () const noexcept
    {
        return _first + _size;
    }

    std::size_t size () const noexcept
    {
        return _size;
    }

    bool empty () const noexcept
    {
        return _size == 0;
    }

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
