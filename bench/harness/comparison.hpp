// SPDX-License-Identifier: MIT
/// All contenders in all rows, in interleaved rounds, each measurement in a process of its own. Of the samples of a
/// round the one is kept that other programs disturbed least. (bench-queue keeps the one with the nearest CPUs.)
#ifndef BENCH_HARNESS_COMPARISON_HPP
#define BENCH_HARNESS_COMPARISON_HPP

#include "child.hpp"
#include "figure.hpp"
#include "machine.hpp"
#include "recorded_distance.hpp"
#include "rounds.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <unistd.h>

namespace harness
{
/// One contender in one row. A sample has the members value, fault, before, after and others.
template <typename RowType, typename ContenderType, typename SampleType>
struct BasicResult
{
    using Row = RowType;
    using Contender = ContenderType;
    using Sample = SampleType;

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
    std::vector<double> figures (double (*of) (const Sample&)) const
    {
        std::vector<double> values;
        for (const Sample& sample : samples)
        {
            const double value = of (sample);
            if (!std::isnan (value))
            {
                values.push_back (value);
            }
        }
        return values;
    }

    /// NaN where it is not known.
    double median (double (*of) (const Sample&)) const
    {
        const std::vector<double> values = figures (of);
        return values.empty () ? std::numeric_limits<double>::quiet_NaN () : harness::median (values);
    }

    /// Half the interquartile range, relative to the median.
    double spread () const
    {
        const std::vector<double> values = figures ([] (const Sample& sample) { return sample.value; });
        const double middle = harness::median (values);
        return middle == 0 ? 0 : (quantile (values, 0.75) - quantile (values, 0.25)) / 2 / std::fabs (middle);
    }
};

/// How the samples of one benchmark are taken. An order has the members row, seconds, cpus and name.
template <typename Result, typename Order>
struct Measuring
{
    void (*measure) (const typename Result::Contender& contender, const Order& order, typename Result::Sample* sample);
    void (*removeNames) (const std::string& segment, const typename Result::Row& row);  // after a measurement that died
};

template <typename Result, typename Order>
class Comparison
{
public:
    using Sample = typename Result::Sample;
    using How = Measuring<Result, Order>;

    static std::vector<std::vector<Result>> run (const std::vector<typename Result::Contender>& contenders,
                                                 const std::vector<typename Result::Row>& rows, const BasicPlan& plan,
                                                 const How& how)
    {
        std::vector<std::vector<Result>> tables = tablesOf<Result> (contenders, rows);
        measureTables (tables, plan, [&] (Result* result) { measureOnce (result, plan, how); });
        return tables;
    }

private:
    static constexpr unsigned patience = 40;  // seconds; a measurement that hangs is ended then

    struct Task
    {
        const How* how;
        const typename Result::Contender* contender;
        Order order;
    };

    static void runTask (void* with, void* result)
    {
        const Task& task = *static_cast<const Task*> (with);
        Sample& sample = *static_cast<Sample*> (result);
        sample = Sample ();
        ::alarm (patience);
        const double before = recordedDistance (task.order.cpus);
        const Others others;
        task.how->measure (*task.contender, task.order, &sample);
        sample.others = others.programs ();
        sample.before = before;
        sample.after = recordedDistance (task.order.cpus);
    }

    static void measureOnce (Result* result, const BasicPlan& plan, const How& how)
    {
        Task task;
        task.how = &how;
        task.contender = result->contender;
        task.order.row = result->row;
        task.order.seconds = plan.seconds;
        std::copy (plan.cpus, plan.cpus + 2, task.order.cpus);
        std::strncpy (task.order.name, plan.segment.c_str (), sizeof (task.order.name) - 1);
        Sample best;
        for (unsigned i = 0; i < plan.tries; ++i)
        {
            Sample sample;
            result->error = inChild (runTask, &task, &sample, sizeof (sample));
            how.removeNames (plan.segment, result->row);
            result->fault = sample.fault;
            if (!result->error.empty () || sample.fault != Fault::None)
            {
                return;
            }
            best = i == 0 || sample.others < best.others ? sample : best;
            if (best.others <= plan.others)
            {
                break;
            }
        }
        result->disturbed += best.others > plan.others ? 1 : 0;
        result->samples.push_back (best);
    }
};

}  // namespace harness

#endif
