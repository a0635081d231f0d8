// SPDX-License-Identifier: MIT
// Sleepers of the model: which thread is woken, and what happens when no thread can continue.
#include "exploring.hpp"

#include <algorithm>

namespace model
{
namespace
{
// Which of its words the thread sleeps on there; -1: it does not.
int wordOfSleeper (const Access& pending, unsigned location)
{
    for (unsigned i = 0; i < sleepWordsMost && pending.kind == Kind::Asleep; ++i)
    {
        if (wordOf (pending, i).location == static_cast<int> (location))
        {
            return static_cast<int> (i);
        }
    }
    return -1;
}
}  // namespace

unsigned Explorer::sleepers (const State& state, unsigned location) const
{
    unsigned count = 0;
    for (const Thread& thread : state.threads)
    {
        count += !thread.done && wordOfSleeper (thread.pending, location) >= 0;
    }
    return count;
}

// For a partial wake-up: the number of choices of threads to wake.
unsigned Explorer::waysOf (const State& state, unsigned thread) const
{
    const Access& access = state.threads[thread].pending;
    if (access.kind == Kind::Wake)
    {
        const unsigned asleep = sleepers (state, access.location);
        return access.value < asleep ? asleep : 1;
    }
    if (access.kind == Kind::SleepAny)
    {
        return (access.value & endsEarly) != 0 ? 2 : 1;
    }
    return state.memory.choices (thread, access);
}

// Whether that sleep ends when no thread can continue.
bool Explorer::endsByTime (const Thread& sleeper) const
{
    const Access& pending = sleeper.pending;
    if (sleeper.done || pending.kind != Kind::Asleep)
    {
        return false;
    }
    if (pending.many)
    {
        return (pending.value & endsSoon) != 0 || (_setup.timeouts && (pending.value & endsLate) != 0);
    }
    return _setup.timeouts || pending.value != 0;
}

// Runs a thread alone, after its sleep has ended by time, until its call ends or it sleeps again. A sleep on several
// words may end by time again and again, until the thread wakes another one.
bool Explorer::runAfterSleep (State& state, unsigned thread)
{
    constexpr int sleepsMost = 8;
    Thread& sleeper = state.threads[thread];
    const unsigned step = sleeper.step;
    const auto asleep = [&] {
        return std::count_if (state.threads.begin (), state.threads.end (), [&] (const Thread& other) {
            return &other != &sleeper && !other.done && other.pending.kind == Kind::Asleep;
        });
    };
    const auto stays = [&] { return !sleeper.done && sleeper.step == step; };
    const auto others = asleep ();
    const bool many = sleeper.pending.many;
    for (int sleeps = 0; sleeps < (many ? sleepsMost : 1) && stays () && endsByTime (sleeper); ++sleeps)
    {
        sleeper.history.push_back (timedOut);
        bool goesOn = advance (state, thread);
        while (goesOn && stays () && sleeper.pending.kind != Kind::Asleep)
        {
            goesOn = move (state, thread, waysOf (state, thread) - 1);
        }
        if (!goesOn)
        {
            return false;
        }
        if (many && asleep () != others)
        {
            return true;
        }
    }
    return !stays ();
}

// If no thread can continue, time passes, and sleeps with a time limit end. Returns false if no sleeper finds what it
// waits for.
bool Explorer::timeOut (const State& state, unsigned* ways)
{
    std::vector<State> found;
    for (unsigned i = 0; i < state.threads.size (); ++i)
    {
        if (endsByTime (state.threads[i]))
        {
            State next = state;
            if (runAfterSleep (next, i))
            {
                found.push_back (std::move (next));
            }
        }
    }
    *ways = static_cast<unsigned> (found.size ());
    for (State& next : found)
    {
        enter (std::move (next));
    }
    return !found.empty ();
}

// Lets the threads sleep that are to sleep before the others begin.
void Explorer::putToSleep (State& first)
{
    for (unsigned i = 0; i < first.threads.size (); ++i)
    {
        const bool sleeps = (_setup.asleepFirst >> i & 1) != 0;
        while (sleeps && first.threads[i].pending.kind != Kind::Asleep && move (first, i, waysOf (first, i) - 1))
        {
        }
    }
}

// Whether all moves of that state have been made, including the passing of time.
bool Explorer::isOver (Frame& frame)
{
    if (frame.ways != 0)
    {
        return true;
    }
    const State stuck = frame.state;
    return !timeOut (stuck, &frame.ways);
}

bool Explorer::wake (State& state, unsigned location, unsigned skipped, uint64_t most)
{
    for (unsigned i = 0; i < state.threads.size () && most != 0; ++i)
    {
        Thread& sleeper = state.threads[i];
        const int word = sleeper.done ? -1 : wordOfSleeper (sleeper.pending, location);
        if (word >= 0)
        {
            if (skipped != 0)
            {
                --skipped;
                continue;
            }
            --most;
            sleeper.history.push_back (static_cast<uint64_t> (word));
            if (!advance (state, i))
            {
                return false;
            }
        }
    }
    return true;
}

}  // namespace model
