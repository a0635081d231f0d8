// SPDX-License-Identifier: MIT
// The result of reserve () and peek () of a queue.
#ifndef JOIN_SPAN_HPP
#define JOIN_SPAN_HPP

#include <join/detail/abi.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// Consecutive elements in the memory of a Spsc, as std::span has them: an address and a number, which own nothing.
/// Thread safety: as a pointer. Since: 0.1
template <typename T>
class Span
{
public:
    /// Makes an empty span, whose data () is null.
    Span () noexcept = default;

    /// Makes a span of `size` elements at `data`.
    Span (T* data, uint64_t size) noexcept
    : _data (data)
    , _size (size)
    {
    }

    /// Returns the address of the first element; null for an empty span of a queue.
    T* data () const noexcept
    {
        return _data;
    }

    /// Returns the number of elements.
    uint64_t size () const noexcept
    {
        return _size;
    }

    /// Whether there are no elements.
    bool empty () const noexcept
    {
        return _size == 0;
    }

    /// Returns the address of the first element.
    T* begin () const noexcept
    {
        return _data;
    }

    /// Returns the address after the last element.
    T* end () const noexcept
    {
        return _data + _size;
    }

    /// Returns element i, which must be less than size ().
    T& operator[] (uint64_t i) const noexcept
    {
        return _data[i];
    }

private:
    T* _data = nullptr;
    uint64_t _size = 0;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
