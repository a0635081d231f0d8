// SPDX-License-Identifier: MIT
// Of the samples of a round, the one that others disturbed least is kept.
#include "comparison.hpp"

#include "harness/child.hpp"
#include "harness/figure.hpp"
#include "harness/machine.hpp"
#include "harness/recorded_distance.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace bench
{
namespace waitset
{
namespace
{
constexpr unsigned patience = 40;  // seconds; a measurement that hangs is ended then

struct Task
{
    const Contender* contender;
    Order order;
};

void runTask (void* with, void* result)
{
    const Task& task = *static_cast<const Task*> (with);
    Sample& sample = *static_cast<Sample*> (result);
    sample = Sample ();
    ::alarm (patience);
    const double before = harness::recordedDistance (task.order.cpus);
    const harness::Others others;
    measure (*task.contender, task.order, &sample);
    sample.others = others.programs ();
    sample.before = before;
    sample.after = harness::recordedDistance (task.order.cpus);
}

void removeNames (const std::string& name, uint32_t queues)
{
    for (uint32_t i = 0; i < queues; ++i)
    {
        ::shm_unlink ((name + "-" + std::to_string (i)).c_str ());
    }
}

void runOnce (Result* result, const Plan& plan)
{
    Task task;
    task.contender = result->contender;
    task.order.row = result->row;
    task.order.seconds = plan.seconds;
    std::copy (plan.cpus, plan.cpus + 2, task.order.cpus);
    std::strncpy (task.order.name, plan.segment.c_str (), sizeof (task.order.name) - 1);
    Sample best;
    for (unsigned i = 0; i < plan.tries; ++i)
    {
        Sample sample;
        result->error = harness::inChild (runTask, &task, &sample, sizeof (sample));
        removeNames (plan.segment, task.order.row.queues);
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
}  // namespace

std::vector<double> Result::figures (double (*of) (const Sample&)) const
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

double Result::median (double (*of) (const Sample&)) const
{
    const std::vector<double> values = figures (of);
    return values.empty () ? unknown : harness::median (values);
}

double Result::spread () const
{
    const std::vector<double> values = figures ([] (const Sample& sample) { return sample.value; });
    const double middle = harness::median (values);
    return middle == 0 ? 0
                       : (harness::quantile (values, 0.75) - harness::quantile (values, 0.25)) / 2 / std::fabs (middle);
}

std::vector<Table> compare (const Contenders& contenders, const std::vector<Row>& rows, const Plan& plan)
{
    std::vector<Table> tables = harness::tablesOf<Result> (contenders, rows);
    harness::measureTables (tables, plan, [&plan] (Result* result) { runOnce (result, plan); });
    return tables;
}

}  // namespace waitset
}  // namespace bench
