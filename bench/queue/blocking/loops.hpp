// SPDX-License-Identifier: MIT
/// The loops that are measured, the same for every adapter.
#ifndef BENCH_QUEUE_BLOCKING_LOOPS_HPP
#define BENCH_QUEUE_BLOCKING_LOOPS_HPP

#include "../element.hpp"
#include "sleeping.hpp"

#include <algorithm>

namespace bench
{
namespace blocking
{
/// The last producer to end sends every consumer its sentinel, which comes after all elements.
template <typename Q>
void endConsumers (Q& queue, Control& control)
{
    if (control.producersDone.fetch_add (1) + 1 != control.producers)
    {
        return;
    }
    const auto element = std::make_unique<typename Q::Element> ();
    element->set (sentinel);
    for (unsigned i = 0; i < control.consumers; ++i)
    {
        queue.push (*element);
    }
}

template <typename Q>
void produce (Q& queue, Control& control, unsigned producer)
{
    Tally& tally = control.producer (producer);
    const auto element = std::make_unique<typename Q::Element> ();
    const uint64_t first = firstElement (producer);
    uint64_t next = first;
    uint64_t sum = 0;
    {
        const Participation participation (control, tally);
        while (control.phase.load (std::memory_order_relaxed) != Stop)
        {
            element->set (next);
            queue.push (*element);
            sum += next;
            ++next;
        }
    }
    tally.sum = sum;
    tally.done.store (next - first);
    endConsumers (queue, control);
}

template <typename Q>
void consume (Q& queue, Control& control, unsigned consumer)
{
    Tally& tally = control.consumer (consumer);
    const auto element = std::make_unique<typename Q::Element> ();
    Arrivals arrivals;
    uint64_t torn = 0;
    {
        const Participation participation (control, tally);
        for (;;)
        {
            queue.pop (*element);
            arrived (*element);
            const uint64_t value = element->value ();
            torn |= element->torn ();
            if (value == sentinel)
            {
                break;
            }
            arrivals.check (value);
            tally.done.store (arrivals.count (), std::memory_order_release);
        }
    }
    arrivals.store (tally, torn != 0);
}

template <typename Q>
void measureThroughput (const Setup& where, const Order& order, Sample* sample)
{
    const Row& row = order.row;
    pinProcess (order);
    const SharedControl control (row.producers, row.consumers);
    const std::unique_ptr<Q> common = makeCommon<Q> (where);
    runThroughput (order, *control, Q::counted (order.row), sample, [&] (unsigned worker) {
        const bool producer = worker < row.producers;
        const unsigned i = producer ? worker : worker - row.producers;
        pinWorker (order, producer, i);
        const Access<Q> queue (common.get (), where);
        producer ? produce (*queue, *control, i) : consume (*queue, *control, i);
    });
}

/// The elements are the times at which their pushes began.
template <typename Q>
void produceAtRate (Q& queue, Control& control, const Row& row)
{
    Tally& tally = control.producer (0);
    typename Q::Element element = {};
    uint64_t count = 0;
    uint64_t sum = 0;
    sharpenSleep ();
    {
        const Participation participation (control, tally);
        uint64_t next = harness::nanosNow () + row.periodNs;
        while (control.phase.load (std::memory_order_relaxed) != Stop)
        {
            const uint64_t now = awaitTime (next, row.periodNs);
            element.set (now);
            queue.push (element);
            sum += now;
            ++count;
            next = std::max (next + row.periodNs, now);  // missed periods are dropped
        }
    }
    tally.sum = sum;
    tally.done.store (count);
    endConsumers (queue, control);
}

template <typename Q>
void consumeAtRate (Q& queue, Control& control, std::size_t expected)
{
    Tally& tally = control.consumer (0);
    typename Q::Element element = {};
    Arrivals arrivals;
    Latencies latencies (expected);
    {
        const Participation participation (control, tally);
        for (;;)
        {
            queue.pop (element);
            const uint64_t now = harness::nanosNow ();
            if (element.value () == sentinel)
            {
                break;
            }
            latencies.add (now - element.value ());
            arrivals.check (element.value ());
        }
    }
    arrivals.store (tally, false);
    latencies.store (tally);
}

template <typename Q>
void measureRate (const Setup& where, const Order& order, Sample* sample)
{
    const SharedControl control (1, 1);
    const std::unique_ptr<Q> common = makeCommon<Q> (where);
    runRate (order, *control, Q::counted (order.row), sample, [&] (unsigned worker) {
        pinWorker (order, worker == 0, 0);
        const Access<Q> queue (common.get (), where);
        if (worker == 0)
        {
            produceAtRate (*queue, *control, order.row);
        }
        else
        {
            consumeAtRate (*queue, *control, expectedElements (order));
        }
    });
}

/// The measurements that an adapter takes part in.
template <typename Q>
void measure (const Setup& where, const Order& order, Sample* sample)
{
    if (order.row.shape == Shape::Throughput)
    {
        measureThroughput<Q> (where, order, sample);
        return;
    }
    if constexpr (sizeof (typename Q::Element) == 8)
    {
        switch (order.row.shape)
        {
            case Shape::Throughput:
                break;
            case Shape::Rate:
                measureRate<Q> (where, order, sample);
                break;
            case Shape::Roundtrip:
                measureRoundtrip<Q> (where, order, sample);
                break;
            case Shape::Sleepers:
            case Shape::Idle:
                measureWaiters<Q> (where, order, sample);
                break;
        }
    }
}

/// Picks the element type. Static: g++ 12 gives these instantiations external linkage, although the adapters are in
/// unnamed namespaces, so that two adapters of one name would be mixed up.
template <template <typename> class Q>
static void measureBySize (const Setup& where, const Order& order, Sample* sample)
{
    switch (order.row.bytes)
    {
        case 8:
            measure<Q<Element<8>>> (where, order, sample);
            break;
        case 64:
            measure<Q<Element<64>>> (where, order, sample);
            break;
        default:
            measure<Q<Element<64 * 1024>>> (where, order, sample);
            break;
    }
}

/// As Contender::run, for an adapter that serves all kinds, in memory of either sort.
template <template <typename> class Q>
static void runAny (const Contender& self, const Order& order, Sample* sample)
{
    measureBySize<Q> (Setup {order.row, order.name, self.mode, self.library.c_str ()}, order, sample);
}

}  // namespace blocking
}  // namespace bench

#endif
