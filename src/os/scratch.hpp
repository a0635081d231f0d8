// SPDX-License-Identifier: MIT
// Working storage on the heap: the stack of a thread or a fiber may have as little as PTHREAD_STACK_MIN, 16 KiB.
#ifndef JOIN_SRC_OS_SCRATCH_HPP
#define JOIN_SRC_OS_SCRATCH_HPP

#include <join/detail/abi.hpp>

#include <cstdlib>
#include <new>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
/// A T on the heap until the end of the scope; false without memory for it. It throws nothing.
template <typename T>
class Scratch
{
public:
    Scratch () noexcept
    {
        if (void* memory = std::malloc (sizeof (T)))
        {
            _object = new (memory) T;
        }
    }

    template <typename... Arguments>
    explicit Scratch (Arguments&&... arguments) noexcept
    {
        if (void* memory = std::malloc (sizeof (T)))
        {
            _object = new (memory) T (std::forward<Arguments> (arguments)...);
        }
    }

    Scratch (const Scratch&) = delete;
    Scratch& operator= (const Scratch&) = delete;

    ~Scratch ()
    {
        if (_object != nullptr)
        {
            _object->~T ();
            std::free (_object);
        }
    }

    explicit operator bool () const noexcept
    {
        return _object != nullptr;
    }

    T* operator->() const noexcept
    {
        return _object;
    }

    T& operator* () const noexcept
    {
        return *_object;
    }

private:
    T* _object = nullptr;
};

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
