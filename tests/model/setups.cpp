// SPDX-License-Identifier: MIT
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
    return setup;
}

Setup filledBy (uint8_t elements, Setup setup)
{
    setup.filled = elements;
    return setup;
}

Setup withSlots (Setup setup)
{
    setup.slots = true;
    return setup;
}

Setup wordsApart (Setup setup)
{
    setup.apart = true;
    return setup;
}

Setup byOneObject (Setup setup)
{
    setup.oneObject = true;
    return setup;
}

Setup withFences (Setup setup)
{
    setup.fences = true;
    return setup;
}

// With slots, and threads that may die.
Setup withDeaths (uint8_t mortal, Setup setup)
{
    setup.slots = true;
    setup.mortal = mortal;
    return setup;
}

// These threads sleep when the others begin.
Setup asleepFirst (uint8_t threads, Setup setup)
{
    setup.asleepFirst = threads;
    return setup;
}

// The counts of sleepers are part of the model.
Setup counted (Setup setup)
{
    setup.counted = true;
    return setup;
}

Setup withDearBarriers (Setup setup)
{
    setup.dearBarriers = true;
    return setup;
}

Setup withShortSleeps (Setup setup)
{
    setup.shortSleeps = true;
    return setup;
}

// Consumers may die, and sleeps end by time.
Setup withTimeouts (uint8_t mortal, Setup setup)
{
    setup.mortal = mortal;
    setup.timeouts = true;
    return setup;
}

// The same, and slots of dead owners are freed.
Setup withBurials (uint8_t mortal, Setup setup)
{
    setup.buries = true;
    return withDeaths (mortal, std::move (setup));
}

// With `count` slots; the threads `late` take one at their first push.
Setup withPlaces (uint8_t count, uint8_t late, uint8_t mortal, Setup setup)
{
    setup.slotCount = count;
    setup.late = late;
    return withBurials (mortal, std::move (setup));
}

Setup withGrave (Setup setup)
{
    setup.grave = true;
    return setup;
}

// Exclusive roles, which no object has taken yet.
Setup withSides (uint8_t mortal, Setup setup)
{
    setup.exclusive = true;
    return withPlaces (2, 0xff, mortal, std::move (setup));
}

// One slot; the threads `late` make their first push.
Setup oneSlot (uint8_t late, Setup setup)
{
    setup.slots = true;
    setup.slotCount = 1;
    setup.late = late;
    return setup;
}
}  // namespace

std::vector<Setup> quickSetups ()
{
    const auto Spsc = Policy::Spsc;
    const auto Mpsc = Policy::Mpsc;
    const auto Mpmc = Policy::Mpmc;
    return {
        make ("spsc: single elements and a batch", Spsc, 2, {{push, push2}, {pop, pop2}}),
        make ("spsc: full and empty", Spsc, 1, {{push, push, push}, {pop, pop, pop}}),
        make ("spsc: elements beside head", Spsc, 4, {{push, push, push}, {pop, pop}}),
        make ("spsc: both wait", Spsc, 1, {{pushWait2}, {popWait2}}),
        withFences (make ("spsc: both wait, without membarrier", Spsc, 1, {{pushWait2}, {popWait2}})),
        make ("spsc: shut down", Spsc, 1, {{push}, {pop, pop}, {shutdown}}),
        make ("spsc: shut down while two are pushed", Spsc, 2, {{push2}, {pop2, pop}, {shutdown}}),
        filledBy (1, make ("spsc: shut down while the producer waits", Spsc, 1, {{pushWait}, {pop, pop}, {shutdown}})),
        withFences (make ("spsc: shut down, without membarrier", Spsc, 1, {{push}, {pop, pop}, {shutdown}})),
        make ("mpsc: two producers", Mpsc, 2, {{push, push}, {push}, {pop, pop}}),
        wordsApart (make ("mpsc: batches, sequences apart", Mpsc, 2, {{push2}, {push, push2}, {pop2, pop2}})),
        filledBy (1, byOneObject (make ("mpsc: producers of one object", Mpsc, 1, {{push}, {push}, {pop}}))),
        withSlots (make ("mpsc: ticket owners", Mpsc, 2, {{push, push}, {push}, {pop}, {observe}})),
        withSlots (make ("mpsc: ticket owners of batches", Mpsc, 2, {{push2}, {push, push}, {pop}, {observe}})),
        make ("mpsc: producers wait", Mpsc, 1, {{pushWait}, {pushWait}, {popWait}}),
        make ("mpmc: batches", Mpmc, 2, {{push}, {push2}, {pop}, {pop2}}),
        wordsApart (make ("mpmc: batches, sequences apart", Mpmc, 2, {{push2}, {push}, {pop2}, {pop}})),
        filledBy (1, make ("mpmc: consumers overtake one another", Mpmc, 1, {{push, push}, {pop}, {pop}})),
        filledBy (1, make ("mpmc: consumers wait", Mpmc, 1, {{pushWait}, {popWait}, {popWait}})),
        make ("mpmc: shut down", Mpmc, 1, {{push}, {pop, pop}, {shutdown}}),
        oneSlot (2, byOneObject (make ("slot becomes shared", Mpsc, 2, {{push, push}, {push}}))),
        oneSlot (2, byOneObject (make ("slot becomes shared, observed", Mpsc, 2, {{push}, {push}, {observe}}))),
        oneSlot (2, make ("slot is freed and reused", Mpsc, 2, {{push, leave}, {push}, {observe}})),
    };
}

std::vector<Setup> waitingSetups ()
{
    const auto Spsc = Policy::Spsc;
    const auto Mpsc = Policy::Mpsc;
    const auto Mpmc = Policy::Mpmc;
    return {
        withDearBarriers (make ("spsc: both wait, costly barriers", Spsc, 1, {{pushWait2}, {popWait}})),
        withShortSleeps (
            make ("spsc: the producer is woken late", Spsc, 2, {{pushWait2, pushWait}, {popWait, popWait2}})),
        counted (asleepFirst (
            6, make ("mpmc: one element wakes one of two", Mpmc, 2, {{push, push}, {popWait}, {popWait}}))),
        counted (
            asleepFirst (6, make ("mpmc: taker and observer", Mpmc, 2, {{push, push}, {popWait}, {awaitElement}}))),
        counted (asleepFirst (
            2, make ("mpmc: one consumer sleeps, another is about to", Mpmc, 2, {{push, push}, {popWait}, {popWait}}))),
        withShortSleeps (filledBy (4, make ("spsc: late producer checks for itself", Spsc, 4, {{pushWait}, {pop}}))),
        make ("mpsc: observer and polling consumer", Mpsc, 2, {{push, push}, {pop}, {awaitElement}}),
        counted (asleepFirst (
            6, withTimeouts (2, make ("mpmc: woken taker dies", Mpmc, 2, {{push, push}, {popWait}, {popWait}})))),
    };
}

std::vector<Setup> largeWaitingSetups ()
{
    const auto Spsc = Policy::Spsc;
    const auto Mpmc = Policy::Mpmc;
    return {
        withDearBarriers (make ("spsc: both wait twice, costly barriers", Spsc, 1, {{pushWait2}, {popWait2}})),
        counted (make ("spsc: both wait, sleepers counted", Spsc, 1, {{pushWait2}, {popWait2}})),
        counted (make ("mpmc: one element wakes one of two, any start", Mpmc, 2, {{push, push}, {popWait}, {popWait}})),
        counted (asleepFirst (
            12, make ("mpmc: two producers wake two consumers", Mpmc, 2, {{push}, {push}, {popWait}, {popWait}}))),
        counted (filledBy (2, asleepFirst (3, make ("mpmc: one cell wakes one of two", Mpmc, 2,
                                                    {{pushWait}, {pushWait}, {pop, pop}})))),
        counted (make ("mpmc: taker and observer, any start", Mpmc, 2, {{push, push}, {popWait}, {awaitElement}})),
        counted (
            asleepFirst (3, make ("mpmc: shutdown wakes all sleepers", Mpmc, 1, {{popToEnd}, {popToEnd}, {shutdown}}))),
        counted (withTimeouts (
            6, make ("mpmc: taker and observer die", Mpmc, 2, {{push, push}, {popWait}, {awaitElement}}))),
    };
}

std::vector<Setup> largeSetups ()
{
    const auto Spsc = Policy::Spsc;
    const auto Mpsc = Policy::Mpsc;
    const auto Mpmc = Policy::Mpmc;
    return {
        make ("spsc: batches of one and two", Spsc, 2, {{pushWait, pushWait2}, {popWait2, popWait}}),
        make ("spsc: elements beside head and a batch", Spsc, 4, {{push, push2, push, push}, {pop, pop, pop, pop}}),
        make ("spsc: shut down, two pushes", Spsc, 2, {{push, push}, {pop, pop, pop}, {shutdown}}),
        withFences (make ("spsc: shut down, two pushes, without membarrier", Spsc, 2,
                          {{push, push}, {pop, pop, pop}, {shutdown}})),
        make ("spsc: no element after the end", Spsc, 1, {{push}, {popToEnd}, {shutdown}}),
        make ("spsc: shut down, popped again", Spsc, 1, {{push}, {popToEnd, pop}, {shutdown}}),
        withSlots (make ("mpsc: three producers", Mpsc, 2, {{push}, {push}, {push}, {pop, pop}, {observe}})),
        withSlots (make ("mpsc: laps", Mpsc, 1, {{push, push}, {push, push}, {pop, pop, pop}, {observe}})),
        make ("mpsc: all wait", Mpsc, 1, {{pushWait}, {pushWait}, {popWait, popWait}}),
        byOneObject (make ("mpmc: laps, one object", Mpmc, 1, {{push, push}, {push}, {pop, pop}, {pop}})),
        withSlots (make ("mpmc: laps", Mpmc, 2, {{push, push2}, {push}, {pop, pop}, {pop}, {observe}})),
        make ("mpmc: shut down while consumers pop", Mpmc, 2, {{push}, {pop, pop}, {pop}, {shutdown}}),
        make ("mpmc: shut down while one sleeps", Mpmc, 1, {{push}, {popToEnd}, {shutdown}}),
        oneSlot (2, byOneObject (make ("slot becomes shared between pushes", Mpsc, 4,
                                       {{push, push, push}, {push, push}, {observe}}))),
        withDeaths (1, make ("mpmc: two producers, two consumers, and one dies", Mpmc, 2,
                             {{push, push}, {push}, {pop, mend}, {pop, mendLast}})),
        withSides (5, make ("roles: both change owner", Spsc, 2,
                            {{push, leaveProducer}, {push, pushLast}, {pop, leaveConsumer}, {pop, pop}})),
        withPlaces (
            2, 0, 2,
            make ("producers left: one enters, another leaves", Mpsc, 1, {{another, leave}, {leave}, {inquire}})),
    };
}

std::vector<Setup> mortalSetups ()
{
    const auto Mpsc = Policy::Mpsc;
    const auto Mpmc = Policy::Mpmc;
    return {
        withDeaths (1, make ("mpsc: one dies", Mpsc, 2, {{push, push}, {push}, {pop, pop, mendLast}})),
        withDeaths (1, make ("mpsc: one dies, and is recovered at any moment", Mpsc, 2,
                             {{push, push}, {push}, {mend, mendLast}})),
        withDeaths (1, make ("mpsc: one dies in a batch", Mpsc, 2, {{push2, push}, {push}, {mend, pop2, mendLast}})),
        withDeaths (3, make ("mpsc: two die", Mpsc, 2, {{push, push}, {push}, {pop, mend, pop, mendLast}})),
        withDeaths (1, make ("mpsc: two recover", Mpsc, 2, {{push}, {push}, {mend}, {mend, mendLast}})),
        withDeaths (5, make ("mpsc: one dies, and a recovering thread", Mpsc, 2,
                             {{push, push}, {push}, {mend}, {mendLast, pop}})),
        withDeaths (1, make ("mpmc: one dies", Mpmc, 2, {{push, push}, {pop, mend}, {pop, mendLast}})),
        withDeaths (1, make ("mpmc: laps, and one dies", Mpmc, 1, {{push, push}, {push}, {pop, mend, pop, mendLast}})),
        withDeaths (
            6, make ("mpmc: consumers die as well", Mpmc, 2, {{push, push}, {pop, mend}, {push}, {pop, mendLast}})),
        withBurials (
            1, make ("mpsc: one continues, dies, and its slot is freed", Mpsc, 2, {{push, push}, {mend, mendLast}})),
        withPlaces (1, 2, 1,
                    make ("mpsc: slot of a dead producer is reused", Mpsc, 2, {{push}, {push}, {mend, mendLast}})),
        withPlaces (
            1, 4, 3,
            make ("mpsc: one recovers and dies, another takes the slot", Mpsc, 2, {{push2}, {mend}, {push, mendLast}})),
        withPlaces (2, 4, 3,
                    make ("mpsc: slot of two dead producers is reused", Mpsc, 2, {{push}, {push}, {push, mendLast}})),
        withDeaths (3, make ("mpsc: two die below and above what is published", Mpsc, 4,
                             {{push, push}, {push, push}, {mendLast}})),
        withDeaths (1, make ("mpsc: one dies in a batch below others", Mpsc, 4, {{push3}, {push}, {mend, mendLast}})),
    };
}

std::vector<Setup> placeSetups ()
{
    const auto Spsc = Policy::Spsc;
    const auto Mpsc = Policy::Mpsc;
    return {
        withSides (0, make ("roles: second producer is refused", Spsc, 2, {{push}, {push}, {pop, pop}})),
        withSides (0, make ("roles: second consumer is refused", Spsc, 2, {{push, push}, {pop}, {pop}})),
        withSides (1,
                   make ("roles: producer leaves or dies", Spsc, 2, {{push, leaveProducer}, {push, pushLast}, {pop}})),
        withSides (2, make ("roles: consumer leaves or dies", Spsc, 2, {{push2}, {pop, leaveConsumer}, {pop}})),
        withSides (1, make ("roles: one frees a role, another takes it", Spsc, 4, {{push}, {push}, {push, pushLast}})),
        withPlaces (1, 0, 1, make ("producers left: one leaves or dies", Mpsc, 1, {{leave}, {inquire, inquireLast}})),
        withPlaces (1, 1, 0, make ("producers left: one enters", Mpsc, 1, {{enter}, {inquire, inquire}})),
        withGrave (withPlaces (
            1, 1, 0, make ("producers left: one replaces a dead one", Mpsc, 1, {{enter}, {inquire, inquire}}))),
        withGrave (withPlaces (2, 0, 1,
                               make ("producers left: one enters before another leaves", Mpsc, 1,
                                     {{another, leave}, {inquire, inquireLast}}))),
    };
}

}  // namespace model
