// SPDX-License-Identifier: MIT
// Set-ups with a wait set over two queues: the queue of the set-up, and a Spsc of one element.
#include "setups.hpp"

namespace model
{
namespace
{
using Programs = std::vector<std::vector<Step>>;

Setup make (const char* name, Policy policy, uint8_t capacity, Programs threads)
{
    Setup setup;
    setup.name = name;
    setup.policy = policy;
    setup.capacity = capacity;
    setup.threads = std::move (threads);
    setup.watch = Watch::Element;
    return setup;
}

// The queue is watched for room.
Setup roomOf (uint8_t filled, uint8_t amount, Setup setup)
{
    setup.watch = Watch::Room;
    setup.filled = filled;
    setup.amount = amount;
    return setup;
}

// Sleeps are short and without a barrier, and may end at any moment.
Setup unsure (Setup setup)
{
    setup.dearBarriers = true;
    setup.early = true;
    return setup;
}

// Threads die, and waits end when time has passed in vain. Checks come when no thread can go on.
Setup withDeaths (uint8_t mortal, Setup setup)
{
    setup.mortal = mortal;
    setup.timeouts = true;
    setup.givesUp = true;
    return setup;
}

// Checks come at any moment.
Setup checkedEarly (Setup setup)
{
    setup.early = true;
    return setup;
}

Setup withSlots (Setup setup)
{
    setup.slots = true;
    return setup;
}

Setup asleepFirst (uint8_t threads, Setup setup)
{
    setup.asleepFirst = threads;
    return setup;
}

// Requests for the words stay with the kernel.
Setup byRing (Setup setup)
{
    setup.ring = true;
    return setup;
}

Setup counted (Setup setup)
{
    setup.counted = true;
    return setup;
}
}  // namespace

std::vector<Setup> setSetups ()
{
    const auto Spsc = Policy::Spsc;
    const auto Mpsc = Policy::Mpsc;
    return {
        make ("set: one element in each of two queues", Spsc, 1, {{serve2}, {push, pushBeside}}),
        make ("set: two elements in one queue", Spsc, 1, {{serve2}, {pushWait, pushWait}}),
        make ("set: cells with sequences", Mpsc, 1, {{serve2}, {pushBeside, push}}),
        unsure (make ("set: sleeps without barriers", Mpsc, 1, {{serve2}, {push, pushBeside}})),
        asleepFirst (1, withDeaths (2, make ("set: producer dies", Spsc, 1, {{serve2}, {push}, {pushBeside}}))),
        asleepFirst (1, withSlots (withDeaths (
                            2, make ("set: producer dies before another", Mpsc, 2, {{serve2}, {push}, {push}})))),
        checkedEarly (withDeaths (2, make ("set: early checks", Spsc, 1, {{serve}, {pushBeside}}))),
        roomOf (1, 1, make ("set: room", Mpsc, 1, {{serve2}, {pop, pushBeside}})),
        roomOf (2, 2, make ("set: room for two", Mpsc, 2, {{serve}, {pop, pop}})),
        make ("set: woken by a call", Spsc, 1, {{serve2}, {push}, {wakeSet}}),
        make ("set: its helper sleeps", Mpsc, 1, {{serve, endHelp}, {help}, {push}}),
        byRing (make ("ring: one element in each of two queues", Spsc, 1, {{serve2}, {push, pushBeside}})),
        byRing (make ("ring: two elements in one queue", Spsc, 1, {{serve2}, {pushWait, pushWait}})),
        byRing (make ("ring: woken by a call", Spsc, 1, {{serve2}, {push}, {wakeSet}})),
        byRing (asleepFirst (1, withDeaths (2, make ("ring: producer dies", Spsc, 1, {{serve2}, {push}})))),
        byRing (make ("ring of a helper", Mpsc, 1, {{serve, endHelp}, {help}, {push}})),
    };
}

std::vector<Setup> largeSetSetups ()
{
    const auto Spsc = Policy::Spsc;
    const auto Mpsc = Policy::Mpsc;
    const auto Mpmc = Policy::Mpmc;
    return {
        make ("set: two producers", Spsc, 1, {{serve2}, {push}, {pushBeside}}),
        make ("set: two producers, cells with sequences", Mpsc, 1, {{serve2}, {push}, {pushBeside}}),
        unsure (make ("set: two producers, sleeps without barriers", Mpsc, 1, {{serve2}, {push}, {pushBeside}})),
        withDeaths (2, make ("set: one of two producers dies", Spsc, 1, {{serve2}, {push}, {pushBeside}})),
        asleepFirst (3, make ("set: beside a taker", Mpsc, 2, {{awaitEvent}, {popWait}, {push, push}})),
        counted (asleepFirst (3, make ("set: beside a taker of many", Mpmc, 2, {{serve}, {popWait}, {push, push}}))),
        asleepFirst (3,
                     withDeaths (3, make ("set: taker or set dies", Spsc, 2, {{awaitEvent}, {popWait}, {push, push}}))),
        roomOf (1, 1, make ("set: room, and another producer", Mpsc, 1, {{serve2}, {pop}, {pushBeside}})),
        byRing (make ("ring: cells with sequences", Mpsc, 1, {{serve2}, {pushBeside, push}})),
        byRing (make ("ring: three elements in one queue", Spsc, 1, {{serve3}, {pushWait, pushWait, pushWait}})),
        byRing (asleepFirst (
            1, withDeaths (2, make ("ring: producer dies before another", Spsc, 1, {{serve2}, {push}, {pushBeside}})))),
        byRing (make ("ring of a helper: two queues", Mpsc, 1, {{serve2, endHelp}, {help}, {push, pushBeside}})),
        byRing (make ("ring: two producers", Spsc, 1, {{serve2}, {push}, {pushBeside}})),
        byRing (roomOf (1, 1, make ("ring: room", Mpsc, 1, {{serve2}, {pop, pushBeside}}))),
        make ("set: its helper sleeps on two queues", Mpsc, 1, {{serve2, endHelp}, {help}, {push, pushBeside}}),
    };
}

}  // namespace model
