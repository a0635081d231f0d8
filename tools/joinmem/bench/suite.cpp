// SPDX-License-Identifier: MIT
#include "suite.hpp"

#include "../command.hpp"
#include "flow.hpp"
#include "harness/clock.hpp"
#include "harness/cpus.hpp"
#include "memory.hpp"
#include "roundtrip.hpp"
#include "waiting.hpp"

#include <functional>
#include <memory>

namespace tool::bench
{
namespace
{
constexpr unsigned maxRepetitions = 3;

double distanceOf (const Plan& plan)
{
    return harness::distanceOf (plan.cpus[0], plan.cpus[1], plan.oneCpu ());
}

// The cost of one clock read, in nanoseconds.
double clockCost ()
{
    constexpr int reads = 1000;
    uint64_t least = UINT64_MAX;
    for (int attempt = 0; attempt < 5; ++attempt)
    {
        const uint64_t start = harness::nanosNow ();
        for (int i = 1; i < reads; ++i)
        {
            harness::nanosNow ();
        }
        least = std::min (least, harness::nanosNow () - start);
    }
    return static_cast<double> (least) / reads;
}

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
    add (" round trip", What::Roundtrip, 1, measureRoundtrip<Memory, Policy, Bytes, false>);
    if (Bytes == 8)
    {
        add (" latency", What::HalfRoundtrip, 1, measureRoundtrip<Memory, Policy, Bytes, true>);
        add (" paced latency", What::Paced, 1, measurePaced<Memory, Policy>);
    }
}

std::string labelOf (const Row& row)
{
    const std::string what = isThroughput (row.what) ? " by " + std::to_string (row.batch) : " round trip";
    return nameOf (row.kind) + std::string (" ") + std::to_string (row.bytes) + " B" + what + ", waiting";
}

template <typename Measure>
void addWaiting (std::vector<Task>& tasks, What what, Kind kind, unsigned bytes, unsigned batch, Measure measure)
{
    Task task {"", Row (), measure};
    task.row.what = what;
    task.row.kind = kind;
    task.row.bytes = bytes;
    task.row.batch = batch;
    task.label = labelOf (task.row);
    tasks.push_back (task);
}

template <typename Memory, typename Policy, typename T, unsigned Batch>
void addWaitingFlow (std::vector<Task>& tasks, Kind kind)
{
    using Channel = QueueChannel<Memory, typename Policy::template Queue<T>, T>;
    addWaiting (tasks, What::WaitingThroughput, kind, sizeof (T), Batch, [] (const Plan& plan, Signals& signals) {
        Channel channel (plan.nodes[1]);
        return measureWaitingFlow<T, Batch> (plan, signals, channel);
    });
}

template <typename Memory, typename Policy, typename T>
void addWaitingRoundtrip (std::vector<Task>& tasks, Kind kind)
{
    using Channel = QueueChannel<Memory, typename Policy::template Queue<T>, T>;
    addWaiting (tasks, What::WaitingRoundtrip, kind, sizeof (T), 1, [] (const Plan& plan, Signals& signals) {
        Channel there (plan.nodes[1]);
        Channel back (plan.nodes[0]);
        return measureWaitingRoundtrip<T> (plan, signals, there, back);
    });
}

// The throughput of all channels, one after the other, so that compared figures are measured close together.
template <typename Memory, unsigned Bytes, unsigned Batch>
void addWaitingFlows (std::vector<Task>& tasks)
{
    using T = Element<Bytes>;
    addWaitingFlow<Memory, typename Memory::Spsc, T, Batch> (tasks, Kind::Spsc);
    addWaitingFlow<Memory, typename Memory::Mpsc, T, Batch> (tasks, Kind::Mpsc);
    addWaitingFlow<Memory, typename Memory::Mpmc, T, Batch> (tasks, Kind::Mpmc);
    for (Kind kind : {Kind::Pipe, Kind::Socket})
    {
        const auto measure = [kind] (const Plan& plan, Signals& signals) {
            DescriptorChannel<T> channel (kind, 0, plan.between == Between::Processes);
            return measureWaitingFlow<T, Batch> (plan, signals, channel);
        };
        addWaiting (tasks, What::WaitingThroughput, kind, Bytes, Batch, measure);
    }
}

template <typename Memory, unsigned Bytes>
void addWaitingRoundtrips (std::vector<Task>& tasks)
{
    using T = Element<Bytes>;
    addWaitingRoundtrip<Memory, typename Memory::Spsc, T> (tasks, Kind::Spsc);
    addWaitingRoundtrip<Memory, typename Memory::Mpsc, T> (tasks, Kind::Mpsc);
    addWaitingRoundtrip<Memory, typename Memory::Mpmc, T> (tasks, Kind::Mpmc);
    for (Kind kind : {Kind::Pipe, Kind::Socket})
    {
        const auto measure = [kind] (const Plan& plan, Signals& signals) {
            DescriptorChannel<T> there (kind, 0, plan.between == Between::Processes);
            DescriptorChannel<T> back (kind, 1, plan.between == Between::Processes);
            return measureWaitingRoundtrip<T> (plan, signals, there, back);
        };
        addWaiting (tasks, What::WaitingRoundtrip, kind, Bytes, 1, measure);
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
    addWaitingFlows<Memory, 8, 1> (tasks);
    addWaitingFlows<Memory, 8, Plan::batch> (tasks);
    addWaitingFlows<Memory, 64, 1> (tasks);
    addWaitingFlows<Memory, 64, Plan::batch> (tasks);
    addWaitingRoundtrips<Memory, 8> (tasks);
    addWaitingRoundtrips<Memory, 64> (tasks);
    return tasks;
}

bool apart (double a, double b)
{
    return a != 0 && b != 0 && std::max (a, b) > Distances::same * std::min (a, b);
}

double valueOfSample (What what, const Sample& sample)
{
    return isThroughput (what) ? sample.rate.perSecond * 1e-6 : 1e9 / std::max (1e-3, sample.rate.perSecond);
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

// Measures one round of one row. The last repetition counts, even if the cores moved during it. Measurements follow one
// another directly, so the distance after one of them is the distance before the next.
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
        if (moved && repetition < maxRepetitions)
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
        if (isThroughput (row.what) || isRoundtrip (row.what))
        {
            row.figure.rounds.push_back (valueOfSample (row.what, *sample));
        }
        for (unsigned side = 0; side < 2 && waits (row.what); ++side)
        {
            row.cpu[side].rounds.push_back (sample->rate.cpuNanos[side]);
        }
        row.latencies.add (sample->latencies);
        return sample->rate.own;
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
    double busy = 0;  // number of measurements whose sides use all of their CPU time
    double distance = distanceOf (plan);
    progress.expect (plan.rounds * tasks.size () + (plan.memory ? memorySteps : 0));
    for (unsigned round = 0; round < plan.rounds; ++round)
    {
        for (Task& task : tasks)
        {
            progress.step (task.label);
            const double share = measureOnce (plan, signals, task, &distance);
            own += waits (task.row.what) ? 0 : share;
            busy += waits (task.row.what) ? 0 : 1;
        }
    }
    results.others = std::max (0.0, 1 - own / busy);
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
