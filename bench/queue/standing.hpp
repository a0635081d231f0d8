// SPDX-License-Identifier: MIT
/// How the library stands beside the best peer in a row, and what was asked of it.
#ifndef BENCH_QUEUE_STANDING_HPP
#define BENCH_QUEUE_STANDING_HPP

#include "comparison.hpp"

namespace bench
{
/// Differences below that are none.
constexpr double tie = 0.15;

struct Standing
{
    const Result* ours = nullptr;
    const Result* best = nullptr;  // of the peers; null: the bar is beside the distance
    Distance distance = Near;
    double ratio = 0;  // above 1: ours is better
    double bar = 0;    // 0: nothing was asked
    double goal = 0;   // 0: none

    bool met () const
    {
        return ratio >= bar;
    }

    /// "met", "tie", "8 % below", "not judged".
    std::string verdict () const;
};

/// Each of our queues in the row, at each distance that has figures of both.
std::vector<Standing> standings (const Table& table);

}  // namespace bench

#endif
