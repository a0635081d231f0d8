// SPDX-License-Identifier: MIT
#include "workers.hpp"

#include "element.hpp"

#include "harness/clock.hpp"
#include "harness/cpus.hpp"
#include "harness/shared_object.hpp"
#include "harness/workers.hpp"

#include <algorithm>
#include <ctime>

namespace bench
{
namespace
{
void warmUp (Control& control, const Order& order)
{
    // At least two laps of the ring, so that its pages are present; but there is no wait for a queue that does not
    // move.
    const double least = order.seconds / 5;
    const double most = 60 * least;
    const double start = harness::secondsNow ();
    control.phase.store (Checked);
    harness::sleepFor (least);
    while (control.allPopped () < 2 * order.row.capacity && harness::secondsNow () < start + most)
    {
        harness::sleepFor (least / 10);
    }
}

Fault verdict (const Control& control, const Row& row)
{
    uint64_t expected = 0;
    uint64_t sum = 0;
    uint32_t fault = 0;
    for (unsigned i = 0; i < row.producers; ++i)
    {
        const uint64_t n = control.pushed[i].done.load ();
        const uint64_t pairs = n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n;
        expected += firstOf (i) * n + pairs;
    }
    for (unsigned i = 0; i < row.consumers; ++i)
    {
        sum += control.popped[i].sum;
        fault = std::max (fault, control.popped[i].fault.load ());
    }
    const uint64_t pushed = control.allPushed ();
    const uint64_t popped = control.allPopped ();
    if (popped != pushed)
    {
        return popped < pushed ? Fault::Lost : Fault::Doubled;
    }
    return sum != expected ? Fault::Corrupted : static_cast<Fault> (fault);
}
}  // namespace

uint64_t Control::allPushed () const
{
    uint64_t sum = 0;
    for (const Tally& tally : pushed)
    {
        sum += tally.done.load (std::memory_order_acquire);
    }
    return sum;
}

uint64_t Control::allPopped () const
{
    uint64_t sum = 0;
    for (const Tally& tally : popped)
    {
        sum += tally.done.load (std::memory_order_acquire);
    }
    return sum;
}

Rate runPhases (const Order& order, Control& control, const std::function<void (unsigned worker)>& work)
{
    const Row& row = order.row;
    const unsigned count = row.producers + row.consumers;
    control.producers = row.producers;
    control.yieldAfter = count > 2 ? 64 : 1 << 14;
    harness::Workers workers (count, row.processes, [&] (unsigned worker) {
        const bool pushes = worker < row.producers;
        harness::pinTo (order.cpus[(pushes ? worker : worker - row.producers + 1) % 2]);
        work (worker);
    });
    while (control.gathered.load () < count)
    {
        harness::sleepFor (1e-4);
    }
    warmUp (control, order);
    control.phase.store (Timed);
    const double usedBefore = workers.used ();
    const double start = harness::secondsNow ();
    const uint64_t before = control.allPopped ();
    harness::sleepFor (order.seconds);
    const uint64_t after = control.allPopped ();
    const double time = harness::secondsNow () - start;
    const double used = workers.used () - usedBefore;
    control.phase.store (Stop);
    workers.join ();
    return {static_cast<double> (after - before) / time, used / (2 * time)};
}

void runFlow (const Order& order, const std::function<void (Control&, unsigned worker)>& work, Sample* sample)
{
    const harness::SharedObject<Control> shared;
    const Rate rate = runPhases (order, *shared, [&] (unsigned worker) { work (*shared, worker); });
    sample->value = rate.perSecond * 1e-6;
    sample->own = rate.own;
    sample->fault = verdict (*shared, order.row);
}

void runRoundtrip (const Order& order, const std::function<void (Control&, unsigned worker)>& work, Sample* sample)
{
    const harness::SharedObject<Control> shared;
    const Rate rate = runPhases (order, *shared, [&] (unsigned worker) { work (*shared, worker); });
    sample->value = rate.perSecond > 0 ? 1e9 / rate.perSecond : 0;
    sample->own = rate.own;
    sample->fault = static_cast<Fault> (shared->popped[0].fault.load ());
}

double runAlone (const Order& order, const std::function<void (uint64_t rounds)>& work, double* own)
{
    harness::pinTo (order.cpus[0]);
    uint64_t rounds = order.row.capacity;
    work (2 * rounds);
    const double usedBefore = harness::secondsOf (CLOCK_THREAD_CPUTIME_ID);
    const double start = harness::secondsNow ();
    uint64_t done = 0;
    double time = 0;
    while (time < order.seconds)
    {
        work (rounds);
        done += rounds;
        time = harness::secondsNow () - start;
    }
    const double used = harness::secondsOf (CLOCK_THREAD_CPUTIME_ID) - usedBefore;
    *own = used / time;
    return used * 1e9 / static_cast<double> (done);
}

}  // namespace bench
