// SPDX-License-Identifier: MIT
/// One contender at one size, measured in this process.
#ifndef BENCH_MEMORY_MEASURE_HPP
#define BENCH_MEMORY_MEASURE_HPP

#include "contender.hpp"

#include <cstdint>

namespace bench
{
/// Plain bytes: it goes through a pipe.
struct Sample
{
    double first = 0;      // ns, as ready, of the first block in a process: what it sets up once counts
    double ready = 0;      // ns, from the call until every page has been written once; median of the repetitions
    double free = 0;       // ns, until the memory, and its name, are given back; median of the repetitions
    double latency = 0;    // ns a load, each address depends on the load before
    double writes = 0;     // stores a second, at independent random places
    double hugeShare = 0;  // 0 to 1, of the bytes on huge pages, as the kernel maps them
};

/// How often a block of that size is made, written and given back in one measurement, besides the first.
unsigned repetitions (std::size_t bytes);

/// @throw std::exception the contender cannot
Sample measure (const Contender& contender, std::size_t bytes, uint64_t accesses);

/// Nanoseconds of a clock that only goes forward.
double now ();

/// One store in each base page.
void touch (void* address, std::size_t bytes);

}  // namespace bench

#endif
