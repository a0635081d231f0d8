// SPDX-License-Identifier: MIT
/// All contenders in all rows, in interleaved rounds.
#ifndef BENCH_QUEUE_WAITSET_COMPARISON_HPP
#define BENCH_QUEUE_WAITSET_COMPARISON_HPP

#include "contender.hpp"
#include "harness/rounds.hpp"

namespace bench
{
namespace waitset
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
struct Result
{
    Row row;
    const Contender* contender = nullptr;
    std::vector<Sample> samples;
    unsigned disturbed = 0;  // samples kept although other programs ran
    Fault fault = Fault::None;
    std::string error;

    bool good () const
    {
        return fault == Fault::None && error.empty () && !samples.empty ();
    }

    /// That figure of all samples, without unknown ones.
    std::vector<double> figures (double (*of) (const Sample&)) const;

    double median (double (*of) (const Sample&)) const;  // NaN where not known
    double spread () const;                              // half the interquartile range, relative to the median
};

/// One row of all contenders.
using Table = std::vector<Result>;

std::vector<Table> compare (const Contenders& contenders, const std::vector<Row>& rows, const Plan& plan);

}  // namespace waitset
}  // namespace bench

#endif
