// SPDX-License-Identifier: MIT
/// All contenders in all rows, in interleaved rounds; each figure beside the distance at which it was taken.
#ifndef BENCH_QUEUE_COMPARISON_HPP
#define BENCH_QUEUE_COMPARISON_HPP

#include "contender.hpp"

#include <array>

namespace bench
{
/// How far the two processors were apart: figures of one are compared with figures of the same.
enum Distance : unsigned
{
    Sibling,  // two threads of one core
    Near,
    Far,
    distances,
};

struct Plan
{
    unsigned rounds = 5;
    unsigned tries = 4;     // of a measurement that does not settle
    double seconds = 0.15;  // a flow, after a fifth of it to warm up; others a third
    double others = 0.02;   // share of the processors that others may take meanwhile
    double drift = 1.5;     // how much the distance before and after may differ
    double sibling = 65;    // ns: what is less
    double near = 160;      // ns: the most
    uint64_t seed = 1;
    unsigned cpus[2] = {0, 1};
    std::string segment;  // "/joinmem-bench." and a number

    /// The class of a measurement, or `distances`: it is to be repeated.
    Distance classOf (const Sample& sample) const;
};

/// One contender in one row.
struct Result
{
    Row row;
    const Contender* contender = nullptr;
    std::array<std::vector<double>, distances> values;
    std::array<std::vector<double>, distances> lines;  // ns there and back, of each value
    unsigned unsettled = 0;                            // rounds without a figure
    Fault fault = Fault::None;                         // out of the table
    std::string error;

    double median (Distance distance) const;
    double spread (Distance distance) const;  // half of what lies between the quartiles, by the median

    /// Has a figure there, and came by it honestly.
    bool has (Distance distance) const;
};

/// The same row, all contenders.
using Table = std::vector<Result>;

std::vector<Table> compare (const Contenders& contenders, const std::vector<Row>& rows, const Plan& plan);

const char* distanceName (Distance distance);

}  // namespace bench

#endif
