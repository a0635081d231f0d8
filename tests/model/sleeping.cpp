// SPDX-License-Identifier: MIT
// Sleepers of the model: which thread is woken, and what happens when no thread can continue.
#include "exploring.hpp"

namespace model
{
unsigned Explorer::sleepers (const State& state, unsigned location) const
{
    unsigned count = 0;
    for (const Thread& thread : state.threads)
    {
        count += !thread.done && thread.pending.kind == Kind::Asleep && thread.pending.location == location;
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
    return state.memory.choices (thread, access);
}

// If no thread can continue, time passes, and sleeps with a time limit end. Returns false if no sleeper finds what it
// waits for.
bool Explorer::timeOut (const State& state, unsigned* ways)
{
    std::vector<State> found;
    for (unsigned i = 0; i < state.threads.size (); ++i)
    {
        const Access& pending = state.threads[i].pending;
        const bool ends = _setup.timeouts || pending.value != 0;
        if (state.threads[i].done || pending.kind != Kind::Asleep || !ends)
        {
            continue;
        }
        State next = state;
        Thread& sleeper = next.threads[i];
        sleeper.history.push_back (timedOut);
        const auto stays = [&] { return !sleeper.done && sleeper.step == state.threads[i].step; };
        bool goesOn = advance (next, i);
        while (goesOn && stays () && sleeper.pending.kind != Kind::Asleep)
        {
            goesOn = move (next, i, waysOf (next, i) - 1);
        }
        if (goesOn && !stays ())
        {
            found.push_back (std::move (next));
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
        if (!sleeper.done && sleeper.pending.kind == Kind::Asleep && sleeper.pending.location == location)
        {
            if (skipped != 0)
            {
                --skipped;
                continue;
            }
            --most;
            sleeper.history.push_back (0);
            if (!advance (state, i))
            {
                return false;
            }
        }
    }
    return true;
}

}  // namespace model
