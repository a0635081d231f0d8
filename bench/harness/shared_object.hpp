// SPDX-License-Identifier: MIT
/// An object in memory that is shared with children that are forked later, at the same address.
#ifndef BENCH_HARNESS_SHARED_OBJECT_HPP
#define BENCH_HARNESS_SHARED_OBJECT_HPP

#include <cerrno>
#include <cstddef>
#include <new>
#include <sys/mman.h>
#include <system_error>
#include <type_traits>

namespace harness
{
template <typename T>
class SharedObject
{
    static_assert (std::is_trivially_destructible_v<T>, "the memory is unmapped without a destructor");

public:
    /// @param extra bytes after the object, all zero
    explicit SharedObject (std::size_t extra = 0)
    : _bytes (sizeof (T) + extra)
    {
        void* const memory = ::mmap (nullptr, _bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
        {
            throw std::system_error (errno, std::system_category (), "bench: mmap");
        }
        _object = new (memory) T;
    }

    SharedObject (const SharedObject&) = delete;
    SharedObject& operator= (const SharedObject&) = delete;

    ~SharedObject ()
    {
        ::munmap (_object, _bytes);
    }

    T& operator* () const
    {
        return *_object;
    }

    T* operator->() const
    {
        return _object;
    }

private:
    std::size_t _bytes;
    T* _object;
};

}  // namespace harness

#endif
