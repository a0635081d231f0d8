// SPDX-License-Identifier: MIT
// Mistakes planted in a wait set: the model must find each.
#include "explorer.hpp"
#include "setups.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace model;

namespace
{
// The fault that the mistake causes in that set-up; empty: none.
std::string inSet (const Mutant& mutant, const std::string& name)
{
    for (const Setup& setup : setSetups ())
    {
        if (setup.name == name)
        {
            return explore (setup, mutant).fault;
        }
    }
    return "no set-up of that name";
}

Mutant planted (Mistake mistake, const char* text = "", const char* file = "")
{
    Mutant mutant;
    mutant.mistake = mistake;
    mutant.text = text;
    mutant.file = file;
    return mutant;
}

const char* const lost = "no thread continues: a wake-up was lost, or a call waits forever";
const char* const missed = "a wait of the set fails although a queue is ready";
}  // namespace

TEST_CASE ("set that reads the epoch after its flag is detected", "[mistakes][setmistakes]")
{
    Mutant mutant = planted (Mistake::Flag, "_epoch = _word.load ()");
    mutant.until = "_state.fetch_or (_flag)";
    CHECK (inSet (mutant, "set: two elements in one queue") == lost);
}

TEST_CASE ("set without flag or barrier is detected", "[mistakes][setmistakes]")
{
    CHECK (inSet (planted (Mistake::Skip, "_state.fetch_or (_flag)"), "set: cells with sequences") == lost);
    CHECK (inSet (planted (Mistake::Blind), "set: one element in each of two queues") == lost);
    CHECK (inSet (planted (Mistake::Blind), "set: cells with sequences") == lost);
    CHECK (inSet (planted (Mistake::Blind), "set: room") == lost);
}

TEST_CASE ("set that does not look after its barrier is detected", "[mistakes][setmistakes]")
{
    const Mutant mutant = planted (Mistake::Stale, "head = ring.head ().load ()", "readiness.cpp");
    CHECK (inSet (mutant, "set: one element in each of two queues") == lost);
    CHECK (inSet (mutant, "set: cells with sequences") == lost);
}

TEST_CASE ("set that expects a late epoch is detected", "[mistakes][setmistakes]")
{
    CHECK (inSet (planted (Mistake::Fresh), "set: one element in each of two queues") == lost);
    CHECK (inSet (planted (Mistake::Fresh), "set: its helper sleeps") == lost);
}

TEST_CASE ("changed word that a sleep leaves out is detected", "[mistakes][setmistakes]")
{
    CHECK (inSet (planted (Mistake::Deaf), "set: one element in each of two queues") == lost);
    CHECK (inSet (planted (Mistake::Deaf), "set: its helper sleeps") == lost);
}

TEST_CASE ("set without time limit after no barrier is detected", "[mistakes][setmistakes]")
{
    CHECK (inSet (planted (Mistake::Endless), "set: sleeps without barriers") == lost);
}

TEST_CASE ("set that is not woken is detected", "[mistakes][setmistakes]")
{
    CHECK (inSet (planted (Mistake::Sparing), "set: one element in each of two queues") == lost);
    CHECK (inSet (planted (Mistake::Skip, "epoch (role).fetch_add (1)"), "set: cells with sequences") == lost);
}

TEST_CASE ("check that passes a changed queue is detected", "[mistakes][setmistakes]")
{
    CHECK (inSet (planted (Mistake::Skip, "head = ring.head ().load ()", "entry.cpp"), "set: early checks") == missed);
}

TEST_CASE ("bell that does not ring is detected", "[mistakes][setmistakes]")
{
    CHECK (inSet (planted (Mistake::Skip, "_bell.fetch_add (1)"), "set: woken by a call") == lost);
    CHECK (inSet (planted (Mistake::Skip, "_woken.store (true)"), "set: woken by a call") == lost);
    CHECK (inSet (planted (Mistake::Skip, "_rang.store (true)"), "set: its helper sleeps") == lost);
    CHECK (inSet (planted (Mistake::Skip, "_calls.fetch_add (1)"), "set: its helper sleeps") == lost);
}

TEST_CASE ("ring whose requests, barrier or wake-up are wrong is detected", "[mistakes][setmistakes]")
{
    const char* const two = "ring: one element in each of two queues";
    CHECK (inSet (planted (Mistake::Fresh), two) == lost);
    CHECK (inSet (planted (Mistake::Blind), two) == lost);
    CHECK (inSet (planted (Mistake::Sparing), two) == lost);
    CHECK (inSet (planted (Mistake::Skip, "epoch (role).fetch_add (1)"), "ring: two elements in one queue") == lost);
    CHECK (inSet (planted (Mistake::Skip, "_sleeps.store (true)", "ringing.cpp"), "ring: woken by a call") == lost);
    CHECK (inSet (planted (Mistake::Skip, "_bell.load () != rings", "ringing.cpp"), "ring: woken by a call") == lost);
    CHECK (inSet (planted (Mistake::Fresh), "ring of a helper") == lost);
    CHECK (inSet (planted (Mistake::Skip, "_calls.fetch_add (1)"), "ring of a helper") == lost);
    CHECK (inSet (planted (Mistake::Skip, "_bell.fetch_add (1)"), "ring of a helper") == lost);
}
