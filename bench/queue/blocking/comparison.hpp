// SPDX-License-Identifier: MIT
/// All contenders in all rows, in interleaved rounds.
#ifndef BENCH_QUEUE_BLOCKING_COMPARISON_HPP
#define BENCH_QUEUE_BLOCKING_COMPARISON_HPP

#include "contender.hpp"
#include "harness/comparison.hpp"

namespace bench
{
namespace blocking
{
struct Plan : harness::BasicPlan
{
    Plan ()
    {
        tries = 2;
        others = 0.1;
    }
};

/// One contender in one row.
using Result = harness::BasicResult<Row, Contender, Sample>;

/// One row of all contenders.
using Table = std::vector<Result>;

std::vector<Table> compare (const Contenders& contenders, const std::vector<Row>& rows, const Plan& plan);

}  // namespace blocking
}  // namespace bench

#endif
