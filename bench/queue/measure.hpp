// SPDX-License-Identifier: MIT
/// An adapter becomes contenders: one a kind and an element size.
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
struct HasBatch<Q, std::void_t<decltype (std::declval<typename Q::Popper&> ().pop (
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

/// Nobody waits longer between two looks than it takes to look.
template <typename Q>
void tripBy (Q& there, Q& back, Control& control, unsigned worker)
{
    using T = typename Q::Element;
    typename Q::Pusher pusher (worker == 0 ? there : back);
    typename Q::Popper popper (worker == 0 ? back : there);
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
            while (!pusher.push (element))
            {
            }
            while (!popper.pop (element))
            {
            }
            arrived (element);
            if (element.value () != value || element.torn () != 0)
            {
                tally.fault.store (static_cast<uint32_t> (Fault::Corrupted));
            }
            tally.done.store (value - firstOf (0) + 1, std::memory_order_relaxed);
        }
        control.pushersDone.store (1, std::memory_order_release);
        return;
    }
    while (control.pushersDone.load (std::memory_order_relaxed) == 0)
    {
        if (popper.pop (element))
        {
            arrived (element);
            while (!pusher.push (element))
            {
            }
        }
    }
}

template <typename Q>
void measureTrip (const Order& order, Sample* sample)
{
    const Place there {order.row.capacity, order.name + std::string ("-there")};
    const Place back {order.row.capacity, order.name + std::string ("-back")};
    std::unique_ptr<Q> common[2];
    if (!order.row.processes)
    {
        common[0] = std::make_unique<Q> (there);
        common[1] = std::make_unique<Q> (back);
    }
    runTrip (
        order,
        [&] (Control& control, unsigned worker) {
            std::unique_ptr<Q> own[2];
            if (order.row.processes)
            {
                own[0] = std::make_unique<Q> (there);
                own[1] = std::make_unique<Q> (back);
            }
            const auto& queues = order.row.processes ? own : common;
            tripBy<Q> (*queues[0], *queues[1], control, worker);
        },
        sample);
}

/// A batch in, and out again.
template <typename Q, bool Several>
void aloneBy (const Order& order, Sample* sample)
{
    using T = typename Q::Element;
    Q queue (Place {order.row.capacity, order.name});
    typename Q::Pusher pusher (queue);
    typename Q::Popper popper (queue);
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
                in = pusher.push (elements.get (), batch);
                out = popper.pop (elements.get (), batch);
            }
            else
            {
                in = pusher.push (elements[0]) ? 1 : 0;
                out = popper.pop (elements[0]) ? 1 : 0;
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
    contender.trip = measureTrip<Q>;
    contender.alone = measureAlone<Q>;
    contenders.push_back (contender);
}

/// Static: g++ 12 gives what is instantiated for a template of an unnamed namespace to all files, and one of them wins.
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
