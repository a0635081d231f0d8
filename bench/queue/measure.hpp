// SPDX-License-Identifier: MIT
/// Turns an adapter into contenders: one for each kind and element size.
#ifndef BENCH_QUEUE_MEASURE_HPP
#define BENCH_QUEUE_MEASURE_HPP

#include "flow.hpp"

#include <type_traits>

namespace bench
{
/// Whether the adapter has calls for several elements.
template <typename Q, typename = void>
struct HasBatch : std::false_type
{
};

template <typename Q>
struct HasBatch<Q, std::void_t<decltype (std::declval<typename Q::Consumer&> ().pop (
                       std::declval<typename Q::Element*> (), uint64_t (1)))>> : std::true_type
{
};

template <typename Q>
void measureFlow (const Order& order, Sample* sample)
{
    if constexpr (HasBatch<Q>::value)
    {
        if (order.row.batch > 1)
        {
            flowBy<Q, true> (order, sample);
            return;
        }
    }
    flowBy<Q, false> (order, sample);
}

/// Polls without a pause: no wait is longer than one poll.
template <typename Q>
void roundtripBy (Q& there, Q& back, Control& control, unsigned worker)
{
    using T = typename Q::Element;
    typename Q::Producer producer (worker == 0 ? there : back);
    typename Q::Consumer consumer (worker == 0 ? back : there);
    Tally& tally = control.popped[0];
    T element = T ();
    control.gathered.fetch_add (1);
    while (control.phase.load (std::memory_order_acquire) == Gather)
    {
        ::sched_yield ();
    }
    if (worker == 0)
    {
        uint64_t value = firstOf (0);
        for (; control.phase.load (std::memory_order_relaxed) != Stop; ++value)
        {
            element.set (value);
            while (!producer.push (element))
            {
            }
            while (!consumer.pop (element))
            {
            }
            arrived (element);
            if (element.value () != value || element.torn () != 0)
            {
                tally.fault.store (static_cast<uint32_t> (Fault::Corrupted));
            }
            tally.done.store (value - firstOf (0) + 1, std::memory_order_relaxed);
        }
        control.producersDone.store (1, std::memory_order_release);
        return;
    }
    while (control.producersDone.load (std::memory_order_relaxed) == 0)
    {
        if (consumer.pop (element))
        {
            arrived (element);
            while (!producer.push (element))
            {
            }
        }
    }
}

template <typename Q>
void measureRoundtrip (const Order& order, Sample* sample)
{
    const Place there {order.row.capacity, order.name + std::string ("-there")};
    const Place back {order.row.capacity, order.name + std::string ("-back")};
    std::unique_ptr<Q> common[2];
    if (!order.row.processes)
    {
        common[0] = std::make_unique<Q> (there);
        common[1] = std::make_unique<Q> (back);
    }
    runRoundtrip (
        order,
        [&] (Control& control, unsigned worker) {
            std::unique_ptr<Q> own[2];
            if (order.row.processes)
            {
                own[0] = std::make_unique<Q> (there);
                own[1] = std::make_unique<Q> (back);
            }
            const auto& queues = order.row.processes ? own : common;
            roundtripBy<Q> (*queues[0], *queues[1], control, worker);
        },
        sample);
}

/// Pushes a batch and pops it.
template <typename Q, bool Several>
void aloneBy (const Order& order, Sample* sample)
{
    using T = typename Q::Element;
    Q queue (Place {order.row.capacity, order.name});
    typename Q::Producer producer (queue);
    typename Q::Consumer consumer (queue);
    const auto elements = std::make_unique<T[]> (batchMost);
    const uint64_t batch = order.row.batch;
    uint64_t value = firstOf (0);
    uint64_t wrong = 0;
    const auto work = [&] (uint64_t rounds) {
        for (uint64_t i = 0; i < rounds; ++i, value += batch)
        {
            uint64_t in = 1;
            uint64_t out = 1;
            elements[0].set (value);
            if constexpr (Several)
            {
                in = producer.push (elements.get (), batch);
                out = consumer.pop (elements.get (), batch);
            }
            else
            {
                in = producer.push (elements[0]) ? 1 : 0;
                out = consumer.pop (elements[0]) ? 1 : 0;
            }
            arrived (elements[0]);
            wrong |= (elements[0].value () ^ value) | (in ^ batch) | (out ^ batch);
        }
    };
    sample->value = runAlone (order, work, &sample->own) / static_cast<double> (batch);
    sample->fault = wrong != 0 ? Fault::Corrupted : Fault::None;
}

template <typename Q>
void measureAlone (const Order& order, Sample* sample)
{
    if constexpr (HasBatch<Q>::value)
    {
        if (order.row.batch > 1)
        {
            aloneBy<Q, true> (order, sample);
            return;
        }
    }
    aloneBy<Q, false> (order, sample);
}

template <typename Q>
void addOne (Contenders& contenders, const Entry& entry, Kind kind)
{
    Contender contender;
    contender.name = entry.name;
    contender.group = entry.group;
    contender.kind = kind;
    contender.bytes = sizeof (typename Q::Element);
    contender.batch = HasBatch<Q>::value;
    contender.processes = entry.processes;
    contender.flow = measureFlow<Q>;
    contender.roundtrip = measureRoundtrip<Q>;
    contender.alone = measureAlone<Q>;
    contenders.push_back (contender);
}

/// Static: g++ 12 gives instantiations for templates of an unnamed namespace external linkage, so that one file's wins.
template <template <typename> class Q>
static void add (Contenders& contenders, const Entry& entry, std::initializer_list<Kind> kinds)
{
    for (Kind kind : kinds)
    {
        addOne<Q<Element<8>>> (contenders, entry, kind);
        addOne<Q<Element<64>>> (contenders, entry, kind);
        addOne<Q<Element<1024>>> (contenders, entry, kind);
    }
}

}  // namespace bench

#endif
