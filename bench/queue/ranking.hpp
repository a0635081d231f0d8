// SPDX-License-Identifier: MIT
/// How the library compares with the best peer in a row, and the requirement.
#ifndef BENCH_QUEUE_RANKING_HPP
#define BENCH_QUEUE_RANKING_HPP

#include "comparison.hpp"

namespace bench
{
/// Smaller differences are ties.
constexpr double tie = 0.15;

struct Standing
{
    const Result* ours = nullptr;
    const Result* best = nullptr;  // of the peers; null: the bar is relative to the distance
    Distance distance = Near;
    double ratio = 0;  // above 1: ours is better
    double bar = 0;    // 0: no requirement
    double goal = 0;   // 0: none

    bool met () const
    {
        return ratio >= bar;
    }

    /// "met", "tie", "8 % below", "not judged".
    std::string verdict () const;
};

/// One entry for each of our queues in the row, at each distance that has figures of both.
std::vector<Standing> standings (const Table& table);

}  // namespace bench

#endif
