// SPDX-License-Identifier: MIT
#include "rounds.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <random>

namespace harness
{
namespace
{
std::vector<std::size_t> indices (std::size_t count)
{
    std::vector<std::size_t> list (count);
    std::iota (list.begin (), list.end (), std::size_t (0));
    return list;
}
}  // namespace

void inRounds (const std::vector<std::size_t>& sizes, unsigned rounds, uint64_t seed,
               const std::function<void (std::size_t table, std::size_t result)>& measure)
{
    std::mt19937_64 random (seed);
    std::vector<std::size_t> tables = indices (sizes.size ());
    for (unsigned round = 0; round < rounds; ++round)
    {
        std::fprintf (stderr, "round %u of %u\n", round + 1, rounds);
        std::shuffle (tables.begin (), tables.end (), random);
        for (std::size_t table : tables)
        {
            std::vector<std::size_t> results = indices (sizes[table]);
            std::shuffle (results.begin (), results.end (), random);
            for (std::size_t result : results)
            {
                measure (table, result);
            }
        }
    }
}

}  // namespace harness
