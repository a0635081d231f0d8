// SPDX-License-Identifier: MIT
// A sample counts only if the distance of the CPUs is the same before and after it: unlike in bench-blocking, where
// many threads sleep and are not pinned, so that the least disturbed sample is kept.
#include "comparison.hpp"

#include "harness/child.hpp"
#include "harness/figure.hpp"
#include "harness/recorded_distance.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
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
    const double before = harness::recordedDistance (task.order.cpus);
    task.contender->run (task.order, &sample);
    sample.before = before;
    sample.after = harness::recordedDistance (task.order.cpus);
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
        const std::string error = harness::inChild (runTask, &task, &sample, sizeof (sample));
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
}  // namespace

Distance Plan::classOf (const Sample& sample) const
{
    const auto of = [this] (double line) { return line < sibling ? Sibling : line <= near ? Near : Far; };
    const double least = std::min (sample.before, sample.after);
    const double most = std::max (sample.before, sample.after);
    const bool settled =
        sample.value > 0 && least > 0 && of (least) == of (most) && most <= drift * least && 1 - sample.own <= others;
    return settled ? of (least) : distances;
}

double Result::median (Distance distance) const
{
    return harness::median (values[distance]);
}

double Result::spread (Distance distance) const
{
    if (median (distance) == 0)
    {
        return 0;
    }
    const double half = (harness::quantile (values[distance], 0.75) - harness::quantile (values[distance], 0.25)) / 2;
    return half / median (distance);
}

bool Result::has (Distance distance) const
{
    return !values[distance].empty () && fault == Fault::None && error.empty ();
}

std::vector<Table> compare (const Contenders& contenders, const std::vector<Row>& rows, const Plan& plan)
{
    std::vector<Table> tables = harness::tablesOf<Result> (contenders, rows);
    harness::measureTables (tables, plan, [&plan] (Result* result) { runOnce (result, plan); });
    return tables;
}

const char* distanceName (Distance distance)
{
    return distance == Sibling ? "sibling" : distance == Near ? "near" : "far";
}

}  // namespace bench
