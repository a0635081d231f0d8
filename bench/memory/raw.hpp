// SPDX-License-Identifier: MIT
/// System calls that throw, for the raw sequences.
#ifndef BENCH_MEMORY_RAW_HPP
#define BENCH_MEMORY_RAW_HPP

#include "contender.hpp"

#include <sys/mman.h>

namespace bench
{
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14, C library 2.35
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1, C library 2.37
#endif

/// @throw std::system_error with errno if `failed`
void check (bool failed, const char* call);

char* map (void* at, std::size_t bytes, int protection, int flags, int fd);
void advise (void* address, std::size_t bytes, int advice, const char* call);

inline char* alignedUp (char* address)
{
    return reinterpret_cast<char*> ((reinterpret_cast<std::size_t> (address) + hugePage - 1) / hugePage * hugePage);
}

}  // namespace bench

#endif
