// SPDX-License-Identifier: MIT
// The search itself: states of memory and threads, and the moves between them.
#ifndef MODEL_EXPLORING_HPP
#define MODEL_EXPLORING_HPP

#include "explorer.hpp"

#include "fingerprints.hpp"
#include "running.hpp"
#include "world.hpp"

namespace model
{
constexpr std::size_t accessesMost = 400;  // upper bound for a call that ends

struct Thread
{
    unsigned step = 0;
    bool done = false;
    Access pending = {};
    std::vector<uint64_t> history;
    std::size_t marked = 0;  // the part of the history that matters begins here
    Mark at = Mark::Begin;
    uint64_t memo = 0;
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
    unsigned ways = 0;  // moves that led on
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
    unsigned sleepers (const State& state, unsigned location) const;
    unsigned waysOf (const State& state, unsigned thread) const;
    bool wake (State& state, unsigned location, unsigned skipped, uint64_t most);
    bool endsByTime (const Thread& sleeper) const;
    bool runAfterSleep (State& state, unsigned thread);
    bool timeOut (const State& state, unsigned* ways);
    void putToSleep (State& first);
    bool isOver (Frame& frame);
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

}  // namespace model

#endif
