// SPDX-License-Identifier: MIT
// The producer, the waiter, and the process that starts them, waits, ends them and judges the result.
#include "contender.hpp"
#include "control.hpp"
#include "harness/clock.hpp"
#include "harness/cpus.hpp"
#include "harness/workers.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace bench
{
namespace waitset
{
namespace
{
constexpr double untilAsleep = 10;  // times a busy measurement, until all helpers of an idle set sleep
constexpr unsigned fullsBeforeYield = 64;

/// xorshift64*: which queue is next.
class Random
{
public:
    unsigned below (unsigned n) noexcept
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return static_cast<unsigned> ((_state * 0x2545F4914F6CDD1D >> 32) * n >> 32);
    }

private:
    uint64_t _state = 0x9E3779B97F4A7C15;
};

double secondsOf (const Order& order)
{
    const double times = order.row.shape == Shape::Busy ? 1 : order.row.shape == Shape::Idle ? 20 : 5;
    return order.seconds * times * (order.row.periodNs > 1000000 ? 3 : 1);
}

std::size_t latenciesOf (const Order& order)
{
    return order.row.shape == Shape::Wake
               ? static_cast<std::size_t> (secondsOf (order) * 1.5e9 / static_cast<double> (order.row.periodNs)) + 1000
               : 0;
}

class Producer
{
public:
    Producer (const Order& order, Control& control, Sender& sender)
    : _order (order)
    , _control (control)
    , _sender (sender)
    {
    }

    void run ()
    {
        switch (_order.row.shape)
        {
            case Shape::Wake:
                wake ();
                break;
            case Shape::Busy:
                fill ();
                break;
            case Shape::Idle:
                _control.sleepUntil (Stop);
                break;
        }
        _control.pushed = _sequence;
        _control.sum = _sum;
        finish ();
    }

private:
    // One element per period, and none before the last one was taken.
    void wake ()
    {
        ::prctl (PR_SET_TIMERSLACK, 1UL);
        Latencies pushes;
        pushes.reserve (latenciesOf (_order));
        uint64_t next = harness::nanosNow ();
        while (_control.runs ())
        {
            next = std::max (next + _order.row.periodNs, harness::nanosNow ());
            harness::sleepUntil (next);
            if (_control.taken.load (std::memory_order_acquire) != _sequence)
            {
                continue;
            }
            const unsigned queue = _random.below (_order.row.active);
            Element element = Element::of (_sequence + 1, queue);
            element.sent = harness::nanosNow ();
            if (_sender.tryPush (queue, element))
            {
                pushes.add (harness::nanosNow () - element.sent);
                count (element);
            }
        }
        _control.pushNs = pushes.quantile (0.5);
    }

    void fill ()
    {
        unsigned fulls = 0;
        while (_control.runs ())
        {
            const unsigned queue = _random.below (_order.row.active);
            const Element element = Element::of (_sequence + 1, queue);
            if (_sender.tryPush (queue, element))
            {
                count (element);
                fulls = 0;
            }
            else if (++fulls % fullsBeforeYield == 0)
            {
                ::sched_yield ();
            }
        }
    }

    // The sentinel comes after all elements were taken, or no further one is for a second: the queue has lost some.
    void finish ()
    {
        uint64_t before = 0;
        for (unsigned still = 0; still < 1000; ++still)
        {
            harness::sleepFor (1e-3);
            const uint64_t taken = _control.taken.load ();
            if (taken >= _sequence)
            {
                break;
            }
            still = taken == before ? still : 0;
            before = taken;
        }
        Element last;
        last.value = sentinel;
        while (!_sender.tryPush (0, last))
        {
            harness::sleepFor (1e-3);
        }
    }

    void count (const Element& element) noexcept
    {
        ++_sequence;
        _sum += element.value;
    }

    const Order& _order;
    Control& _control;
    Sender& _sender;
    Random _random;
    uint64_t _sequence = 0;
    uint64_t _sum = 0;
};

void produce (const Order& order, Control& control, Peer& peer)
{
    while (!control.opened.load ())
    {
        harness::sleepFor (1e-3);
    }
    const std::unique_ptr<Sender> sender = peer.sender ();
    control.gather ();
    Producer (order, control, *sender).run ();
}

void consume (const Order& order, Control& control, Peer& peer)
{
    const std::unique_ptr<Waiter> waiter = peer.waiter ();
    const double before = descriptorsOf (::getpid ());
    waiter->makeSet ();
    control.opened.store (true);
    control.descriptors = descriptorsOf (::getpid ()) - before;
    control.waiter = ::getpid ();
    Sink sink (order.row.queues, latenciesOf (order));
    control.gather ();
    const double cpu = cpuOf (::getpid ());
    while (!sink.ended ())
    {
        waiter->wait ();
        sink.begin (harness::nanosNow ());
        waiter->take (sink);
        control.taken.store (sink.count (), std::memory_order_release);
    }
    control.cpu = cpuOf (::getpid ()) - cpu;
    control.takenSum = sink.sum ();
    control.fault = sink.fault ();
    constexpr double shares[] = {0.5, 0.99, 0.999};
    for (unsigned i = 0; i < 3; ++i)
    {
        control.latencies[i] = sink.latencies ().quantile (shares[i]);
    }
}

void pin (const Order& order, unsigned worker)
{
    if (order.row.pinned)
    {
        harness::pinTo (order.cpus[worker]);
    }
}

// The workers: 0 produces, 1 waits. Where an idle set has private queues, both are threads of one process of their own.
void work (const Order& order, Control& control, Peer& peer, unsigned worker)
{
    if (order.row.shape == Shape::Idle && !order.row.shared)
    {
        harness::Workers producer (1, false, [&] (unsigned) { produce (order, control, peer); });
        consume (order, control, peer);
        producer.join ();
        return;
    }
    pin (order, worker);
    worker == 0 ? produce (order, control, peer) : consume (order, control, peer);
}

Fault verdict (const Control& control)
{
    const uint64_t taken = control.taken.load ();
    if (taken != control.pushed)
    {
        return taken < control.pushed ? Fault::Lost : Fault::Doubled;
    }
    return control.fault != Fault::None      ? control.fault
           : control.takenSum != control.sum ? Fault::Corrupted
                                             : Fault::None;
}

void measureBusy (const Order& order, Control& control, Sample* sample)
{
    harness::sleepFor (order.seconds / 5);
    const uint64_t before = control.taken.load ();
    const uint64_t start = harness::nanosNow ();
    harness::sleepFor (order.seconds);
    const uint64_t after = control.taken.load ();
    sample->value = static_cast<double> (after - before) * 1e3 / static_cast<double> (harness::nanosNow () - start);
}

void measureIdle (const Order& order, Control& control, Sample* sample)
{
    harness::sleepFor (untilAsleep * order.seconds);
    const pid_t process = control.waiter;
    const Sleeps before = Sleeps::of (process);
    const double cpu = cpuOf (process);
    const double start = harness::secondsNow ();
    harness::sleepFor (secondsOf (order));
    const double used = cpuOf (process) - cpu;
    const Sleeps after = Sleeps::of (process);
    const double seconds = harness::secondsNow () - start;
    sample->value = (after.count - before.count) / seconds;
    sample->share = used * 1e-7 / seconds;
    sample->threads = after.threads - (order.row.shared ? 1 : 2);
    sample->descriptors = control.descriptors;
    sample->allDescriptors = descriptorsOf (process);
}
}  // namespace

void measure (const Contender& contender, const Order& order, Sample* sample)
{
    const Row& row = order.row;
    const SharedControl control;
    const std::unique_ptr<Peer> peer = contender.make (Setup {row, order.name});
    const bool alone = row.shape == Shape::Idle && !row.shared;
    harness::Workers workers (alone ? 1 : 2, row.shared || alone,
                              [&] (unsigned worker) { work (order, *control, *peer, worker); });
    while (control->gathered.load () < 2)
    {
        harness::sleepFor (1e-4);
    }
    control->enter (Run);
    switch (row.shape)
    {
        case Shape::Wake:
            harness::sleepFor (secondsOf (order));
            break;
        case Shape::Busy:
            measureBusy (order, *control, sample);
            break;
        case Shape::Idle:
            measureIdle (order, *control, sample);
            break;
    }
    control->enter (Stop);
    workers.join ();
    sample->elements = static_cast<double> (control->pushed);
    sample->cpu = row.shared && control->pushed != 0 ? control->cpu / sample->elements : unknown;
    if (row.shape == Shape::Wake)
    {
        sample->value = control->latencies[0];
        sample->p99 = control->latencies[1];
        sample->p999 = control->latencies[2];
        sample->push = control->pushNs;
    }
    sample->fault = verdict (*control);
}

}  // namespace waitset
}  // namespace bench
