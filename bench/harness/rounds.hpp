// SPDX-License-Identifier: MIT
/// Tables of results, one row of the benchmark each, and the order in which they are measured.
#ifndef BENCH_HARNESS_ROUNDS_HPP
#define BENCH_HARNESS_ROUNDS_HPP

#include "fault.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace harness
{
/// What every queue benchmark takes from its command line, and the CPUs.
struct BasicPlan
{
    unsigned rounds = 5;
    unsigned tries = 1;  // of a measurement that is disturbed
    double seconds = 0.15;
    double others = 0;  // share of the CPUs that other programs may use meanwhile
    uint64_t seed = 1;  // of the order within a round
    unsigned cpus[2] = {0, 1};
    std::string segment;  // "/joinmem-bench." and a number
};

/// Measures every result of every table once a round: tables in a random order, and the results of a table one after
/// another in a random order, so that most of them have the same conditions.
/// @param sizes the number of results of each table
void inRounds (const std::vector<std::size_t>& sizes, unsigned rounds, uint64_t seed,
               const std::function<void (std::size_t table, std::size_t result)>& measure);

/// As inRounds (), without the results that have an error or a fault.
template <typename Result, typename Measure>
void measureTables (std::vector<std::vector<Result>>& tables, const BasicPlan& plan, Measure measure)
{
    std::vector<std::size_t> sizes;
    for (const std::vector<Result>& table : tables)
    {
        sizes.push_back (table.size ());
    }
    inRounds (sizes, plan.rounds, plan.seed, [&] (std::size_t table, std::size_t at) {
        Result& result = tables[table][at];
        if (result.fault == Fault::None && result.error.empty ())
        {
            measure (&result);
        }
    });
}

/// An empty result for every contender that takes part in a row.
template <typename Result, typename Contender, typename Row>
std::vector<std::vector<Result>> tablesOf (const std::vector<Contender>& contenders, const std::vector<Row>& rows)
{
    std::vector<std::vector<Result>> tables (rows.size ());
    for (std::size_t i = 0; i < rows.size (); ++i)
    {
        for (const Contender& contender : contenders)
        {
            if (contender.does (rows[i]))
            {
                Result result;
                result.row = rows[i];
                result.contender = &contender;
                tables[i].push_back (result);
            }
        }
    }
    return tables;
}

}  // namespace harness

#endif
