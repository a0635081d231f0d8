// SPDX-License-Identifier: MIT
// Queues, side by side: throughput, round trips, a single thread's cost, and the time to wake.
#include "harness/program.hpp"
#include "harness/report.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace
{
struct Options
{
    bench::Plan plan;
    harness::Selection selection;
    harness::Output output;
    bool quick = false;
};

void addOptions (CLI::App& app, Options& options)
{
    bench::Plan& plan = options.plan;
    harness::addQueueOptions (app, plan, options.selection, options.output);
    app.add_option ("--seconds", plan.seconds, "a measurement")
        ->capture_default_str ()
        ->check (CLI::Range (0.001, 100.0));
    app.add_flag ("--quick", options.quick, "fewer rows: 8 and 64 bytes, two producers at most, no processes");
    app.add_option ("--drift", plan.drift, "how many times the distance of the cores may change: above, measured again")
        ->capture_default_str ();
    app.add_option ("--near", plan.near, "ns there and back, up to which cores are near")->capture_default_str ();
    app.add_option ("--sibling", plan.sibling, "ns there and back, below which they are one core")
        ->capture_default_str ();
}

std::vector<bench::Row> rowsOf (const Options& options)
{
    std::vector<bench::Row> rows = harness::matching (bench::allRows (), options.selection.only,
                                                      [] (const bench::Row& row) { return row.name (); });
    if (options.quick)
    {
        rows.erase (std::remove_if (rows.begin (), rows.end (), [] (const bench::Row& row) { return !isQuick (row); }),
                    rows.end ());
    }
    return rows;
}

void run (Options& options)
{
    bench::Plan& plan = options.plan;
    const std::vector<bench::Row> rows = rowsOf (options);
    const bench::Contenders contenders =
        harness::matching (bench::allContenders (options.selection.faulty), options.selection.contenders,
                           [] (const bench::Contender& contender) { return contender.name; });
    if (options.selection.list)
    {
        harness::printList (rows, contenders, [] (const bench::Row&) { return ""; });
        return;
    }
    harness::prepare (plan);
    nlohmann::ordered_json json = harness::headJson ("queue", options.output.commit);
    json["machine"] = harness::machineJson ();
    json["plan"] = bench::planJson (plan);
    const harness::Others others;
    const std::vector<bench::Table> tables = bench::compare (contenders, rows, plan);
    harness::addShares (others, &json);
    json["bar"] = bench::standingsJson (tables);
    json["results"] = bench::resultsJson (tables);
    bench::print (tables);
    harness::printConditions (json, json["machine"]["cpu"].dump (), plan.rounds, "processors");
    if (!options.output.json.empty ())
    {
        harness::writeFile (options.output.json, json.dump (1) + "\n");
    }
}
}  // namespace

int main (int argc, char** argv)
{
    Options options;
    CLI::App app ("Times queues of this library beside those of others.");
    addOptions (app, options);
    return harness::runProgram ("bench-queue", app, argc, argv, [&options] { run (options); });
}
