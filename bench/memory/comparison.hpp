// SPDX-License-Identifier: MIT
/// All contenders at all sizes, in interleaved rounds, and how the library compares with the best raw sequence.
#ifndef BENCH_MEMORY_COMPARISON_HPP
#define BENCH_MEMORY_COMPARISON_HPP

#include "measure.hpp"

#include <nlohmann/json.hpp>

namespace bench
{
struct Plan
{
    std::vector<std::size_t> sizes;  // bytes, powers of two
    unsigned rounds = 0;
    uint64_t accesses = 0;  // per measurement
    uint64_t seed = 0;      // of the order within a round
    bool pool = false;      // huge pages of the pool are available
    std::string noPool;     // why not
};

/// One contender at one size.
struct Result
{
    const Contender* contender = nullptr;
    std::size_t bytes = 0;
    std::vector<Sample> rounds;
    std::string error;  // why there are fewer

    std::vector<double> each (double Sample::*field) const;
    double median (double Sample::*field) const;
};

/// How the library compares at one size, local or shared. The whole life of a block is judged: until every page has
/// been written, and until the block has been freed.
struct Standing
{
    const Result* ours = nullptr;
    const Result* best = nullptr;  // of the raw sequences, by the median of ready and free together
    double bar = 0;
    bool judged = false;
    double ratio = 0;  // of the medians of ready + free
    double q1 = 0;     // of the ratios in each round
    double q3 = 0;
    double ready = 0;  // ratios of each part alone, ours by theirs
    double free = 0;
    double latency = 0;
    double writes = 0;  // theirs divided by ours: below 1 ours writes faster

    bool passed () const
    {
        return ratio <= bar;
    }
};

std::vector<Result> compare (const std::vector<Contender>& contenders, const Plan& plan);
std::vector<Standing> standings (const std::vector<Result>& results, const Plan& plan);

nlohmann::ordered_json resultsJson (const std::vector<Result>& results);
nlohmann::ordered_json standingsJson (const std::vector<Standing>& standings);

/// Tables on standard output.
void print (const std::vector<Result>& results, const std::vector<Standing>& standings);

const char* groupName (Group group);
std::string sizeText (std::size_t bytes);
std::string timeText (double nanoseconds);

}  // namespace bench

#endif
