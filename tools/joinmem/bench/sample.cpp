// SPDX-License-Identifier: MIT
#include "sample.hpp"

#include "harness/shared_object.hpp"

#include <string>

namespace tool::bench
{
namespace
{
void judge (const Control& control)
{
    const uint64_t popped = control.popped.load ();
    if (popped != control.pushed)
    {
        throw WrongQueue (std::to_string (control.pushed) + " elements were pushed, but " + std::to_string (popped)
                          + " were popped");
    }
    if (control.wrong != 0)
    {
        throw WrongQueue ("elements were reordered or torn");
    }
    if (control.poppedSum != control.pushedSum)
    {
        throw WrongQueue ("the sum of the popped elements differs from that of the pushed ones");
    }
}
}  // namespace

Sample run (const Plan& plan, Signals& signals, const Sides& sides)
{
    const harness::SharedObject<Control> control;
    Sample sample;
    {
        Workers workers (plan, signals, *control, sides);
        sample.rate = workers.measure ();
    }
    judge (*control);
    sample.latencies.add (control->latencies);
    return sample;
}

}  // namespace tool::bench
