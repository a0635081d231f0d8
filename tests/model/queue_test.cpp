// SPDX-License-Identifier: MIT
#include "explorer.hpp"
#include "setups.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

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
    const char* only = std::getenv ("MODEL_ONLY");  // explores only set-ups whose name contains this text
    for (const Setup& setup : setups)
    {
        if (only != nullptr && std::string (setup.name).find (only) == std::string::npos)
        {
            continue;
        }
        const Verdict verdict = explore (setup);
        std::printf ("%-45s %8llu states %7.2f s\n", setup.name, static_cast<unsigned long long> (verdict.states),
                     verdict.seconds);
        std::fflush (stdout);
        states += verdict.states;
        seconds += verdict.seconds;
        INFO (setup.name << ": " << told (verdict));
        CHECK (verdict.fault.empty ());
        CHECK (verdict.ends != 0);
    }
    std::printf ("%-45s %8llu states %7.2f s\n", "all", static_cast<unsigned long long> (states), seconds);
}
}  // namespace

TEST_CASE ("queues hold in every schedule and memory order", "[quick]")
{
    holds (quickSetups ());
}

TEST_CASE ("queues hold in longer runs", "[large]")
{
    holds (largeSetups ());
}

TEST_CASE ("queues hold when threads die", "[mortal]")
{
    holds (mortalSetups ());
}

TEST_CASE ("roles and slots have one owner, deaths are reported", "[places]")
{
    holds (placeSetups ());
}

TEST_CASE ("no wake-up is lost", "[waiting]")
{
    holds (waitingSetups ());
}

TEST_CASE ("no wake-up is lost in longer runs", "[largewaiting]")
{
    holds (largeWaitingSetups ());
}

TEST_CASE ("no event of a wait set is lost", "[sets]")
{
    holds (setSetups ());
}

TEST_CASE ("no event of a wait set is lost in longer runs", "[largesets]")
{
    holds (largeSetSetups ());
}
