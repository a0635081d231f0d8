// SPDX-License-Identifier: MIT
// Waiting for many queues at once: wait sets, their descriptor, and what other programs use.
#include "harness/program.hpp"
#include "harness/report.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <stdexcept>
#include <sys/resource.h>

namespace
{
using namespace bench::waitset;

struct Options
{
    Plan plan;
    harness::Selection selection;
    harness::Output output;
};

void addOptions (CLI::App& app, Options& options)
{
    harness::addQueueOptions (app, options.plan, options.selection, options.output);
    app.add_option ("--seconds", options.plan.seconds, "a measurement of a busy set; others take multiples of it")
        ->capture_default_str ()
        ->check (CLI::Range (0.001, 100.0));
}

// 4096 pipes or sockets need more descriptors than a process may usually open.
void raiseLimit ()
{
    rlimit limit {};
    ::getrlimit (RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit (RLIMIT_NOFILE, &limit);
}

void run (Options& options)
{
    Plan& plan = options.plan;
    const std::vector<Row> rows =
        harness::matching (allRows (), options.selection.only, [] (const Row& row) { return row.name (); });
    const Contenders contenders =
        harness::matching (allContenders (options.selection.faulty), options.selection.contenders,
                           [] (const Contender& contender) { return contender.name; });
    if (rows.empty ())
    {
        throw std::runtime_error ("no row matches");
    }
    if (options.selection.list)
    {
        harness::printList (rows, contenders, [] (const Row&) { return ""; });
        return;
    }
    raiseLimit ();
    harness::prepare (plan);
    nlohmann::ordered_json json = harness::headJson ("wait-set", options.output.commit);
    json["missing"] = missingPeers ();
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
    CLI::App app ("Times wait sets of this library beside other ways to wait for many queues.");
    addOptions (app, options);
    return harness::runProgram ("bench-wait", app, argc, argv, [&options] { run (options); });
}
