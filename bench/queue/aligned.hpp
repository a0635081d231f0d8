// SPDX-License-Identifier: MIT
/// An array aligned to a cache line, for queues whose user provides the memory.
#ifndef BENCH_QUEUE_ALIGNED_HPP
#define BENCH_QUEUE_ALIGNED_HPP

#include <cstddef>
#include <memory>
#include <new>

namespace bench
{
constexpr std::align_val_t lineAlignment {128};

struct FreeAligned
{
    void operator() (void* memory) const
    {
        ::operator delete (memory, lineAlignment);
    }
};

template <typename T>
using AlignedArray = std::unique_ptr<T[], FreeAligned>;

/// For a T without a destructor.
template <typename T>
AlignedArray<T> makeAligned (std::size_t count)
{
    T* const elements = static_cast<T*> (::operator new (count * sizeof (T), lineAlignment));
    std::uninitialized_default_construct_n (elements, count);
    return AlignedArray<T> (elements);
}

}  // namespace bench

#endif
