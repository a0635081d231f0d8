// SPDX-License-Identifier: MIT
/// What starts the workers of a measurement, waits, stops them and judges the result: the part that is no template.
#ifndef BENCH_QUEUE_BLOCKING_RUNS_HPP
#define BENCH_QUEUE_BLOCKING_RUNS_HPP

#include "workers.hpp"

namespace bench
{
namespace blocking
{
using Work = std::function<void (unsigned worker)>;

void runThroughput (const Order& order, Control& control, bool counted, Sample* sample, const Work& work);
void runRate (const Order& order, Control& control, bool counted, Sample* sample, const Work& work);

/// How long a Rate row runs: long periods longer.
double rateSeconds (const Order& order);

/// About how many elements a Rate row has at most.
std::size_t expectedElements (const Order& order);

/// Timers of the calling thread fire on time: slack of 1 ns.
void sharpenSleep ();

/// Spins until then if the period is short, otherwise sleeps. @return the time now
uint64_t awaitTime (uint64_t ns, uint64_t periodNs);

/// The latencies of a consumer, the first few left out.
class Latencies
{
public:
    explicit Latencies (std::size_t expected);

    void add (uint64_t ns) noexcept
    {
        if (_count < _values.size ())
        {
            _values[_count++] = static_cast<double> (ns);
        }
    }

    void store (Tally& tally);

private:
    std::vector<double> _values;
    std::size_t _count = 0;
};

}  // namespace blocking
}  // namespace bench

#endif
