// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "cpus.hpp"

#include <CLI/CLI.hpp>

#include <stdexcept>
#include <unistd.h>

namespace harness
{
void addRunOptions (CLI::App& app, unsigned& rounds, uint64_t& seed, Output& output)
{
    app.add_option ("--rounds", rounds, "how often everything is measured, in a new order each time")
        ->capture_default_str ()
        ->check (CLI::Range (1, 1000));
    app.add_option ("--seed", seed, "of the order within a round")->capture_default_str ();
    app.add_option ("--json", output.json, "file to write the figures to");
    app.add_option ("--commit", output.commit, "what was built, for the record");
}

void addQueueOptions (CLI::App& app, BasicPlan& plan, Selection& selection, Output& output)
{
    addRunOptions (app, plan.rounds, plan.seed, output);
    app.add_option ("--only", selection.only, "rows whose name, as --list shows it, matches this regular expression");
    app.add_option ("--contenders", selection.contenders, "contenders whose name matches this one");
    app.add_flag ("--list", selection.list, "show the rows and contenders, and measure nothing");
    app.add_flag ("--faulty", selection.faulty,
                  "also queues that lose, double, swap and alter elements: the checks must reject all");
    app.add_option ("--others", plan.others,
                    "share of the CPUs that other programs may take: above, it is measured again")
        ->capture_default_str ();
    app.add_option ("--tries", plan.tries, "how often at most")->capture_default_str ()->check (CLI::Range (1, 1000));
}

int runProgram (const char* name, CLI::App& app, int argc, char** argv, const std::function<void ()>& run)
{
    CLI11_PARSE (app, argc, argv);
    try
    {
        run ();
    }
    catch (const std::exception& error)
    {
        std::cerr << name << ": " << error.what () << "\n";
        return 1;
    }
    return 0;
}

void prepare (BasicPlan& plan)
{
    const std::vector<unsigned> cpus = allowedCpus ();
    if (cpus.size () < 2)
    {
        throw std::runtime_error ("two CPUs are needed");
    }
    plan.cpus[0] = cpus[0];
    plan.cpus[1] = cpus[1];
    plan.segment = "/joinmem-bench." + std::to_string (::getpid ());
}

}  // namespace harness
