// SPDX-License-Identifier: MIT
// Blocking calls, side by side: throughput, latency of wake-ups, what sleeping threads cost.
#include "counting.hpp"
#include "harness/program.hpp"
#include "harness/report.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <stdexcept>

namespace
{
using namespace bench::blocking;

struct Options
{
    Plan plan;
    harness::Selection selection;
    harness::Output output;
    std::string baseline;
    bool all = false;
};

void addOptions (CLI::App& app, Options& options)
{
    harness::addQueueOptions (app, options.plan, options.selection, options.output);
    app.add_option ("--seconds", options.plan.seconds, "a throughput measurement; others take multiples of it")
        ->capture_default_str ()
        ->check (CLI::Range (0.001, 100.0));
    app.add_flag ("--all", options.all, "all rows, not only those of record, which --list marks with *");
    app.add_option ("--baseline", options.baseline,
                    "path of an older libjoinmem.so, which takes part through its C ABI");
}

std::vector<Row> rowsOf (const Options& options)
{
    std::vector<Row> rows =
        harness::matching (allRows (), options.selection.only, [] (const Row& row) { return row.name (); });
    if (!options.all)
    {
        rows.erase (std::remove_if (rows.begin (), rows.end (), [] (const Row& row) { return !row.record; }),
                    rows.end ());
    }
    if (rows.empty ())
    {
        throw std::runtime_error ("no row matches; --all has more than those of record");
    }
    return rows;
}

void run (Options& options)
{
    Plan& plan = options.plan;
    const std::vector<Row> rows = rowsOf (options);
    const Contenders contenders =
        harness::matching (allContenders (options.baseline, options.selection.faulty), options.selection.contenders,
                           [] (const Contender& contender) { return contender.name; });
    if (options.selection.list)
    {
        harness::printList (rows, contenders, [] (const Row& row) { return row.record ? "* " : "  "; });
        return;
    }
    harness::prepare (plan);
    nlohmann::ordered_json json = harness::headJson ("blocking", options.output.commit);
    json["baseline"] = options.baseline;
    json["counts_system_calls"] = countsSystemCalls ();
    json["machine"] = harness::machineJson ();
    json["plan"] = planJson (plan);
    const harness::Others others;
    const std::vector<Table> tables = compare (contenders, rows, plan);
    harness::addShares (others, &json);
    json["results"] = resultsJson (tables);
    print (tables);
    harness::printConditions (json, json["machine"]["cpu"].dump (), plan.rounds, "CPUs");
    if (!options.output.json.empty ())
    {
        harness::writeFile (options.output.json, harness::linesOf (json));
    }
}
}  // namespace

int main (int argc, char** argv)
{
    Options options;
    CLI::App app ("Times blocking calls of this library beside other ways to wait.");
    addOptions (app, options);
    return harness::runProgram ("bench-blocking", app, argc, argv, [&options] { run (options); });
}
