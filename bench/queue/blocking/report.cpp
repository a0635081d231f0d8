// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "harness/figure.hpp"
#include "harness/report.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace bench
{
namespace blocking
{
namespace
{
using Json = nlohmann::ordered_json;

struct Field
{
    const char* name;
    double (*of) (const Sample&);
};

constexpr Field fields[] = {
    {"value", [] (const Sample& s) { return s.value; }},
    {"p99_ns", [] (const Sample& s) { return s.p99; }},
    {"p999_ns", [] (const Sample& s) { return s.p999; }},
    {"elements", [] (const Sample& s) { return s.elements; }},
    {"cpu_ns", [] (const Sample& s) { return s.cpu (); }},
    {"producers_cpu_ns", [] (const Sample& s) { return s.producersCpu; }},
    {"consumers_cpu_ns", [] (const Sample& s) { return s.consumersCpu; }},
    {"voluntary_switches", [] (const Sample& s) { return s.voluntary; }},
    {"involuntary_switches", [] (const Sample& s) { return s.involuntary; }},
    {"system_calls", [] (const Sample& s) { return s.systemCalls; }},
    {"membarriers", [] (const Sample& s) { return s.membarriers; }},
    {"futex_waits", [] (const Sample& s) { return s.futexWaits; }},
    {"futex_wakes", [] (const Sample& s) { return s.futexWakes; }},
    {"yields", [] (const Sample& s) { return s.yields; }},
    {"line_ns", [] (const Sample& s) { return s.line (); }},
    {"others", [] (const Sample& s) { return s.others; }},
};

double medianOf (const Result& result, const char* name)
{
    for (const Field& field : fields)
    {
        if (std::strcmp (field.name, name) == 0)
        {
            return result.median (field.of);
        }
    }
    return unknown;
}

std::string text (double value)
{
    if (std::isnan (value))
    {
        return "-";
    }
    char buffer[40];
    const double size = std::fabs (value);
    const char* const pattern = value == 0 || size >= 100 ? "%.0f"
                                : size >= 10              ? "%.1f"
                                : size >= 0.1             ? "%.2f"
                                                          : "%.1g";
    std::snprintf (buffer, sizeof (buffer), pattern, value);
    return buffer;
}

bool isReference (const Result& result)
{
    const std::string& name = result.contender->name;
    return result.good () && (name == "yield" || name == "mutex");
}

// The better of yield and mutex; NaN where neither takes part. M/s: more is better, else less.
double reference (const Table& table)
{
    double best = unknown;
    for (const Result& result : table)
    {
        if (isReference (result))
        {
            const double value = medianOf (result, "value");
            const bool rate = result.row.shape == Shape::Throughput;
            best = std::isnan (best) || (rate ? value > best : value < best) ? value : best;
        }
    }
    return best;
}

void printResult (const Result& result, double best)
{
    std::printf ("  %-22s", result.contender->name.c_str ());
    if (!result.good ())
    {
        std::printf (" thrown out: %s%s\n", faultName (result.fault), result.error.c_str ());
        return;
    }
    const auto shown = [&result] (const char* name) { return text (medianOf (result, name)); };
    const double value = medianOf (result, "value");
    std::printf (" %9s %4.0f%%", text (value).c_str (), result.spread () * 100);
    if (result.row.shape == Shape::Rate)
    {
        std::printf (" %9s %9s", shown ("p99_ns").c_str (), shown ("p999_ns").c_str ());
    }
    std::printf (" %9s %9s %7s %8s %8s %8s %8s %6s%s\n", shown ("producers_cpu_ns").c_str (),
                 shown ("consumers_cpu_ns").c_str (), text (value / best).c_str (), shown ("system_calls").c_str (),
                 shown ("membarriers").c_str (), shown ("voluntary_switches").c_str (),
                 shown ("involuntary_switches").c_str (), shown ("line_ns").c_str (),
                 result.disturbed != 0 ? "  disturbed" : "");
}

void printTable (const Table& table)
{
    const Row& row = table.front ().row;
    std::printf ("\n%s, %s\n  %-22s %9s %5s", row.name ().c_str (), row.unit (), "", "median", "+-");
    if (row.shape == Shape::Rate)
    {
        std::printf (" %9s %9s", "p99", "p99.9");
    }
    std::printf (" %9s %9s %7s %8s %8s %8s %8s %6s\n", "CPU prod.", "CPU cons.", "of best", "syscalls", "barriers",
                 "sleeps", "preempt", "cores");
    const double best = reference (table);
    for (const Result& result : table)
    {
        printResult (result, best);
    }
}

// The figures whose spread matters.
bool isJudged (const std::string& field)
{
    return field == "value" || field == "p99_ns" || field == "p999_ns";
}

Json resultJson (const Result& result)
{
    const Row& row = result.row;
    Json json;
    json["row"] = row.name ();
    json["contender"] = result.contender->name;
    json["unit"] = row.unit ();
    json["shape"] = shapeName (row.shape);
    json["producers"] = row.producers;
    json["consumers"] = row.consumers;
    json["bytes"] = row.bytes;
    json["capacity"] = row.capacity;
    json["placement"] = placementName (row.placement);
    json["period_ns"] = row.periodNs;
    json["busy"] = row.busy;
    json["processes"] = row.processes ();
    json["work_ns"] = row.workNs;
    json["refused"] = row.refused;
    json["record"] = row.record;
    json["error"] = result.error.empty () ? Json () : Json (result.error);
    json["fault"] = result.fault == Fault::None ? Json () : Json (faultName (result.fault));
    json["disturbed"] = result.disturbed;
    for (const Field& field : fields)
    {
        const std::vector<double> values = result.figures (field.of);
        json[field.name] = values.empty () || !result.good () ? Json () : harness::figureJson (values);
        if (json[field.name].is_object () && !isJudged (field.name))
        {
            json[field.name].erase ("q1");
            json[field.name].erase ("q3");
            json[field.name].erase ("half_range");
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
    json["seed"] = plan.seed;
    json["cpus"] = plan.cpus;
    return json;
}

Json resultsJson (const std::vector<Table>& tables)
{
    return harness::resultsJson (tables, resultJson);
}

}  // namespace blocking
}  // namespace bench
