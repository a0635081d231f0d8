// SPDX-License-Identifier: MIT
#include "runs.hpp"

#include "harness/clock.hpp"
#include "harness/figure.hpp"

#include <algorithm>
#include <memory>
#include <sys/prctl.h>

namespace bench
{
namespace blocking
{
namespace
{
constexpr double pinAfter = 5e-3;            // seconds
constexpr uint64_t longestSpin = 50 * 1000;  // ns: shorter periods spin, as a sleep would be late

// Until two laps of the ring, so that its pages are present. There is no wait for a queue that does not move.
void warmUp (Control& control, const Order& order)
{
    const double least = order.seconds / 5;
    const uint64_t end = harness::nanosNow () + static_cast<uint64_t> (10 * least * 1e9);
    harness::sleepFor (pinAfter);
    pinRunning (order, control);
    harness::sleepFor (least);
    while (control.popped () < 2 * order.row.capacity && harness::nanosNow () < end)
    {
        harness::sleepFor (least / 10);
    }
}
}  // namespace

void runThroughput (const Order& order, Control& control, bool counted, Sample* sample, const Work& work)
{
    const unsigned count = order.row.producers + order.row.consumers;
    harness::Workers workers (count, order.row.processes (), work);
    awaitWorkers (control, count);
    control.start ();
    warmUp (control, order);
    const uint64_t before = control.popped ();
    const uint64_t start = harness::nanosNow ();
    harness::sleepFor (order.seconds);
    const uint64_t after = control.popped ();
    const uint64_t end = harness::nanosNow ();
    control.phase.store (Stop);
    workers.join ();
    sample->value = static_cast<double> (after - before) * 1e3 / static_cast<double> (end - start);
    summarise (control, static_cast<double> (control.popped ()), counted, sample);
}

double rateSeconds (const Order& order)
{
    const uint64_t period = order.row.periodNs;
    return order.seconds * (period >= 1000000 ? 8 : period >= 100000 ? 4 : period >= 10000 ? 2 : 1);
}

std::size_t expectedElements (const Order& order)
{
    return static_cast<std::size_t> (rateSeconds (order) * 1.5e9 / static_cast<double> (order.row.periodNs)) + 1000;
}

void runRate (const Order& order, Control& control, bool counted, Sample* sample, const Work& work)
{
    std::unique_ptr<BusyProcesses> busy;
    if (order.row.busy)
    {
        busy = std::make_unique<BusyProcesses> (2, order);
    }
    harness::Workers workers (2, order.row.processes (), work);
    awaitWorkers (control, 2);
    control.start ();
    harness::sleepFor (rateSeconds (order));
    control.phase.store (Stop);
    workers.join ();
    const double* const latencies = control.consumer (0).latencies;
    sample->value = latencies[0];
    sample->p99 = latencies[1];
    sample->p999 = latencies[2];
    summarise (control, static_cast<double> (control.popped ()), counted, sample);
}

void sharpenSleep ()
{
    ::prctl (PR_SET_TIMERSLACK, 1UL);
}

uint64_t awaitTime (uint64_t ns, uint64_t periodNs)
{
    if (periodNs > longestSpin)
    {
        harness::sleepUntil (ns);
    }
    uint64_t now = harness::nanosNow ();
    while (now < ns)
    {
        now = harness::nanosNow ();
    }
    return now;
}

Latencies::Latencies (std::size_t expected)
: _values (expected)
{
}

void Latencies::store (Tally& tally)
{
    const std::size_t skipped = std::min (_count, 5 + _count / 50);  // first sleeps, first page faults
    std::vector<double> kept (_values.begin () + static_cast<std::ptrdiff_t> (skipped),
                              _values.begin () + static_cast<std::ptrdiff_t> (_count));
    tally.latencies[0] = harness::quantile (kept, 0.5);
    tally.latencies[1] = harness::quantile (kept, 0.99);
    tally.latencies[2] = harness::quantile (kept, 0.999);
}

}  // namespace blocking
}  // namespace bench
