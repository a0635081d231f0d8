// SPDX-License-Identifier: MIT
/// An object in memory of its own, private or shared with forked processes.
#ifndef BENCH_QUEUE_BLOCKING_MAPPED_HPP
#define BENCH_QUEUE_BLOCKING_MAPPED_HPP

#include <cerrno>
#include <new>
#include <sys/mman.h>
#include <system_error>
#include <utility>

namespace bench
{
namespace blocking
{
/// The destructor of T does not run: forked processes may still use it.
template <typename T>
class Mapped
{
public:
    template <typename... Arguments>
    explicit Mapped (bool shared, Arguments&&... arguments)
    {
        const int flags = (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS;
        void* const memory = ::mmap (nullptr, sizeof (T), PROT_READ | PROT_WRITE, flags, -1, 0);
        if (memory == MAP_FAILED)
        {
            throw std::system_error (errno, std::system_category (), "mmap");
        }
        _object = new (memory) T (std::forward<Arguments> (arguments)...);
    }

    Mapped (const Mapped&) = delete;
    Mapped& operator= (const Mapped&) = delete;

    ~Mapped ()
    {
        ::munmap (_object, sizeof (T));
    }

    T* operator->() const
    {
        return _object;
    }

private:
    T* _object;
};

}  // namespace blocking
}  // namespace bench

#endif
