// SPDX-License-Identifier: MIT
/// The time until a sleeping thread has a pushed element. An adapter has `bool push (const T&)`, as others, and `void
/// await (T&)`, which sleeps in the kernel.
#ifndef BENCH_QUEUE_WAKE_HPP
#define BENCH_QUEUE_WAKE_HPP

#include "element.hpp"
#include "workers.hpp"

#include <functional>

namespace bench
{
/// This thread calls `push (value)` on one processor, another thread calls `await ()` on the other, repeatedly. The
/// producer pauses between pushes until the consumer sleeps. The result is the median time from before push to after
/// await.
void runWake (const Order& order, const std::function<void (uint64_t)>& push, const std::function<uint64_t ()>& await,
              Sample* sample);

template <typename Q>
void measureWake (const Order& order, Sample* sample)
{
    using T = typename Q::Element;
    Q queue (Place {order.row.capacity, order.name});
    runWake (
        order,
        [&] (uint64_t value) {
            T element = T ();
            element.set (value);
            queue.push (element);
        },
        [&] {
            T element = T ();
            queue.await (element);
            return element.value ();
        },
        sample);
}

template <typename Q>
void addWaker (Contenders& contenders, const Entry& entry, Kind kind)
{
    Contender contender;
    contender.name = entry.name;
    contender.group = entry.group;
    contender.kind = kind;
    contender.bytes = sizeof (typename Q::Element);
    contender.wake = measureWake<Q>;
    contenders.push_back (contender);
}

}  // namespace bench

#endif
