// SPDX-License-Identifier: MIT
/// The loops of round trips, sleepers and idle waiters.
#ifndef BENCH_QUEUE_BLOCKING_SLEEPING_HPP
#define BENCH_QUEUE_BLOCKING_SLEEPING_HPP

#include "arrivals.hpp"
#include "waiting.hpp"

#include "../element.hpp"
#include "harness/clock.hpp"

#include <memory>

namespace bench
{
namespace blocking
{
template <typename Q>
void sendTrips (Q& request, Q& reply, Control& control, uint64_t workNs)
{
    Tally& tally = control.producer (0);
    typename Q::Element element = {};
    uint64_t value = firstElement (0);
    {
        const Participation participation (control, tally);
        for (; control.phase.load (std::memory_order_relaxed) != Stop; ++value)
        {
            const uint64_t start = harness::nanosNow ();
            element.set (value);
            request.push (element);
            reply.pop (element);
            uint64_t now = harness::nanosNow ();
            tally.spent += static_cast<double> (now - start);
            tally.sum += value;
            tally.fault |= element.value () != value ? static_cast<uint32_t> (Fault::Corrupted) : 0;
            for (const uint64_t end = now + workNs; now < end;)
            {
                now = harness::nanosNow ();
            }
        }
    }
    tally.done.store (value - firstElement (0));
    element.set (sentinel);
    request.push (element);
}

template <typename Q>
void returnTrips (Q& request, Q& reply, Control& control)
{
    Tally& tally = control.consumer (0);
    typename Q::Element element = {};
    Arrivals arrivals;
    {
        const Participation participation (control, tally);
        for (;;)
        {
            request.pop (element);
            if (element.value () == sentinel)
            {
                break;
            }
            arrivals.check (element.value ());
            reply.push (element);
        }
    }
    arrivals.store (tally, false);
}

template <typename Q>
void measureRoundtrip (const Setup& where, const Order& order, Sample* sample)
{
    pinProcess (order);
    const Setup reply {where.row, where.name + "-reply", where.mode, where.library};
    const SharedControl control (1, 1);
    const std::unique_ptr<Q> common[2] = {makeCommon<Q> (where), makeCommon<Q> (reply)};
    runRoundtrip (order, *control, Q::counted (order.row), sample, [&] (unsigned worker) {
        pinWorker (order, worker == 0, 0);
        const Access<Q> one (common[0].get (), where);
        const Access<Q> other (common[1].get (), reply);
        if (worker == 0)
        {
            sendTrips (*one, *other, *control, order.row.workNs);
        }
        else
        {
            returnTrips (*one, *other, *control);
        }
    });
}

/// Takes elements until the sentinel, and stores the count after each.
template <typename Q>
void popUntilEnd (Q& queue, Control& control, unsigned consumer)
{
    Tally& tally = control.consumer (consumer);
    typename Q::Element element = {};
    Arrivals arrivals;
    const Participation participation (control, tally);
    for (;;)
    {
        queue.pop (element);
        if (element.value () == sentinel)
        {
            return;
        }
        arrivals.check (element.value ());
        arrivals.store (tally, false);
    }
}

/// Sleepers and Idle: threads and one queue.
template <typename Q>
void measureWaiters (const Setup& where, const Order& order, Sample* sample)
{
    if (order.row.refused)
    {
        refuseMembarrier ();
    }
    pinProcess (order);
    const SharedControl control (1, order.row.consumers);
    Q queue (where);
    const Work pop = [&] (unsigned worker) { popUntilEnd (queue, *control, worker); };
    const Push push = [&] (uint64_t value) {
        typename Q::Element element = {};
        element.set (value);
        queue.push (element);
    };
    const auto run = order.row.shape == Shape::Sleepers ? runSleepers : runIdle;
    run (order, *control, Q::counted (order.row), sample, pop, push);
}

}  // namespace blocking
}  // namespace bench

#endif
