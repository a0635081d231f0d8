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

Setup withLanes (Setup setup)
{
    setup.lanes = true;
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

// With lanes, and threads that may die.
Setup withDeaths (uint8_t mortal, Setup setup)
{
    setup.lanes = true;
    setup.mortal = mortal;
    return setup;
}

// The same, and lanes of the dead are freed.
Setup withBurials (uint8_t mortal, Setup setup)
{
    setup.buries = true;
    return withDeaths (mortal, std::move (setup));
}

// So many lanes, of which these threads take one first.
Setup withPlaces (uint8_t count, uint8_t late, uint8_t mortal, Setup setup)
{
    setup.laneCount = count;
    setup.late = late;
    return withBurials (mortal, std::move (setup));
}

Setup withGrave (Setup setup)
{
    setup.grave = true;
    return setup;
}

// Each side is one object's, and nobody has one yet.
Setup withSides (uint8_t mortal, Setup setup)
{
    setup.exclusive = true;
    return withPlaces (2, 0xff, mortal, std::move (setup));
}

// One lane, and these threads push for the first time.
Setup oneLane (uint8_t late, Setup setup)
{
    setup.lanes = true;
    setup.laneCount = 1;
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
        make ("spsc: one by one, and two", Spsc, 2, {{push, push2}, {pop, pop2}}),
        make ("spsc: full and empty", Spsc, 1, {{push, push, push}, {pop, pop, pop}}),
        make ("spsc: elements told beside head", Spsc, 4, {{push, push, push}, {pop, pop}}),
        make ("spsc: both wait", Spsc, 1, {{pushWait2}, {popWait2}}),
        withFences (make ("spsc: both wait, without membarrier", Spsc, 1, {{pushWait2}, {popWait2}})),
        make ("spsc: shut down", Spsc, 1, {{push}, {pop, pop}, {shutdown}}),
        make ("spsc: shut down while two are pushed", Spsc, 2, {{push2}, {pop2, pop}, {shutdown}}),
        filledBy (1, make ("spsc: shut down while the pusher waits", Spsc, 1, {{pushWait}, {pop, pop}, {shutdown}})),
        withFences (make ("spsc: shut down, without membarrier", Spsc, 1, {{push}, {pop, pop}, {shutdown}})),
        make ("mpsc: two pushers", Mpsc, 2, {{push, push}, {push}, {pop, pop}}),
        wordsApart (make ("mpsc: batches, words apart", Mpsc, 2, {{push2}, {push, push2}, {pop2, pop2}})),
        filledBy (1, byOneObject (make ("mpsc: pushers of one object", Mpsc, 1, {{push}, {push}, {pop}}))),
        withLanes (make ("mpsc: whose are the tickets", Mpsc, 2, {{push, push}, {push}, {pop}, {observe}})),
        withLanes (make ("mpsc: whose are the tickets of batches", Mpsc, 2, {{push2}, {push, push}, {pop}, {observe}})),
        make ("mpsc: pushers wait", Mpsc, 1, {{pushWait}, {pushWait}, {popWait}}),
        make ("mpmc: batches", Mpmc, 2, {{push}, {push2}, {pop}, {pop2}}),
        wordsApart (make ("mpmc: batches, words apart", Mpmc, 2, {{push2}, {push}, {pop2}, {pop}})),
        filledBy (1, make ("mpmc: poppers overtake one another", Mpmc, 1, {{push, push}, {pop}, {pop}})),
        filledBy (1, make ("mpmc: poppers wait", Mpmc, 1, {{pushWait}, {popWait}, {popWait}})),
        make ("mpmc: shut down", Mpmc, 1, {{push}, {pop, pop}, {shutdown}}),
        oneLane (2, byOneObject (make ("a lane is taken away", Mpsc, 2, {{push, push}, {push}}))),
        oneLane (2, byOneObject (make ("a lane is taken away, and looked at", Mpsc, 2, {{push}, {push}, {observe}}))),
        oneLane (2, make ("a lane changes hands", Mpsc, 2, {{push, leave}, {push}, {observe}})),
    };
}

std::vector<Setup> largeSetups ()
{
    const auto Spsc = Policy::Spsc;
    const auto Mpsc = Policy::Mpsc;
    const auto Mpmc = Policy::Mpmc;
    return {
        make ("spsc: one, two, three", Spsc, 2, {{pushWait, pushWait2}, {popWait2, popWait}}),
        make ("spsc: elements told beside head, and two that are not", Spsc, 4,
              {{push, push2, push, push}, {pop, pop, pop, pop}}),
        make ("spsc: shut down, and two by one", Spsc, 2, {{push, push}, {pop, pop, pop}, {shutdown}}),
        withFences (make ("spsc: the same without membarrier", Spsc, 2, {{push, push}, {pop, pop, pop}, {shutdown}})),
        make ("spsc: nothing comes behind the end", Spsc, 1, {{push}, {popToEnd}, {shutdown}}),
        make ("spsc: shut down, and asked again", Spsc, 1, {{push}, {popToEnd, pop}, {shutdown}}),
        withLanes (make ("mpsc: three pushers", Mpsc, 2, {{push}, {push}, {push}, {pop, pop}, {observe}})),
        withLanes (make ("mpsc: laps", Mpsc, 1, {{push, push}, {push, push}, {pop, pop, pop}, {observe}})),
        make ("mpsc: all wait", Mpsc, 1, {{pushWait}, {pushWait}, {popWait, popWait}}),
        byOneObject (make ("mpmc: laps, one object", Mpmc, 1, {{push, push}, {push}, {pop, pop}, {pop}})),
        withLanes (make ("mpmc: laps", Mpmc, 2, {{push, push2}, {push}, {pop, pop}, {pop}, {observe}})),
        make ("mpmc: shut down while poppers are at it", Mpmc, 2, {{push}, {pop, pop}, {pop}, {shutdown}}),
        make ("mpmc: shut down while one sleeps", Mpmc, 1, {{push}, {popToEnd}, {shutdown}}),
        oneLane (2, byOneObject (make ("a lane is taken away in a run", Mpsc, 4,
                                       {{push, push, push}, {push, push}, {observe}}))),
        withDeaths (1, make ("mpmc: two pushers, two poppers, and one dies", Mpmc, 2,
                             {{push, push}, {push}, {pop, mend}, {pop, mendLast}})),
        withSides (5, make ("sides: both pass on", Spsc, 2,
                            {{push, leavePusher}, {push, pushLast}, {pop, leavePopper}, {pop, pop}})),
        withPlaces (2, 0, 2,
                    make ("who is left: one comes for the dead, and another leaves", Mpsc, 1,
                          {{another, leave}, {leave}, {inquire}})),
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
        withDeaths (
            5, make ("mpsc: one dies, and one who recovers", Mpsc, 2, {{push, push}, {push}, {mend}, {mendLast, pop}})),
        withDeaths (1, make ("mpmc: one dies", Mpmc, 2, {{push, push}, {pop, mend}, {pop, mendLast}})),
        withDeaths (1, make ("mpmc: laps, and one dies", Mpmc, 1, {{push, push}, {push}, {pop, mend, pop, mendLast}})),
        withDeaths (6,
                    make ("mpmc: poppers die as well", Mpmc, 2, {{push, push}, {pop, mend}, {push}, {pop, mendLast}})),
        withBurials (1, make ("mpsc: one goes on, dies, and is buried", Mpsc, 2, {{push, push}, {mend, mendLast}})),
        withPlaces (1, 2, 1, make ("mpsc: the lane of the dead is taken", Mpsc, 2, {{push}, {push}, {mend, mendLast}})),
    };
}

std::vector<Setup> placeSetups ()
{
    const auto Spsc = Policy::Spsc;
    const auto Mpsc = Policy::Mpsc;
    return {
        withSides (0, make ("sides: a second pusher is refused", Spsc, 2, {{push}, {push}, {pop, pop}})),
        withSides (0, make ("sides: a second popper is refused", Spsc, 2, {{push, push}, {pop}, {pop}})),
        withSides (1,
                   make ("sides: the pusher leaves, or dies", Spsc, 2, {{push, leavePusher}, {push, pushLast}, {pop}})),
        withSides (2, make ("sides: the popper leaves, or dies", Spsc, 2, {{push2}, {pop, leavePopper}, {pop}})),
        withSides (1, make ("sides: one buries, another takes", Spsc, 4, {{push}, {push}, {push, pushLast}})),
        withPlaces (1, 0, 1, make ("who is left: one leaves, or dies", Mpsc, 1, {{leave}, {inquire, inquireLast}})),
        withPlaces (1, 1, 0, make ("who is left: one comes", Mpsc, 1, {{enter}, {inquire, inquire}})),
        withGrave (withPlaces (1, 1, 0,
                               make ("who is left: one comes for a dead one", Mpsc, 1, {{enter}, {inquire, inquire}}))),
        withGrave (withPlaces (2, 0, 1,
                               make ("who is left: one comes before another leaves", Mpsc, 1,
                                     {{another, leave}, {inquire, inquireLast}}))),
    };
}

}  // namespace model
