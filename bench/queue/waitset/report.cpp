// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "harness/figure.hpp"
#include "harness/report.hpp"

#include <cmath>
#include <cstdio>

namespace bench
{
namespace waitset
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
    {"push_ns", [] (const Sample& s) { return s.push; }},
    {"elements", [] (const Sample& s) { return s.elements; }},
    {"cpu_ns", [] (const Sample& s) { return s.cpu; }},
    {"cpu_percent", [] (const Sample& s) { return s.share; }},
    {"threads", [] (const Sample& s) { return s.threads; }},
    {"descriptors", [] (const Sample& s) { return s.descriptors; }},
    {"all_descriptors", [] (const Sample& s) { return s.allDescriptors; }},
    {"line_ns", [] (const Sample& s) { return s.line (); }},
    {"others", [] (const Sample& s) { return s.others; }},
};

std::string text (double value)
{
    if (std::isnan (value))
    {
        return "-";
    }
    const double size = std::fabs (value);
    return harness::format (value == 0 || size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.3f", value);
}

// The contender that the others are compared with.
const Result* reference (const Table& table)
{
    const char* const name = table.front ().row.shape == Shape::Busy ? "poll" : "eventfd + epoll";
    for (const Result& result : table)
    {
        if (result.contender->name == name && result.good ())
        {
            return &result;
        }
    }
    return nullptr;
}

double ratioOf (const Result& result, const Result* best, double (*of) (const Sample&))
{
    return best == nullptr ? unknown : result.median (of) / best->median (of);
}

void printResult (const Result& result, const Result* best)
{
    std::printf ("  %-18s", result.contender->name.c_str ());
    if (!result.good ())
    {
        std::printf (" thrown out: %s%s\n", faultName (result.fault), result.error.c_str ());
        return;
    }
    const auto value = [] (const Sample& s) { return s.value; };
    const auto p99 = [] (const Sample& s) { return s.p99; };
    std::printf (" %9s %4.0f%% %6s %9s %6s", text (result.median (value)).c_str (), result.spread () * 100,
                 text (ratioOf (result, best, value)).c_str (), text (result.median (p99)).c_str (),
                 text (ratioOf (result, best, p99)).c_str ());
    for (const Field& field : fields)
    {
        const std::string name = field.name;
        if (name != "value" && name != "p99_ns" && name != "others")
        {
            std::printf (" %8s", text (result.median (field.of)).c_str ());
        }
    }
    std::printf ("%s\n", result.disturbed != 0 ? "  disturbed" : "");
}

void printTable (const Table& table)
{
    const Row& row = table.front ().row;
    std::printf ("\n%s, %s\n  %-18s %9s %5s %6s %9s %6s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n", row.name ().c_str (),
                 row.unit (), "", "median", "+-", "ratio", "p99", "ratio", "p99.9", "push", "elements", "CPU ns",
                 "CPU %", "threads", "fds", "all fds", "cores");
    const Result* const best = reference (table);
    for (const Result& result : table)
    {
        printResult (result, best);
    }
}

// The figures whose spread matters.
bool isJudged (const std::string& field)
{
    return field == "value" || field == "p99_ns";
}

Json resultJson (const Result& result)
{
    const Row& row = result.row;
    Json json;
    json["row"] = row.name ();
    json["contender"] = result.contender->name;
    json["unit"] = row.unit ();
    json["shape"] = shapeName (row.shape);
    json["queues"] = row.queues;
    json["active"] = row.active;
    json["processes"] = row.shared;
    json["pinned"] = row.pinned;
    json["period_ns"] = row.periodNs;
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

}  // namespace waitset
}  // namespace bench
