// SPDX-License-Identifier: MIT
// Throughput and round trips of calls that wait, over any channel. A side closes its end of the channel to stop: the
// other side receives the remaining elements, and then the end.
#ifndef JOINMEM_TOOL_BENCH_WAITING_HPP
#define JOINMEM_TOOL_BENCH_WAITING_HPP

#include "channels.hpp"
#include "control.hpp"
#include "workers.hpp"
#include "sample.hpp"

namespace tool::bench
{
/// Sends 0, 1, 2, ...
template <typename T, unsigned Batch, typename End>
void sendFlow (End end, Control& control) noexcept
{
    T elements[Batch] = {};
    uint64_t next = 0;
    bool going = gather (control);
    while (going && !control.is (Phase::Stopped) && !control.is (Phase::Abandoned))
    {
        for (unsigned i = 0; i < Batch; ++i)
        {
            elements[i].set (next + i);
        }
        going = end.send (elements);
        next += going ? Batch : 0;
    }
    control.pushed = next;
    control.pushedSum = next % 2 == 0 ? next / 2 * (next - 1) : (next - 1) / 2 * next;
    end.close ();
}

/// Receives until the producer closes its end.
template <typename T, unsigned Batch, typename End>
void receiveFlow (End end, Control& control) noexcept
{
    T elements[Batch] = {};
    uint64_t next = 0;
    uint64_t sum = 0;
    uint64_t wrong = 0;
    for (bool going = gather (control); going && !control.is (Phase::Abandoned);)
    {
        const unsigned count = end.receive (elements);
        for (unsigned i = 0; i < count; ++i)
        {
            wrong |= elements[i].differs (next + i);
            sum += elements[i].word[0];
        }
        next += count;
        control.popped.store (next, std::memory_order_relaxed);  // only a count: pairs with nothing
        going = count != 0;
    }
    control.poppedSum = sum;
    control.wrong = wrong;
    end.close ();
}

/// Sends an element and waits for the answer.
template <typename T, typename End>
void askWaiting (End there, End back, Control& control) noexcept
{
    T element[1] = {};
    uint64_t roundtrips = 0;
    uint64_t wrong = 0;
    bool going = gather (control);
    while (going && !control.is (Phase::Stopped) && !control.is (Phase::Abandoned))
    {
        element[0].set (roundtrips);
        going = there.send (element) && back.receive (element) == 1;
        wrong |= going ? element[0].differs (roundtrips) : 0;
        roundtrips += going ? 1 : 0;
        control.popped.store (roundtrips, std::memory_order_relaxed);  // only a count: pairs with nothing
    }
    control.pushed = roundtrips;
    control.wrong = wrong;
    there.close ();
    back.close ();
}

template <typename T, typename End>
void answerWaiting (End there, End back, Control& control) noexcept
{
    T element[1] = {};
    bool going = gather (control);
    while (going && !control.is (Phase::Abandoned))
    {
        going = there.receive (element) == 1 && back.send (element);
    }
    there.close ();
    back.close ();
}

/// One channel: side 0 sends.
template <typename T, unsigned Batch, typename Channel>
Sample measureWaitingFlow (const Plan& plan, Signals& signals, Channel& channel)
{
    return run (plan, signals,
                {[&] (Control& control) { sendFlow<T, Batch> (channel.end (0, control), control); },
                 [&] (Control& control) { receiveFlow<T, Batch> (channel.end (1, control), control); },
                 [&] { channel.attached (); }, [&] { channel.abandon (); }});
}

/// Two channels: side 0 sends on the first, side 1 on the second.
template <typename T, typename Channel>
Sample measureWaitingRoundtrip (const Plan& plan, Signals& signals, Channel& there, Channel& back)
{
    return run (plan, signals,
                {[&] (Control& control) { askWaiting<T> (there.end (0, control), back.end (0, control), control); },
                 [&] (Control& control) { answerWaiting<T> (there.end (1, control), back.end (1, control), control); },
                 [&] {
                     there.attached ();
                     back.attached ();
                 },
                 [&] {
                     there.abandon ();
                     back.abandon ();
                 }});
}

}  // namespace tool::bench

#endif
