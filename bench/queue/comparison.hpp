// SPDX-License-Identifier: MIT
/// All contenders in all rows, in interleaved rounds; each figure with the distance at which it was taken.
#ifndef BENCH_QUEUE_COMPARISON_HPP
#define BENCH_QUEUE_COMPARISON_HPP

#include "contender.hpp"
#include "harness/rounds.hpp"

#include <array>

namespace bench
{
/// How far apart the two processors were: only figures of the same distance are compared.
enum Distance : unsigned
{
    Sibling,  // two threads of one core
    Near,
    Far,
    distances,
};

/// A flow takes the seconds of the plan, and a fifth of them to warm up; other measurements take a third.
struct Plan : harness::BasicPlan
{
    double drift = 1.5;   // how much the distances before and after may differ
    double sibling = 65;  // ns: siblings are closer than this
    double near = 160;    // ns: near is at most this

    Plan ()
    {
        tries = 4;
        others = 0.02;
    }

    /// The class of a measurement; `distances` if it must be repeated.
    Distance classOf (const Sample& sample) const;
};

/// One contender in one row.
struct Result
{
    Row row;
    const Contender* contender = nullptr;
    std::array<std::vector<double>, distances> values;
    std::array<std::vector<double>, distances> lines;  // ns per cache-line round trip, of each value
    unsigned unsettled = 0;                            // rounds without a figure
    Fault fault = Fault::None;                         // excluded from the table
    std::string error;

    double median (Distance distance) const;
    double spread (Distance distance) const;  // half the interquartile range, relative to the median

    /// Whether it has a figure at that distance, without a fault.
    bool has (Distance distance) const;
};

/// One row of all contenders.
using Table = std::vector<Result>;

std::vector<Table> compare (const Contenders& contenders, const std::vector<Row>& rows, const Plan& plan);

const char* distanceName (Distance distance);

}  // namespace bench

#endif
