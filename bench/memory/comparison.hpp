// SPDX-License-Identifier: MIT
/// All contenders at all sizes, in interleaved rounds, and how the library stands beside the best raw sequence.
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
    uint64_t accesses = 0;  // a measurement
    uint64_t seed = 0;      // of the order within a round
    bool pool = false;      // huge pages of the pool are there
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

/// How the library stands at one size, local or shared. What is judged is the whole life of a block: until every page
/// has been written, and until it is gone again.
struct Standing
{
    const Result* ours = nullptr;
    const Result* best = nullptr;  // of the raw sequences, by the median of ready and free together
    double bar = 0;
    bool judged = false;
    double ratio = 0;  // of the medians of ready + free
    double q1 = 0;     // of the ratios round by round
    double q3 = 0;
    double ready = 0;  // ratios of each part: at most its share of the whole
    double free = 0;
    double latency = 0;
    double writes = 0;  // theirs by ours: below 1 we write faster

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
