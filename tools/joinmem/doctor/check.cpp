// SPDX-License-Identifier: MIT
// Turns facts into checks, in the order in which they are printed.
#include "check.hpp"

#include "facts.hpp"

#include <algorithm>
#include <cstdio>

namespace tool::doctor
{
Facts readFacts (const Source& source)
{
    Facts facts;
    facts.live = source.live ();
    facts.machine = readMachine (source);
    facts.shm = readShm (source, facts.machine.ram);
    facts.removal = readRemoval (source);
    facts.groups = readGroups (source);
    facts.limits = readLimits (source);
    facts.huge = readHuge (source);
    tryHuge (facts, &facts.huge);
    facts.pools = readPools (source);
    facts.nodes = readNodes (source);
    facts.calls = tryCalls (source);
    facts.around = readAround (source);
    return facts;
}

Checks judge (const Facts& facts)
{
    Checks checks;
    judgeMachine (facts, &checks);
    judgeHuge (facts, &checks);
    judgePools (facts, &checks);
    judgeShm (facts, &checks);
    judgeFiles (facts, &checks);
    judgeCalls (facts, &checks);
    judgeLimits (facts, &checks);
    judgeGroups (facts, &checks);
    judgeNodes (facts, &checks);
    judgeAround (facts, &checks);
    return checks;
}

Verdict overall (const Checks& checks)
{
    Verdict worst = Verdict::Unknown;
    for (const Check& check : checks)
    {
        worst = std::max (worst, check.verdict);
    }
    return worst == Verdict::Unknown ? Verdict::Fine : worst;
}

const char* nameOf (Verdict verdict)
{
    switch (verdict)
    {
        case Verdict::Fine:
            return "fine";
        case Verdict::Unknown:
            return "unknown";
        case Verdict::Worse:
            return "worse";
        case Verdict::Missing:
            break;
    }
    return "missing";
}

std::string sizeText (uint64_t bytes)
{
    if (bytes == unlimited)
    {
        return "no limit";
    }
    const char* const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double> (bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit < 4; ++unit)
    {
        value /= 1024;
    }
    char text[48];
    std::snprintf (text, sizeof (text), "%.*f", value < 100 && unit != 0 ? 1 : 0, value);
    std::string number = text;
    const std::size_t point = number.find (".0");
    return number.substr (0, point) + " " + units[unit];
}

}  // namespace tool::doctor
