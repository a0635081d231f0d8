// SPDX-License-Identifier: MIT
/// One contender at one size, measured in this process.
#ifndef BENCH_MEMORY_MEASURE_HPP
#define BENCH_MEMORY_MEASURE_HPP

#include "contender.hpp"

#include <cstdint>

namespace bench
{
/// Plain bytes: sent through a pipe.
struct Sample
{
    double first = 0;      // ns, as `ready`, of the first block of a process, with all one-time setup
    double ready = 0;      // ns, from the call until every page has been written once; median of the repetitions
    double free = 0;       // ns, until the memory and its name are freed; median of the repetitions
    double latency = 0;    // ns per load; each address depends on the previous load
    double writes = 0;     // stores per second, at independent random places
    double hugeShare = 0;  // 0 to 1: the share of bytes that the kernel maps by huge pages
};

/// How often one measurement allocates, writes and frees a block of that size, in addition to the first.
unsigned repetitions (std::size_t bytes);

/// @throw std::exception if the contender fails
Sample measure (const Contender& contender, std::size_t bytes, uint64_t accesses);

/// Nanoseconds of a monotonic clock.
double now ();

/// One store in each base page.
void touch (void* address, std::size_t bytes);

}  // namespace bench

#endif
