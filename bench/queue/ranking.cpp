// SPDX-License-Identifier: MIT
#include "ranking.hpp"

#include "harness/figure.hpp"

#include <cmath>

namespace bench
{
namespace
{
struct Bar
{
    double bar = 0;
    double goal = 0;
};

// The required multiple of the best peer. Where the cores are far apart: no worse.
Bar flowBar (const Row& row, Distance distance)
{
    if (row.bytes > 64 || row.processes || distance == Sibling)
    {
        return {};
    }
    if (distance == Far)
    {
        return {1, 0};
    }
    const bool one = row.batch == 1;
    if (row.kind != Kind::Spsc)
    {
        return {one ? 1.5 : 1.1, 0};
    }
    const bool small = row.capacity <= 1024;
    if (!one)
    {
        return {1, small ? 0 : 1.1};
    }
    if (row.bytes == 8)
    {
        return small ? Bar {1.4, 1.8} : Bar {1.5, 2};
    }
    return {small ? 1.2 : 2, 0};
}

Bar barOf (const Row& row, Distance distance)
{
    switch (row.shape)
    {
        case Shape::Flow:
            return flowBar (row, distance);
        case Shape::Roundtrip:
            return {row.kind == Kind::Spsc && !row.processes && distance != Sibling ? 1.0 : 0, 0};
        case Shape::Alone:
            return {1, 0};
        case Shape::Wake:
            break;
    }
    return {};
}

bool better (const Result& one, const Result& other, Distance distance)
{
    const double a = one.median (distance);
    const double b = other.median (distance);
    return one.row.isRate () ? a > b : a < b;
}

const Result* bestPeer (const Table& table, Distance distance)
{
    const Result* best = nullptr;
    for (const Result& result : table)
    {
        if (result.contender->group == Group::Peer && result.has (distance)
            && (best == nullptr || better (result, *best, distance)))
        {
            best = &result;
        }
    }
    return best;
}

Standing standingOf (const Result& ours, const Result* best, Distance distance)
{
    Standing standing;
    standing.ours = &ours;
    standing.best = best;
    standing.distance = distance;
    const Bar bar = barOf (ours.row, distance);
    standing.bar = bar.bar;
    standing.goal = bar.goal;
    if (ours.row.shape == Shape::Roundtrip && ours.row.kind == Kind::Spsc && ours.row.bytes == 8 && !ours.row.processes)
    {
        // Compared with the cache line itself: at most 1.1 times its time.
        standing.best = nullptr;
        standing.bar = bar.bar == 0 ? 0 : 1 / 1.1;
        standing.ratio = harness::median (ours.lines[distance]) / ours.median (distance);
        return standing;
    }
    const double ratio = ours.median (distance) / best->median (distance);
    standing.ratio = ours.row.isRate () ? ratio : 1 / ratio;
    return standing;
}
}  // namespace

std::string Standing::verdict () const
{
    if (bar == 0)
    {
        return "not judged";
    }
    if (met ())
    {
        return "met";
    }
    const double below = 1 - ratio / bar;
    if (bar == 1 && below < tie)
    {
        return "tie";
    }
    return std::to_string (std::lround (below * 100)) + " % below";
}

std::vector<Standing> standings (const Table& table)
{
    std::vector<Standing> list;
    for (unsigned i = 0; i < distances; ++i)
    {
        const Distance distance = static_cast<Distance> (i);
        const Result* best = bestPeer (table, distance);
        for (const Result& result : table)
        {
            if (best != nullptr && result.contender->group == Group::Ours && result.has (distance))
            {
                list.push_back (standingOf (result, best, distance));
            }
        }
    }
    return list;
}

}  // namespace bench
