// SPDX-License-Identifier: MIT
#include "comparison.hpp"

#include "child.hpp"
#include "figure.hpp"
#include "workers.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <numeric>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

namespace bench
{
namespace
{
struct Task
{
    const Contender* contender;
    Order order;
};

void runTask (void* with, void* result)
{
    const Task& task = *static_cast<const Task*> (with);
    Sample& sample = *static_cast<Sample*> (result);
    ::alarm (20);  // ends a queue that hangs
    const double before = distance (task.order.cpus);
    task.contender->run (task.order, &sample);
    sample.before = before;
    sample.after = distance (task.order.cpus);
}

void removeSegments (const std::string& name)
{
    for (const char* suffix : {"", "-there", "-back"})
    {
        ::shm_unlink ((name + suffix).c_str ());
    }
}

void runOnce (Result* result, const Plan& plan)
{
    Task task;
    task.contender = result->contender;
    task.order.row = result->row;
    task.order.seconds = result->row.shape == Shape::Flow ? plan.seconds : plan.seconds / 3;
    std::copy (plan.cpus, plan.cpus + 2, task.order.cpus);
    std::strncpy (task.order.name, plan.segment.c_str (), sizeof (task.order.name) - 1);
    for (unsigned i = 0; i < plan.tries; ++i)
    {
        Sample sample;
        const std::string error = inChild (runTask, &task, &sample, sizeof (sample));
        removeSegments (plan.segment);
        if (!error.empty ())
        {
            result->error = error;
            return;
        }
        if (sample.fault != Fault::None)
        {
            result->fault = sample.fault;
            return;
        }
        const Distance at = plan.classOf (sample);
        if (at != distances)
        {
            result->values[at].push_back (sample.value);
            result->lines[at].push_back ((sample.before + sample.after) / 2);
            return;
        }
    }
    ++result->unsettled;
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

Distance Plan::classOf (const Sample& sample) const
{
    const auto of = [this] (double line) { return line < sibling ? Sibling : line <= near ? Near : Far; };
    const double least = std::min (sample.before, sample.after);
    const double most = std::max (sample.before, sample.after);
    const bool settled =
        sample.value > 0 && of (least) == of (most) && most <= drift * least && 1 - sample.own <= others;
    return settled ? of (least) : distances;
}

double Result::median (Distance distance) const
{
    return bench::median (values[distance]);
}

double Result::spread (Distance distance) const
{
    if (median (distance) == 0)
    {
        return 0;
    }
    const double half = (quantile (values[distance], 0.75) - quantile (values[distance], 0.25)) / 2;
    return half / median (distance);
}

bool Result::has (Distance distance) const
{
    return !values[distance].empty () && fault == Fault::None && error.empty ();
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
            // Measurements of a row follow one another, so most have the same distance.
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

const char* distanceName (Distance distance)
{
    return distance == Sibling ? "sibling" : distance == Near ? "near" : "far";
}

}  // namespace bench
