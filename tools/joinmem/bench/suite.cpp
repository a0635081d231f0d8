// SPDX-License-Identifier: MIT
#include "suite.hpp"

#include "../command.hpp"
#include "flow.hpp"
#include "memory.hpp"
#include "trip.hpp"

#include <functional>
#include <memory>

namespace tool::bench
{
namespace
{
constexpr unsigned repetitionsMost = 3;

struct Task
{
    std::string label;
    Row row;
    std::function<Sample (const Plan&, Signals&)> measure;
};

template <typename Memory, typename Policy, unsigned Bytes>
void addSize (std::vector<Task>& tasks, Kind kind)
{
    const std::string name = nameOf (kind) + std::string (" ") + std::to_string (Bytes) + " B";
    const auto add = [&] (const std::string& label, What what, unsigned batch, auto measure) {
        Task task {name + label, Row (), measure};
        task.row.what = what;
        task.row.kind = kind;
        task.row.bytes = Bytes;
        task.row.batch = batch;
        tasks.push_back (task);
    };
    add (" by 1", What::Throughput, 1, measureFlow<Memory, Policy, Bytes, 1>);
    add (" by 32", What::Throughput, Plan::batch, measureFlow<Memory, Policy, Bytes, Plan::batch>);
    add (" round trip", What::RoundTrip, 1, measureTrip<Memory, Policy, Bytes, false>);
    if (Bytes == 8)
    {
        add (" latency", What::HalfTrip, 1, measureTrip<Memory, Policy, Bytes, true>);
        add (" paced latency", What::Paced, 1, measurePaced<Memory, Policy>);
    }
}

template <typename Memory>
std::vector<Task> tasksOf ()
{
    std::vector<Task> tasks;
    addSize<Memory, typename Memory::Spsc, 8> (tasks, Kind::Spsc);
    addSize<Memory, typename Memory::Spsc, 64> (tasks, Kind::Spsc);
    addSize<Memory, typename Memory::Mpsc, 8> (tasks, Kind::Mpsc);
    addSize<Memory, typename Memory::Mpsc, 64> (tasks, Kind::Mpsc);
    addSize<Memory, typename Memory::Mpmc, 8> (tasks, Kind::Mpmc);
    addSize<Memory, typename Memory::Mpmc, 64> (tasks, Kind::Mpmc);
    return tasks;
}

bool apart (double a, double b)
{
    return a != 0 && b != 0 && std::max (a, b) > Distances::same * std::min (a, b);
}

double valueOfSample (What what, const Sample& sample)
{
    return what == What::Throughput ? sample.pace.perSecond * 1e-6 : 1e9 / std::max (1e-3, sample.pace.perSecond);
}

std::unique_ptr<Sample> measured (const Plan& plan, Signals& signals, const Task& task)
{
    try
    {
        return std::make_unique<Sample> (task.measure (plan, signals));
    }
    catch (const WrongQueue& wrong)
    {
        throw Stop (Failed, "bench: " + task.label + ": the queue is wrong: " + wrong.what ());
    }
}

// One round of one row: the last repetition counts, whether or not the cores stood still for it. Nothing comes between
// two measurements, and so the distance behind the one is that before the next.
double measureOnce (const Plan& plan, Signals& signals, Task& task, double* distance)
{
    Row& row = task.row;
    for (unsigned repetition = 0;; ++repetition)
    {
        signals.look ();
        const double before = *distance;
        const auto sample = measured (plan, signals, task);
        const double after = distanceOf (plan);
        *distance = after;
        const bool moved = !plan.oneCpu () && apart (before, after);
        if (moved && repetition < repetitionsMost)
        {
            continue;
        }
        row.distances.moved = row.distances.moved || moved;
        for (double known : {before, after})
        {
            if (known != 0)
            {
                row.distances.all.rounds.push_back (known);
            }
        }
        if (row.what == What::Throughput || row.what == What::RoundTrip)
        {
            row.figure.rounds.push_back (valueOfSample (row.what, *sample));
        }
        row.latencies.add (sample->latencies);
        return sample->pace.own;
    }
}
}  // namespace

Results measureAll (const Plan& plan, Signals& signals, Progress& progress)
{
    Results results;
    results.plan = plan;
    results.machine = machineHere ();
    results.clock = clockCost ();
    std::vector<Task> tasks =
        plan.between == Between::Processes ? tasksOf<join::ShmMem> () : tasksOf<join::LocalMem> ();
    double own = 0;
    double distance = distanceOf (plan);
    progress.expect (plan.rounds * tasks.size () + (plan.memory ? memorySteps : 0));
    for (unsigned round = 0; round < plan.rounds; ++round)
    {
        for (Task& task : tasks)
        {
            progress.step (task.label);
            own += measureOnce (plan, signals, task, &distance);
        }
    }
    results.others = std::max (0.0, 1 - own / static_cast<double> (plan.rounds * tasks.size ()));
    for (const Task& task : tasks)
    {
        const Distances& one = task.row.distances;
        Distances& all = results.distances;
        all.all.rounds.insert (all.all.rounds.end (), one.all.rounds.begin (), one.all.rounds.end ());
        all.moved = all.moved || one.moved;
        results.rows.push_back (task.row);
    }
    if (plan.memory)
    {
        results.memory = measureMemory (plan, signals, progress);
    }
    return results;
}

}  // namespace tool::bench
