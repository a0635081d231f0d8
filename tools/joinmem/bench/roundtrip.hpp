// SPDX-License-Identifier: MIT
// Latency: round trips over two queues, counted or measured one by one; and elements that are pushed at a steady rate
// and carry the time of their push. Those of bench/queue/measure.hpp go over the adapters of foreign queues.
#ifndef JOINMEM_TOOL_BENCH_ROUNDTRIP_HPP
#define JOINMEM_TOOL_BENCH_ROUNDTRIP_HPP

#include "control.hpp"
#include "workers.hpp"
#include "queues.hpp"
#include "sample.hpp"

namespace tool::bench
{
/// Tries until the element is pushed. @return false: the measurement is over
template <typename Q, typename T, typename Wait>
bool pushed (Q& queue, const T& element, Wait& wait) noexcept
{
    while (queue.tryPush (element) != 0)
    {
        if (!wait.refused ())
        {
            return false;
        }
    }
    wait.succeeded ();
    return true;
}

template <typename Q, typename T, typename Wait>
bool popped (Q& queue, T& element, Wait& wait) noexcept
{
    while (queue.tryPop (element) != 0)
    {
        if (!wait.refused ())
        {
            return false;
        }
    }
    wait.succeeded ();
    return true;
}

/// Sends and waits for the answer.
/// @tparam Each whether to read the clock after each trip and record half of its time
template <typename Q, typename T, bool Each>
void askRoundtrips (Q& there, Q& back, Control& control) noexcept
{
    Patience<false> patience (control);
    T element = {};
    uint64_t roundtrips = 0;
    uint64_t wrong = 0;
    bool going = gather (control);
    uint64_t begin = Each ? harness::nanosNow () : 0;
    while (going && !control.is (Phase::Stopped))
    {
        element.set (roundtrips);
        going = pushed (there, element, patience) && popped (back, element, patience);
        if (!going)
        {
            break;
        }
        wrong |= element.differs (roundtrips);
        ++roundtrips;
        control.popped.store (roundtrips, std::memory_order_relaxed);  // only a count: pairs with nothing
        if (Each)
        {
            const uint64_t end = harness::nanosNow ();
            if (control.is (Phase::Timed))
            {
                control.latencies.add ((end - begin) / 2);
            }
            begin = end;
        }
    }
    control.pushed = roundtrips;
    control.wrong = wrong;
    control.pushedAll.store (true, std::memory_order_release);  // pairs with the acquire of the answering side
}

template <typename Q, typename T>
void answerRoundtrips (Q& there, Q& back, Control& control) noexcept
{
    Patience<false> patience (control);
    T element = {};
    bool going = gather (control);
    while (going && !control.pushedAll.load (std::memory_order_acquire))  // pairs with the release of the asking side
    {
        if (there.tryPop (element) == 0)
        {
            going = pushed (back, element, patience);
            continue;
        }
        going = patience.refused ();
    }
}

/// Pushes the time at a steady rate. If it is late, it omits the missed elements and does not catch up, which would
/// change the load.
template <typename Q, typename T>
void pushPaced (Q& queue, Control& control) noexcept
{
    Patience<false> patience (control);
    T element = {};
    uint64_t due = harness::nanosNow ();
    bool going = gather (control);
    while (going && !control.is (Phase::Stopped))
    {
        const uint64_t now = harness::nanosNow ();
        if (now < due)
        {
            going = patience.again ();
            continue;
        }
        element.set (now);
        going = pushed (queue, element, patience);
        control.pushed += going ? 1 : 0;
        control.pushedSum += going ? now : 0;
        due = now - due < Plan::periodNanos ? due + Plan::periodNanos : now + Plan::periodNanos;
    }
    control.pushedAll.store (true, std::memory_order_release);  // pairs with the acquire of the consumer
}

template <typename Q, typename T>
void popPaced (Q& queue, Control& control) noexcept
{
    Patience<false> patience (control);
    T element = {};
    uint64_t last = 0;
    for (bool going = gather (control); going;)
    {
        const bool all = control.pushedAll.load (std::memory_order_acquire);  // pairs with the release of the producer
        if (queue.tryPop (element) != 0)
        {
            going = !all && patience.refused ();
            continue;
        }
        const uint64_t now = harness::nanosNow ();
        const uint64_t stamp = element.word[0];
        control.wrong |= element.differs (stamp) | (stamp < last ? 1 : 0);
        control.poppedSum += stamp;
        last = stamp;
        if (control.is (Phase::Timed))
        {
            control.latencies.add (now > stamp ? now - stamp : 0);
        }
        // Only a count: pairs with nothing.
        control.popped.store (control.popped.load (std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        patience.succeeded ();
    }
}

template <typename Memory, typename Policy, unsigned Bytes, bool Each>
Sample measureRoundtrip (const Plan& plan, Signals& signals)
{
    using T = Element<Bytes>;
    using Q = typename Policy::template Queue<T>;
    Place<Memory, Q> there (plan.nodes[1]);
    Place<Memory, Q> back (plan.nodes[0]);
    return run (plan, signals,
                {[&] (Control& control) { askRoundtrips<Q, T, Each> (there.here (), back.here (), control); },
                 [&] (Control& control) {
                     Q& first = there.there ();
                     answerRoundtrips<Q, T> (first, back.there (), control);
                 },
                 [&] {
                     there.hide ();
                     back.hide ();
                 }});
}

template <typename Memory, typename Policy>
Sample measurePaced (const Plan& plan, Signals& signals)
{
    using T = Element<8>;
    using Q = typename Policy::template Queue<T>;
    Place<Memory, Q> place (plan.nodes[1]);
    return run (plan, signals,
                {[&] (Control& control) { pushPaced<Q, T> (place.here (), control); },
                 [&] (Control& control) { popPaced<Q, T> (place.there (), control); }, [&] { place.hide (); }});
}

}  // namespace tool::bench

#endif
