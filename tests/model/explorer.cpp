// SPDX-License-Identifier: MIT
#include "exploring.hpp"

#include <chrono>

namespace model
{
void Explorer::wrong (const char* fault)
{
    if (fault != nullptr && verdict.fault.empty ())
    {
        verdict.fault = fault;
    }
}

void Explorer::begin (State& state, unsigned thread)
{
    Thread& mine = state.threads[thread];
    mine.history.clear ();
    mine.marked = 0;
    mine.at = Mark::Begin;
    mine.memo = 0;
    if (mine.step == _setup.threads[thread].size ())
    {
        mine.done = true;
        mine.pending = Access ();
        state.memory.ended (thread);
        return;
    }
    const Call call = _setup.threads[thread][mine.step].call;
    state.account.begins (thread, _world.mustSucceed (state.memory, state.account, thread, call));
    note (state);
}

void Explorer::note (State& state)
{
    if (_world.isDeserted (state.memory))
    {
        state.account.deserted ();
    }
}

// Repeats the call up to its next access; returns true if the call has ended.
bool Explorer::runTo (State& state, unsigned thread, Outcome* outcome)
{
    Thread& mine = state.threads[thread];
    _running.start (thread, mine.history);
    _world.renew ();
    running = &_running;
    if (setjmp (_running.out) == 0)
    {
        _world.call (thread, _setup.threads[thread][mine.step], state.account.nextElement (thread), outcome);
        running = nullptr;
        return true;
    }
    running = nullptr;
    mine.pending = _running.pending;
    mine.marked = _running.marked;
    mine.at = _running.at;
    mine.memo = _running.memo;
    verdict.sites.insert (mine.pending.site);
    return false;
}

// Runs to the thread's next access that others can observe. Returns false if the thread waits for a value that it has
// not found.
bool Explorer::advance (State& state, unsigned thread)
{
    Thread& mine = state.threads[thread];
    while (!mine.done && verdict.fault.empty ())
    {
        Outcome outcome;
        if (runTo (state, thread, &outcome))
        {
            finish (state, thread, outcome);
            continue;
        }
        if (mine.history.size () > accessesMost)
        {
            wrong ("a call does not end");
        }
        if (mine.pending.kind == Kind::Yield)
        {
            return false;
        }
        const Location& location = _world.locations ()[mine.pending.location];
        if (mine.pending.kind == Kind::SleepAny || (!location.own && !location.payload))
        {
            return true;
        }
        const char* fault = nullptr;
        const unsigned newest = state.memory.choices (thread, mine.pending) - 1;
        mine.history.push_back (state.memory.perform (thread, mine.pending, newest, &fault));
        wrong (fault);
    }
    return true;
}

void Explorer::finish (State& state, unsigned thread, const Outcome& outcome)
{
    Thread& mine = state.threads[thread];
    const Call call = _setup.threads[thread][mine.step].call;
    state.memory.dropped (thread);
    wrong (state.account.ends (thread, call, outcome));
    wrong (_world.told (state.memory, state.account, thread, call, outcome));
    mine.step += call != Call::PopToEnd || outcome.result == -1;
    begin (state, thread);
}

// Applies the access to the memory, and checks it against the account.
bool Explorer::perform (State& state, unsigned thread, unsigned choice)
{
    Thread& mine = state.threads[thread];
    const Access access = mine.pending;
    const bool index = _world.isHead (access.location) || _world.isTail (access.location);
    const uint64_t before = index ? state.memory.newest (access.location) : 0;
    const char* fault = nullptr;
    uint64_t result = state.memory.perform (thread, access, access.kind == Kind::Wake ? 0 : choice, &fault);
    const bool failed = access.kind == Kind::Swap && result != access.expected;
    if (index && access.kind != Kind::Load && !failed)
    {
        wrong (_world.moved (state.account, thread, access, before, state.memory.newest (access.location)));
        if (_world.isTail (access.location))
        {
            state.memory.taken (thread, &fault);
        }
    }
    else if (failed && _world.isTail (access.location))
    {
        state.memory.dropped (thread);
    }
    else if (access.kind == Kind::Swap && !failed && _world.isWord (access.location))
    {
        wrong (_world.holed (state.account, access.value));
    }
    wrong (fault);
    note (state);
    if (access.kind == Kind::Wake)
    {
        const unsigned asleep = sleepers (state, access.location);
        result = access.value < asleep ? access.value : asleep;
        mine.history.push_back (result);
        // Wakes those from the chosen one on, or the last ones.
        const unsigned skipped = choice + result <= asleep ? choice : asleep - static_cast<unsigned> (result);
        return wake (state, access.location, skipped, result);
    }
    mine.history.push_back (result);
    return true;
}

// Returns false if this move leads nowhere, or not yet.
bool Explorer::move (State& state, unsigned thread, unsigned choice)
{
    Thread& mine = state.threads[thread];
    if (mine.pending.kind == Kind::Sleep && state.memory.newest (mine.pending.location) == mine.pending.expected)
    {
        mine.pending.kind = Kind::Asleep;
        return true;
    }
    if (mine.pending.kind == Kind::SleepAny)
    {
        if (choice == 0 && state.memory.sleeps (mine.pending))
        {
            mine.pending.kind = Kind::Asleep;
            return true;
        }
        mine.history.push_back (choice == 0 ? wordChanged : timedOut);
        return advance (state, thread);
    }
    if (!perform (state, thread, choice) || !advance (state, thread))
    {
        return false;
    }
    state.memory.tidy ();
    return true;
}

void Explorer::die (State& state, unsigned thread)
{
    state.threads[thread].done = true;
    state.threads[thread].history.clear ();
    state.threads[thread].marked = 0;
    state.memory.died (thread);
    state.account.died (thread);
    note (state);
    state.memory.tidy ();
}

// Whether the thread has to wait until all others have ended.
bool Explorer::comesLast (const State& state, unsigned thread) const
{
    const unsigned step = state.threads[thread].step;
    if (state.threads[thread].done || !model::comesLast (_setup.threads[thread][step].call))
    {
        return false;
    }
    for (unsigned i = 0; i < state.threads.size (); ++i)
    {
        if (i != thread && !state.threads[i].done)
        {
            return true;
        }
    }
    return false;
}

void Explorer::enter (State&& state)
{
    Hash hash;
    state.memory.hash (hash);
    state.account.hash (hash);
    for (const Thread& thread : state.threads)
    {
        hash.number (thread.step + (thread.done ? 100 : 0) + (thread.pending.kind == Kind::Asleep ? 200 : 0));
        const std::size_t known = thread.history.size () - thread.marked;
        hash.number (known << 8 | static_cast<unsigned> (thread.at));
        hash.number (thread.memo);
        hash.add (thread.history.data () + thread.marked, known * sizeof (uint64_t));
    }
    if (_seen.add (hash.value ()))
    {
        ++verdict.states;
        _path.push_back (Frame {std::move (state)});
    }
}

void Explorer::leave (const Frame& frame)
{
    bool all = true;
    for (const Thread& thread : frame.state.threads)
    {
        all = all && thread.done;
    }
    if (all)
    {
        ++verdict.ends;
        wrong (_world.atEnd (frame.state.memory, frame.state.account));
    }
    else if (frame.ways == 0)
    {
        wrong ("no thread continues: a wake-up was lost, or a call waits forever");
    }
}

void Explorer::explore (uint64_t most)
{
    const auto start = std::chrono::steady_clock::now ();
    State first (_world, static_cast<unsigned> (_setup.threads.size ()));
    for (unsigned i = 0; i < first.threads.size (); ++i)
    {
        begin (first, i);
        advance (first, i);
    }
    putToSleep (first);
    enter (std::move (first));
    while (!_path.empty () && verdict.fault.empty ())
    {
        Frame& frame = _path.back ();
        if (frame.thread == frame.state.threads.size ())
        {
            if (isOver (frame))
            {
                leave (frame);
                if (verdict.fault.empty ())
                {
                    _path.pop_back ();
                }
            }
            continue;
        }
        const Thread& mine = frame.state.threads[frame.thread];
        const unsigned thread = frame.thread;
        const unsigned ways = mine.done ? 0 : waysOf (frame.state, thread);
        const bool mortal = (_setup.mortal >> thread & 1) != 0;
        if (mine.done || frame.choice >= ways + mortal || comesLast (frame.state, thread))
        {
            ++frame.thread;
            frame.choice = 0;
            continue;
        }
        const unsigned choice = frame.choice++;
        State next = frame.state;
        if (choice == ways)
        {
            die (next, thread);
            ++frame.ways;
            enter (std::move (next));
            continue;
        }
        if (frame.state.memory.possible (thread, mine.pending, choice) && move (next, thread, choice))
        {
            ++frame.ways;
            enter (std::move (next));
        }
        if (verdict.states > most)
        {
            wrong ("more states than expected");
        }
    }
    tell ();
    verdict.seconds = std::chrono::duration<double> (std::chrono::steady_clock::now () - start).count ();
}

void Explorer::tell ()
{
    constexpr const char* kinds[] = {"load",     "store", "swap",   "add",        "and",   "or",
                                     "exchange", "lock",  "unlock", "membarrier", "sleep", "sleep any",
                                     "asleep",   "wake",  "yield",  "probe",      "hold",  "drop"};
    for (const Frame& frame : _path)
    {
        if (frame.choice == 0)
        {
            continue;
        }
        const Access& access = frame.state.threads[frame.thread].pending;
        const std::string where = access.site != nullptr ? access.site->where () : "";
        verdict.trace.push_back (std::to_string (frame.thread) + ": " + kinds[static_cast<unsigned> (access.kind)] + " "
                                 + _world.locations ()[access.location].name + " of "
                                 + std::to_string (frame.choice - 1) + ", value " + std::to_string (access.value)
                                 + ", newest " + std::to_string (frame.state.memory.newest (access.location)) + "  "
                                 + where);
    }
}
Verdict explore (const Setup& setup, const Mutant& mutant, uint64_t most)
{
    Explorer explorer (setup, mutant);
    explorer.explore (most);
    return explorer.verdict;
}

}  // namespace model
