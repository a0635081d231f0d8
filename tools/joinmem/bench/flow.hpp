// SPDX-License-Identifier: MIT
// Throughput: one side pushes as fast as it can, the other pops, one or several elements per call.
// Unlike bench/queue/flow.hpp it checks every element, and the calls are those of our queues without an adapter.
#ifndef JOINMEM_TOOL_BENCH_FLOW_HPP
#define JOINMEM_TOOL_BENCH_FLOW_HPP

#include "control.hpp"
#include "workers.hpp"
#include "queues.hpp"
#include "sample.hpp"

namespace tool::bench
{
template <typename Q, typename T, unsigned Batch>
int64_t pushSome (Q& queue, const T (&elements)[Batch]) noexcept
{
    if constexpr (Batch == 1)
    {
        return queue.tryPush (elements[0]) == 0 ? 1 : -1;
    }
    else
    {
        return queue.tryPush (elements, Batch);
    }
}

template <typename Q, typename T, unsigned Batch>
int64_t popSome (Q& queue, T (&elements)[Batch]) noexcept
{
    if constexpr (Batch == 1)
    {
        return queue.tryPop (elements[0]) == 0 ? 1 : -1;
    }
    else
    {
        return queue.tryPop (elements, Batch);
    }
}

/// Pushes 0, 1, 2, ...
template <typename Q, typename T, unsigned Batch>
void pushFlow (Q& queue, Control& control) noexcept
{
    T elements[Batch] = {};
    Patience<true> patience (control);
    uint64_t next = 0;
    bool going = gather (control);
    while (going && !control.is (Phase::Stopped))
    {
        for (unsigned i = 0; i < Batch; ++i)
        {
            elements[i].set (next + i);
        }
        const int64_t pushed = pushSome (queue, elements);
        if (pushed > 0)
        {
            next += static_cast<uint64_t> (pushed);
            patience.succeeded ();
            continue;
        }
        going = patience.refused ();
    }
    control.pushed = next;
    control.pushedSum = next % 2 == 0 ? next / 2 * (next - 1) : (next - 1) / 2 * next;
    control.pushedAll.store (true, std::memory_order_release);  // pairs with the acquire of the consumer
}

/// Pops until all pushed elements have arrived. With one producer, they arrive in push order.
template <typename Q, typename T, unsigned Batch>
void popFlow (Q& queue, Control& control) noexcept
{
    T elements[Batch] = {};
    Patience<true> patience (control);
    uint64_t next = 0;
    uint64_t sum = 0;
    uint64_t wrong = 0;
    for (bool going = gather (control); going;)
    {
        const bool last = control.pushedAll.load (std::memory_order_acquire);  // pairs with the release of the producer
        const int64_t popped = popSome (queue, elements);
        if (popped > 0)
        {
            for (unsigned i = 0; i < static_cast<unsigned> (popped); ++i)
            {
                wrong |= elements[i].differs (next + i);
                sum += elements[i].word[0];
            }
            next += static_cast<uint64_t> (popped);
            control.popped.store (next, std::memory_order_relaxed);  // only a count: pairs with nothing
            patience.succeeded ();
            continue;
        }
        going = !last && patience.refused ();
    }
    control.poppedSum = sum;
    control.wrong = wrong;
}

template <typename Memory, typename Policy, unsigned Bytes, unsigned Batch>
Sample measureFlow (const Plan& plan, Signals& signals)
{
    using T = Element<Bytes>;
    using Q = typename Policy::template Queue<T>;
    Place<Memory, Q> place (plan.nodes[1]);
    return run (plan, signals,
                {[&] (Control& control) { pushFlow<Q, T, Batch> (place.here (), control); },
                 [&] (Control& control) { popFlow<Q, T, Batch> (place.there (), control); }, [&] { place.hide (); }});
}

}  // namespace tool::bench

#endif
