// SPDX-License-Identifier: MIT
// What reserve () and peek () of a queue return.
#ifndef JOIN_DETAIL_SPAN_HPP
#define JOIN_DETAIL_SPAN_HPP

#include <join/detail/abi.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
/// Consecutive elements in place, of a Spsc.
template <typename T>
class Span
{
public:
    Span () noexcept = default;

    Span (T* data, uint64_t size) noexcept
    : _data (data)
    , _size (size)
    {
    }

    T* data () const noexcept
    {
        return _data;
    }

    uint64_t size () const noexcept
    {
        return _size;
    }

    bool empty () const noexcept
    {
        return _size == 0;
    }

    T* begin () const noexcept
    {
        return _data;
    }

    T* end () const noexcept
    {
        return _data + _size;
    }

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
