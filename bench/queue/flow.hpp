// SPDX-License-Identifier: MIT
/// The timed loops, the same for each adapter.
#ifndef BENCH_QUEUE_FLOW_HPP
#define BENCH_QUEUE_FLOW_HPP

#include "element.hpp"
#include "harness/clock.hpp"
#include "workers.hpp"

#include <algorithm>
#include <memory>

namespace bench
{
/// Checks the order of each producer's elements, as one consumer sees it.
class Arrivals
{
public:
    Arrivals (unsigned producers, bool alone)
    : _producers (producers)
    , _alone (alone)
    {
    }

    void look (uint64_t value) noexcept
    {
        const uint64_t producer = (value >> producerShift) - 1;
        if (producer >= _producers)
        {
            _fault = Fault::Corrupted;
            return;
        }
        uint64_t& next = _next[producer];
        if (next != unknown && (value < next || (_alone && value != next)))
        {
            _fault = Fault::Disorder;
        }
        next = value + 1;
    }

    /// Call after elements have passed unchecked.
    void forget () noexcept
    {
        for (uint64_t& next : _next)
        {
            next = unknown;
        }
    }

    Fault fault () const
    {
        return _fault;
    }

private:
    static constexpr uint64_t unknown = 0;

    unsigned _producers;
    bool _alone;
    uint64_t _next[workersMost] = {};
    Fault _fault = Fault::None;
};

template <typename Q, bool Several>
class Pushing
{
    using T = typename Q::Element;

public:
    Pushing (Q& queue, Control& control, unsigned worker, uint32_t batch)
    : _producer (queue)
    , _control (control)
    , _worker (worker)
    , _batch (Several ? batch : 1)
    {
    }

    void operator() ()
    {
        Wait wait (_control.yieldAfter);
        uint64_t next = firstOf (_worker);
        for (uint32_t i = 0; i < _batch; ++i)
        {
            _elements[i] = T ();
        }
        _control.gathered.fetch_add (1);
        while (_control.phase.load (std::memory_order_acquire) == Gather)
        {
            wait.failed ();
        }
        while (_control.phase.load (std::memory_order_relaxed) != Stop)
        {
            for (uint32_t i = 0; i < _batch; ++i)
            {
                _elements[i].set (next + i);
            }
            const uint64_t pushed = push ();
            next += pushed;
            pushed != 0 ? wait.succeeded () : wait.failed ();
        }
        _control.pushed[_worker].done.store (next - firstOf (_worker), std::memory_order_release);
        _control.producersDone.fetch_add (1);
    }

private:
    uint64_t push ()
    {
        if constexpr (Several)
        {
            return _producer.push (_elements, _batch);
        }
        else
        {
            return _producer.push (_elements[0]) ? 1 : 0;
        }
    }

    typename Q::Producer _producer;
    Control& _control;
    unsigned _worker;
    uint32_t _batch;
    T _elements[Several ? batchMost : 1];
};

template <typename Q, bool Several>
class Popping
{
    using T = typename Q::Element;

public:
    Popping (Q& queue, Control& control, unsigned worker, const Row& row)
    : _consumer (queue)
    , _control (control)
    , _tally (control.popped[worker])
    , _batch (Several ? row.batch : 1)
    , _arrivals (row.producers, row.consumers == 1)
    {
    }

    void operator() ()
    {
        _control.gathered.fetch_add (1);
        Wait wait (_control.yieldAfter);
        while (_control.phase.load (std::memory_order_acquire) < Timed)
        {
            step<true> () != 0 ? wait.succeeded () : wait.failed ();
        }
        _arrivals.forget ();
        while (_control.phase.load (std::memory_order_relaxed) == Timed)
        {
            step<false> () != 0 ? wait.succeeded () : wait.failed ();
        }
        drain (wait);
        _tally.sum = _sum;
        const Fault fault = _torn != 0 ? Fault::Corrupted : _arrivals.fault ();
        _tally.fault.store (static_cast<uint32_t> (fault));
    }

private:
    void drain (Wait& wait)
    {
        constexpr double patience = 0.1;
        double last = harness::secondsNow ();
        for (;;)
        {
            if (step<true> () != 0)
            {
                last = harness::secondsNow ();
                continue;
            }
            wait.failed ();
            const bool all = _control.producersDone.load (std::memory_order_acquire) == _control.producers;
            if (all && (_control.allPopped () >= _control.allPushed () || harness::secondsNow () - last > patience))
            {
                return;
            }
        }
    }

    template <bool Look>
    uint64_t step ()
    {
        const uint64_t n = pop ();
        for (uint64_t i = 0; i < n; ++i)
        {
            T& element = _elements[i];
            arrived (element);
            _sum += element.value ();
            _torn |= element.torn ();
            if (Look)
            {
                _arrivals.look (element.value ());
            }
        }
        if (n != 0)
        {
            _done += n;
            _tally.done.store (_done, std::memory_order_release);
        }
        return n;
    }

    uint64_t pop ()
    {
        if constexpr (Several)
        {
            return _consumer.pop (_elements, _batch);
        }
        else
        {
            return _consumer.pop (_elements[0]) ? 1 : 0;
        }
    }

    typename Q::Consumer _consumer;
    Control& _control;
    Tally& _tally;
    uint32_t _batch;
    Arrivals _arrivals;
    uint64_t _done = 0;
    uint64_t _sum = 0;
    uint64_t _torn = 0;
    T _elements[Several ? batchMost : 1];
};

template <typename Q, bool Several>
void flowBy (const Order& order, Sample* sample)
{
    const Place place {order.row.capacity, order.name};
    std::unique_ptr<Q> common = order.row.processes ? nullptr : std::make_unique<Q> (place);
    runFlow (
        order,
        [&] (Control& control, unsigned worker) {
            std::unique_ptr<Q> own = common ? nullptr : std::make_unique<Q> (place);
            Q& queue = common ? *common : *own;
            if (worker < order.row.producers)
            {
                const auto pushing = std::make_unique<Pushing<Q, Several>> (queue, control, worker, order.row.batch);
                (*pushing) ();
            }
            else
            {
                const auto popping =
                    std::make_unique<Popping<Q, Several>> (queue, control, worker - order.row.producers, order.row);
                (*popping) ();
            }
        },
        sample);
}
}  // namespace bench

#endif
