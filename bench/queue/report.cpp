// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "harness/figure.hpp"
#include "harness/report.hpp"

#include <cstdio>

namespace bench
{
namespace
{
using Json = nlohmann::ordered_json;

std::string valueText (double value)
{
    return harness::format (value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
}

std::string cell (const Result& result, Distance distance)
{
    if (result.values[distance].empty ())
    {
        return "-";
    }
    return valueText (result.median (distance)) + harness::format (" ±%.0f%%", result.spread (distance) * 100) + " ("
           + std::to_string (result.values[distance].size ()) + ")";
}

void printTable (const Table& table)
{
    const Row& row = table.front ().row;
    std::printf ("\n%-40s %18s %18s %18s\n", (row.name () + (row.isRate () ? ", M/s" : ", ns")).c_str (), "sibling",
                 "near", "far");
    for (const Result& result : table)
    {
        std::printf ("  %-38s", result.contender->name.c_str ());
        if (!result.error.empty () || result.fault != Fault::None)
        {
            std::printf (" thrown out: %s%s\n", faultName (result.fault), result.error.c_str ());
            continue;
        }
        for (Distance distance : {Sibling, Near, Far})
        {
            std::printf (" %18s", cell (result, distance).c_str ());
        }
        std::printf (result.unsettled != 0 ? "  unsettled %u\n" : "\n", result.unsettled);
    }
    for (const Standing& standing : standings (table))
    {
        std::printf ("  %s, %s: %.2f of %s%s, bar %.2f: %s\n", standing.ours->contender->name.c_str (),
                     distanceName (standing.distance), standing.ratio,
                     standing.best != nullptr ? standing.best->contender->name.c_str () : "the line itself", "",
                     standing.bar, standing.verdict ().c_str ());
    }
}

const char* shapeName (Shape shape)
{
    switch (shape)
    {
        case Shape::Flow:
            return "flow";
        case Shape::Roundtrip:
            return "trip";  // as in all recorded data
        case Shape::Alone:
            return "alone";
        case Shape::Wake:
            break;
    }
    return "wake";
}

Json resultJson (const Result& result)
{
    Json json;
    const Row& row = result.row;
    json["row"] = row.name ();
    json["contender"] = result.contender->name;
    json["group"] = groupName (result.contender->group);
    json["kind"] = kindName (row.kind);
    json["shape"] = shapeName (row.shape);
    json["producers"] = row.producers;
    json["consumers"] = row.consumers;
    json["bytes"] = row.bytes;
    json["batch"] = row.batch;
    json["capacity"] = row.capacity;
    json["processes"] = row.processes;
    json["unit"] = row.isRate () ? "M/s" : "ns";
    json["fault"] = result.fault == Fault::None ? Json () : Json (faultName (result.fault));
    json["error"] = result.error.empty () ? Json () : Json (result.error);
    json["unsettled"] = result.unsettled;
    for (Distance distance : {Sibling, Near, Far})
    {
        if (!result.values[distance].empty ())
        {
            json[distanceName (distance)] = harness::figureJson (result.values[distance]);
            json[distanceName (distance)]["line_ns"] = harness::thousandth (harness::median (result.lines[distance]));
        }
    }
    return json;
}
}  // namespace

void print (const std::vector<Table>& tables)
{
    harness::printTables (tables, printTable);
}

Json planJson (const Plan& plan)
{
    Json json;
    json["rounds"] = plan.rounds;
    json["tries"] = plan.tries;
    json["seconds"] = plan.seconds;
    json["others"] = plan.others;
    json["drift"] = plan.drift;
    json["sibling_ns"] = plan.sibling;
    json["near_ns"] = plan.near;
    json["seed"] = plan.seed;
    json["cpus"] = plan.cpus;
    json["tie"] = tie;
    return json;
}

Json resultsJson (const std::vector<Table>& tables)
{
    return harness::resultsJson (tables, resultJson);
}

Json standingsJson (const std::vector<Table>& tables)
{
    Json list = Json::array ();
    for (const Table& table : tables)
    {
        for (const Standing& standing : standings (table))
        {
            Json json;
            json["row"] = standing.ours->row.name ();
            json["contender"] = standing.ours->contender->name;
            json["distance"] = distanceName (standing.distance);
            json["best"] = standing.best != nullptr ? Json (standing.best->contender->name) : Json ();
            json["ratio"] = harness::thousandth (standing.ratio);
            json["bar"] = standing.bar == 0 ? Json () : Json (harness::thousandth (standing.bar));
            json["goal"] = standing.goal == 0 ? Json () : Json (standing.goal);
            json["verdict"] = standing.verdict ();
            list.push_back (json);
        }
    }
    return list;
}

}  // namespace bench
