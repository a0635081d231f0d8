// SPDX-License-Identifier: MIT
#include "row.hpp"

namespace bench
{
namespace blocking
{
namespace
{
struct Sides
{
    Kind kind;
    uint32_t producers;
    uint32_t consumers;
};

constexpr Sides allSides[] = {{Kind::Spsc, 1, 1}, {Kind::Mpsc, 1, 1}, {Kind::Mpsc, 2, 1}, {Kind::Mpsc, 4, 1},
                              {Kind::Mpmc, 1, 1}, {Kind::Mpmc, 2, 2}, {Kind::Mpmc, 4, 4}, {Kind::Mpmc, 16, 16}};
constexpr Placement placements[] = {Placement::Free, Placement::OneCpu, Placement::TwoCpus, Placement::Taskset};
constexpr uint32_t largeElement = 64 * 1024;
constexpr uint64_t us = 1000;

std::string bytesText (uint32_t bytes)
{
    return bytes >= 1024 ? std::to_string (bytes / 1024) + "KiB" : std::to_string (bytes) + "B";
}

std::string timeText (uint64_t ns)
{
    return ns >= 1000 * us ? std::to_string (ns / (1000 * us)) + "ms" : std::to_string (ns / us) + "us";
}

// Rows of record: small elements for each common number of producers and consumers and each placement, a large element
// as a spot check.
bool isRecord (const Sides& sides, bool shared, Placement placement, uint32_t bytes)
{
    const bool pair = sides.kind == Kind::Spsc;
    const bool twoProducers = sides.kind == Kind::Mpsc && sides.producers == 2;
    const bool twoByTwo = sides.kind == Kind::Mpmc && sides.producers == 2;
    const bool fourByFour = sides.kind == Kind::Mpmc && sides.producers == 4;
    const bool pinnedTwo = placement == Placement::TwoCpus;
    if (placement == Placement::Taskset)
    {
        return pair && !shared;
    }
    if (bytes != 8)
    {
        return pair && placement == Placement::Free && shared && bytes == largeElement;
    }
    if (shared)
    {
        return pair || ((twoProducers || twoByTwo) && !pinnedTwo);
    }
    return pair || twoProducers || twoByTwo || (fourByFour && !pinnedTwo);
}

void addThroughput (std::vector<Row>& rows, const Sides& sides, bool shared)
{
    for (uint32_t bytes : {8U, 64U, largeElement})
    {
        for (Placement placement : placements)
        {
            const bool common = sides.kind == Kind::Spsc || (sides.kind == Kind::Mpmc && sides.producers == 2);
            if ((sides.producers == 16 && (shared || bytes != 8))
                || (placement == Placement::Taskset && (bytes != 8 || !common)))
            {
                continue;
            }
            Row row;
            row.kind = sides.kind;
            row.producers = sides.producers;
            row.consumers = sides.consumers;
            row.bytes = bytes;
            row.capacity = capacityFor (bytes);
            row.shared = shared;
            row.placement = placement;
            row.record = isRecord (sides, shared, placement, bytes);
            rows.push_back (row);
        }
    }
}

bool isRecordRate (const Row& row)
{
    const bool slow = row.periodNs >= 200 * us;
    const bool longest = row.periodNs > 200 * us;
    if (row.shared)
    {
        return row.placement == Placement::Free && slow && !longest;
    }
    if (row.placement == Placement::Free)
    {
        return slow || !row.busy;
    }
    return slow && !longest;
}

void addRates (std::vector<Row>& rows)
{
    for (bool shared : {false, true})
    {
        for (Placement placement : {Placement::Free, Placement::TwoCpus})
        {
            for (bool busy : {false, true})
            {
                for (uint64_t period : {2 * us, 20 * us, 200 * us, 5000 * us})
                {
                    Row row;
                    row.shape = Shape::Rate;
                    row.shared = shared;
                    row.placement = placement;
                    row.busy = busy;
                    row.periodNs = period;
                    row.record = isRecordRate (row);
                    rows.push_back (row);
                }
            }
        }
    }
}

void addRoundtrips (std::vector<Row>& rows)
{
    for (uint64_t work : {uint64_t (0), 2 * us})
    {
        for (Placement placement : {Placement::Free, Placement::TwoCpus, Placement::Taskset})
        {
            Row row;
            row.shape = Shape::Roundtrip;
            row.shared = true;
            row.placement = placement;
            row.workNs = work;
            row.record = work != 0 || placement == Placement::Free;
            rows.push_back (row);
        }
    }
}

void addWaiters (std::vector<Row>& rows)
{
    for (bool shared : {false, true})
    {
        Row row;
        row.shape = Shape::Sleepers;
        row.kind = Kind::Mpmc;
        row.consumers = 500;
        row.shared = shared;
        row.periodNs = 100 * us;
        row.record = true;
        rows.push_back (row);
    }
    for (bool refused : {false, true})
    {
        for (bool shared : {false, true})
        {
            for (Placement placement : {Placement::Free, Placement::Taskset})
            {
                Row row;
                row.shape = Shape::Idle;
                row.kind = Kind::Mpmc;
                row.consumers = 100;
                row.shared = shared;
                row.placement = placement;
                row.refused = refused;
                row.record = placement == Placement::Taskset;
                rows.push_back (row);
            }
        }
    }
}
}  // namespace

const char* placementName (Placement placement)
{
    switch (placement)
    {
        case Placement::Free:
            return "free";
        case Placement::OneCpu:
            return "one CPU";
        case Placement::TwoCpus:
            return "two CPUs";
        case Placement::Taskset:
            break;
    }
    return "taskset";
}

const char* shapeName (Shape shape)
{
    switch (shape)
    {
        case Shape::Throughput:
            return "throughput";
        case Shape::Rate:
            return "rate";
        case Shape::Roundtrip:
            return "roundtrip";
        case Shape::Sleepers:
            return "sleepers";
        case Shape::Idle:
            break;
    }
    return "idle";
}

std::string Row::name () const
{
    const std::string where = std::string (", ") + placementName (placement);
    switch (shape)
    {
        case Shape::Throughput:
            break;
        case Shape::Rate:
            return "rate " + timeText (periodNs) + (shared ? " processes" : " threads") + where
                   + (busy ? ", busy" : ", idle");
        case Shape::Roundtrip:
            return "roundtrip " + timeText (workNs) + " work" + where;
        case Shape::Sleepers:
            return "sleepers " + std::to_string (consumers) + (shared ? " shared" : " private");
        case Shape::Idle:
            return "idle " + std::to_string (consumers) + (shared ? " shared" : " private") + where
                   + (refused ? ", membarrier refused" : "");
    }
    return std::string (kindName (kind)) + " " + std::to_string (producers) + "x" + std::to_string (consumers) + " "
           + bytesText (bytes) + (shared ? " processes" : " threads") + where;
}

const char* Row::unit () const
{
    switch (shape)
    {
        case Shape::Throughput:
            return "M/s";
        case Shape::Rate:
        case Shape::Roundtrip:
            return "ns";
        case Shape::Sleepers:
            return "wake-ups/element";
        case Shape::Idle:
            break;
    }
    return "% lost";
}

std::vector<Row> allRows ()
{
    std::vector<Row> rows;
    for (bool shared : {false, true})
    {
        for (const Sides& sides : allSides)
        {
            addThroughput (rows, sides, shared);
        }
    }
    addRates (rows);
    addRoundtrips (rows);
    addWaiters (rows);
    return rows;
}

}  // namespace blocking
}  // namespace bench
