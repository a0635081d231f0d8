// SPDX-License-Identifier: MIT
// Turns the tallies of the workers into figures per element.
#include "workers.hpp"

namespace bench
{
namespace blocking
{
namespace
{
/// The sum of what all producers pushed.
uint64_t expectedSum (Control& control)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < control.producers; ++i)
    {
        sum += control.producer (i).sum;
    }
    return sum;
}
}  // namespace

uint64_t Control::popped ()
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < consumers; ++i)
    {
        sum += consumer (i).done.load (std::memory_order_acquire);
    }
    return sum;
}

Fault verdict (Control& control)
{
    uint64_t pushed = 0;
    uint64_t sum = 0;
    uint32_t fault = 0;
    for (unsigned i = 0; i < control.producers; ++i)
    {
        pushed += control.producer (i).done.load ();
    }
    for (unsigned i = 0; i < control.consumers; ++i)
    {
        sum += control.consumer (i).sum;
    }
    for (unsigned i = 0; i < control.producers + control.consumers; ++i)
    {
        fault = fault != 0 ? fault : control.tallies[i].fault;
    }
    const uint64_t popped = control.popped ();
    if (popped != pushed)
    {
        return popped < pushed ? Fault::Lost : Fault::Doubled;
    }
    return fault != 0 ? static_cast<Fault> (fault) : sum != expectedSum (control) ? Fault::Corrupted : Fault::None;
}

void fillCalls (const SystemCalls& calls, double elements, Sample* sample)
{
    if (!countsSystemCalls ())
    {
        return;
    }
    const auto each = [elements] (uint64_t n) { return static_cast<double> (n) / elements; };
    sample->systemCalls = each (calls.all ());
    sample->membarriers = each (calls.membarriers.value ());
    sample->futexWaits = each (calls.futexWaits.value ());
    sample->futexWakes = each (calls.futexWakes.value ());
    sample->yields = each (calls.yields.value ());
}

void summarise (Control& control, double elements, bool counted, Sample* sample)
{
    Usage used[2];
    SystemCalls calls;
    for (unsigned i = 0; i < control.producers + control.consumers; ++i)
    {
        used[i < control.producers ? 0 : 1] += control.tallies[i].used;
        calls += control.tallies[i].calls;
    }
    sample->elements = elements;
    sample->fault = verdict (control);
    if (elements == 0)
    {
        return;
    }
    const auto each = [elements] (uint64_t n) { return static_cast<double> (n) / elements; };
    sample->producersCpu = used[0].cpu / elements;
    sample->consumersCpu = used[1].cpu / elements;
    sample->voluntary = each (used[0].voluntary + used[1].voluntary);
    sample->involuntary = each (used[0].involuntary + used[1].involuntary);
    if (counted)
    {
        fillCalls (calls, elements, sample);
    }
}

}  // namespace blocking
}  // namespace bench
