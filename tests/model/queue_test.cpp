// SPDX-License-Identifier: MIT
#include "explorer.hpp"
#include "setups.hpp"

#include <catch2/catch.hpp>

#include <cstdio>

using namespace model;

namespace
{
std::string told (const Verdict& verdict)
{
    std::string text = verdict.fault;
    for (const std::string& line : verdict.trace)
    {
        text += "\n    " + line;
    }
    return text;
}

void holds (const std::vector<Setup>& setups)
{
    uint64_t states = 0;
    double seconds = 0;
    for (const Setup& setup : setups)
    {
        const Verdict verdict = explore (setup);
        std::printf ("%-45s %8llu states %7.2f s\n", setup.name, static_cast<unsigned long long> (verdict.states),
                     verdict.seconds);
        states += verdict.states;
        seconds += verdict.seconds;
        INFO (setup.name << ": " << told (verdict));
        CHECK (verdict.fault.empty ());
        CHECK (verdict.ends != 0);
    }
    std::printf ("%-45s %8llu states %7.2f s\n", "all", static_cast<unsigned long long> (states), seconds);
}
}  // namespace

TEST_CASE ("the queues hold whatever the threads and the memory do", "[quick]")
{
    holds (quickSetups ());
}

TEST_CASE ("the queues hold in longer runs", "[large]")
{
    holds (largeSetups ());
}

TEST_CASE ("the queues hold when threads die", "[mortal]")
{
    holds (mortalSetups ());
}

TEST_CASE ("sides and lanes are one owner's, and who is left is told as it is", "[places]")
{
    holds (placeSetups ());
}
