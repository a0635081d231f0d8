// SPDX-License-Identifier: MIT
/// Whether several threads make pages present faster than one: raw sequences, without the library.
#ifndef BENCH_MEMORY_THREADS_HPP
#define BENCH_MEMORY_THREADS_HPP

#include "comparison.hpp"

namespace bench
{
/// Base and huge pages, private and shared, one thread and `most`: prints a table. @return the figures
nlohmann::ordered_json compareThreads (const Plan& plan, unsigned most);

}  // namespace bench

#endif
