// SPDX-License-Identifier: MIT
#include "explorer.hpp"

#include "fingerprints.hpp"
#include "running.hpp"
#include "world.hpp"

#include <chrono>

namespace model
{
namespace
{
constexpr std::size_t accessesMost = 400;  // of a call that ends

struct Thread
{
    unsigned step = 0;
    bool done = false;
    Access pending = {};
    std::vector<uint64_t> history;
    std::size_t marked = 0;  // where it begins to matter
    Mark at = Mark::Begin;
};

struct State
{
    State (const World& world, unsigned count)
    : memory (world.locations (), count)
    , account (world.account ())
    , threads (count)
    {
    }

    Memory memory;
    Account account;
    std::vector<Thread> threads;
};

struct Frame
{
    State state;
    unsigned thread = 0;
    unsigned choice = 0;
    unsigned ways = 0;  // that were found to go on
};

class Explorer
{
public:
    Explorer (const Setup& setup, const Mutant& mutant)
    : _setup (setup)
    , _world (setup)
    , _running (_world, mutant)
    {
    }

    void explore (uint64_t most);

    Verdict verdict;

private:
    void begin (State& state, unsigned thread);
    void note (State& state);
    bool advance (State& state, unsigned thread);
    bool runTo (State& state, unsigned thread, Outcome* outcome);
    bool move (State& state, unsigned thread, unsigned choice);
    bool perform (State& state, unsigned thread, unsigned choice);
    bool wake (State& state, unsigned location);
    void die (State& state, unsigned thread);
    bool comesLast (const State& state, unsigned thread) const;
    void finish (State& state, unsigned thread, const Outcome& outcome);
    void enter (State&& state);
    void leave (const Frame& frame);
    void wrong (const char* fault);
    void tell ();

    const Setup& _setup;
    World _world;
    Running _running;
    Fingerprints _seen;
    std::vector<Frame> _path;
};

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

// Makes the call again, up to its next access; true: it has come to its end.
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
    verdict.sites.insert (mine.pending.site);
    return false;
}

// To the thread's next access that others may see. false: it waits for something that it has not found.
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
        if (!location.own && !location.payload)
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

bool Explorer::wake (State& state, unsigned location)
{
    for (unsigned i = 0; i < state.threads.size (); ++i)
    {
        Thread& sleeper = state.threads[i];
        if (!sleeper.done && sleeper.pending.kind == Kind::Asleep && sleeper.pending.location == location)
        {
            sleeper.history.push_back (0);
            if (!advance (state, i))
            {
                return false;
            }
        }
    }
    return true;
}

// What the access does to the memory, and what the account says of it.
bool Explorer::perform (State& state, unsigned thread, unsigned choice)
{
    Thread& mine = state.threads[thread];
    const Access access = mine.pending;
    const bool index = _world.isHead (access.location) || _world.isTail (access.location);
    const uint64_t before = index ? state.memory.newest (access.location) : 0;
    const char* fault = nullptr;
    const uint64_t result = state.memory.perform (thread, access, choice, &fault);
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
    mine.history.push_back (result);
    return access.kind != Kind::Wake || wake (state, access.location);
}

// false: this leads nowhere, or not yet.
bool Explorer::move (State& state, unsigned thread, unsigned choice)
{
    Thread& mine = state.threads[thread];
    if (mine.pending.kind == Kind::Sleep && state.memory.newest (mine.pending.location) == mine.pending.expected)
    {
        mine.pending.kind = Kind::Asleep;
        return true;
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

// Whether the thread is to wait until all others have ended.
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
        wrong ("nobody goes on: a wake-up was lost, or a call waits for ever");
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
    enter (std::move (first));
    while (!_path.empty () && verdict.fault.empty ())
    {
        Frame& frame = _path.back ();
        if (frame.thread == frame.state.threads.size ())
        {
            leave (frame);
            if (verdict.fault.empty ())
            {
                _path.pop_back ();
            }
            continue;
        }
        const Thread& mine = frame.state.threads[frame.thread];
        const unsigned thread = frame.thread;
        const unsigned ways = mine.done ? 0 : frame.state.memory.choices (thread, mine.pending);
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
            wrong ("more states than were expected");
        }
    }
    tell ();
    verdict.seconds = std::chrono::duration<double> (std::chrono::steady_clock::now () - start).count ();
}

void Explorer::tell ()
{
    constexpr const char* kinds[] = {"load",       "store", "swap",   "add",  "and",   "or",    "lock", "unlock",
                                     "membarrier", "sleep", "asleep", "wake", "yield", "probe", "hold", "drop"};
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
}  // namespace

Verdict explore (const Setup& setup, const Mutant& mutant, uint64_t most)
{
    Explorer explorer (setup, mutant);
    explorer.explore (most);
    return explorer.verdict;
}

}  // namespace model
