// SPDX-License-Identifier: MIT
// joinmem bench: measures this machine. The files in bench/ do the measurements, one file for each concern.
#include "command.hpp"

#include "bench/cores.hpp"
#include "bench/report.hpp"
#include "bench/suite.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <unistd.h>

namespace tool
{
namespace bench
{
namespace
{
struct Options
{
    Plan plan;
    std::string between = "cores";
    std::string cpus;
    std::string svg;
    bool json = false;
    bool quick = false;
    bool quiet = false;
    bool noMemory = false;
    bool histogram = false;
};

[[noreturn]] void refuseFile (const std::string& path)
{
    throw Stop (Failed, "bench: --svg " + path + ": " + std::strerror (errno));
}

// Runs before the measurements, and does not create the file: it may never be written.
void lookAtFile (const std::string& path)
{
    const std::size_t slash = path.rfind ('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr (0, slash + 1);
    const bool exists = ::access (path.c_str (), F_OK) == 0;
    if (exists ? ::access (path.c_str (), W_OK) != 0 : ::access (folder.c_str (), W_OK | X_OK) != 0)
    {
        refuseFile (path);
    }
}

void writeFile (const std::string& path, const std::string& text)
{
    errno = 0;
    std::ofstream file (path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close ();
    if (!file)
    {
        refuseFile (path);
    }
}

Results measure (const Plan& plan, bool quiet)
{
    Signals signals;
    Progress progress (quiet);
    return measureAll (plan, signals, progress);
}

void perform (Options options)
{
    Plan& plan = options.plan;
    plan.between = options.between == "cores"   ? Between::Cores
                   : options.between == "nodes" ? Between::Nodes
                                                : Between::Processes;
    plan.seconds *= options.quick ? 0.1 : 1;
    plan.memory = !options.noMemory;
    chooseCpus (plan, options.cpus);
    if (!options.svg.empty ())
    {
        lookAtFile (options.svg);
    }
    const Results results = measure (plan, options.quiet);
    if (!options.svg.empty ())
    {
        writeFile (options.svg, svgOf (results));
    }
    std::cout << (options.json ? jsonOf (results).dump (2) + "\n" : textOf (results, options.histogram));
}
}  // namespace
}  // namespace bench

void addBench (CLI::App& app, int*)
{
    CLI::App* const command = app.add_subcommand ("bench", "Measure throughput, latency and memory of this machine.");
    const auto options = std::make_shared<bench::Options> ();
    command
        ->add_option ("--between", options->between,
                      "measure between threads on two cores or two NUMA nodes, or between processes")
        ->check (CLI::IsMember ({"cores", "nodes", "processes"}))
        ->capture_default_str ();
    command->add_option ("--cpus", options->cpus, "the CPUs of the producer and the consumer, such as 0,1")
        ->type_name ("A,B");
    command->add_option ("--seconds", options->plan.seconds, "duration of one measurement")
        ->check (CLI::Range (0.001, 3600.0))
        ->capture_default_str ();
    command
        ->add_option ("--rounds", options->plan.rounds,
                      "measure everything that often; the output has least, median and most")
        ->check (CLI::Range (1, 1000))
        ->capture_default_str ();
    command->add_flag ("--quick", options->quick, "measure for a tenth of the time");
    command->add_flag ("--no-memory", options->noMemory, "measure queues only");
    command->add_flag ("--histogram", options->histogram, "also print the histograms of the latencies");
    command->add_flag ("--json", options->json, "print one JSON document, with the histograms");
    command->add_option ("--svg", options->svg, "draw the latencies into this file")->type_name ("FILE");
    command->add_flag ("--quiet", options->quiet, "show no progress bar (only a terminal shows one)");
    command->footer ("Example: joinmem bench --between processes --svg latency.svg");
    command->callback ([options] { bench::perform (*options); });
}
}  // namespace tool
