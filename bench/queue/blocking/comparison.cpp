// SPDX-License-Identifier: MIT
#include "comparison.hpp"

#include "../workers.hpp"
#include "child.hpp"
#include "figure.hpp"
#include "machine.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <mqueue.h>
#include <numeric>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

namespace bench
{
namespace blocking
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
    const double before = distance (task.order.cpus);
    const Others others;
    task.contender->run (*task.contender, task.order, &sample);
    sample.others = others.programs ();
    sample.before = before;
    sample.after = distance (task.order.cpus);
}

void removeNames (const std::string& name)
{
    for (const char* suffix : {"", "-reply"})
    {
        ::shm_unlink ((name + suffix).c_str ());
        ::mq_unlink ((name + suffix).c_str ());
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
        result->error = inChild (runTask, &task, &sample, sizeof (sample));
        removeNames (plan.segment);
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

Table tableOf (const Contenders& contenders, const Row& row)
{
    Table table;
    for (const Contender& contender : contenders)
    {
        if (contender.does (row))
        {
            Result result;
            result.row = row;
            result.contender = &contender;
            table.push_back (result);
        }
    }
    return table;
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
    return values.empty () ? unknown : bench::median (values);
}

double Result::spread () const
{
    const std::vector<double> values = figures ([] (const Sample& sample) { return sample.value; });
    const double middle = bench::median (values);
    return middle == 0 ? 0 : (quantile (values, 0.75) - quantile (values, 0.25)) / 2 / std::fabs (middle);
}

std::vector<Table> compare (const Contenders& contenders, const std::vector<Row>& rows, const Plan& plan)
{
    std::vector<Table> tables;
    for (const Row& row : rows)
    {
        tables.push_back (tableOf (contenders, row));
    }
    std::mt19937_64 random (plan.seed);
    std::vector<std::size_t> order (tables.size ());
    std::iota (order.begin (), order.end (), std::size_t (0));
    for (unsigned round = 0; round < plan.rounds; ++round)
    {
        std::fprintf (stderr, "round %u of %u\n", round + 1, plan.rounds);
        std::shuffle (order.begin (), order.end (), random);
        for (std::size_t at : order)
        {
            std::vector<Result*> turn;
            for (Result& result : tables[at])
            {
                turn.push_back (&result);
            }
            std::shuffle (turn.begin (), turn.end (), random);
            for (Result* result : turn)
            {
                if (result->fault == Fault::None && result->error.empty ())
                {
                    runOnce (result, plan);
                }
            }
        }
    }
    return tables;
}

}  // namespace blocking
}  // namespace bench
