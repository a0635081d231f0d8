// SPDX-License-Identifier: MIT
// Ways to allocate memory, side by side: the time until it is ready and until it is freed, and its speed.
#include "comparison.hpp"
#include "guardian.hpp"
#include "harness/program.hpp"
#include "harness/report.hpp"
#include "threads.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <thread>
#include <unistd.h>

namespace
{
struct Options
{
    std::vector<uint64_t> sizes;
    unsigned rounds = 11;
    uint64_t accesses = 1 << 18;
    uint64_t seed = 1;
    std::string pool = "reserve";
    harness::Output output;
    bool threads = false;
};

void addOptions (CLI::App& app, Options* options)
{
    harness::addRunOptions (app, options->rounds, options->seed, options->output);
    app.add_option ("--sizes", options->sizes, "powers of two from 4k to 4g, as 4k,2m,1g")
        ->delimiter (',')
        ->transform (CLI::AsSizeValue (false))
        ->check (CLI::Range (uint64_t (4096), uint64_t (4) << 30))
        ->check ([] (const std::string& text) {
            const uint64_t size = std::stoull (text);
            return (size & (size - 1)) == 0 ? std::string () : text + " is no power of two";
        });
    app.add_option ("--accesses", options->accesses, "loads, and stores, a measurement")
        ->capture_default_str ()
        ->check (CLI::Range (uint64_t (1000), uint64_t (1) << 32));
    app.add_option ("--pool", options->pool,
                    "reserve: let the pool have the huge pages it takes, as root, and put it back; asis: what is there")
        ->capture_default_str ()
        ->check (CLI::IsMember ({"reserve", "asis"}));
    app.add_flag ("--threads", options->threads, "instead: whether several threads populate faster than one");
}

nlohmann::ordered_json headJson (const Options& options, const bench::Plan& plan)
{
    nlohmann::ordered_json json =
        harness::headJson (options.threads ? "memory-threads" : "memory", options.output.commit);
    json["machine"] = harness::machineJson ();
    json["rounds"] = plan.rounds;
    json["accesses"] = plan.accesses;
    json["seed"] = plan.seed;
    return json;
}

void runComparison (bench::Guardian* guardian, const Options& options, bench::Plan* plan, nlohmann::ordered_json* json)
{
    const std::size_t largest = *std::max_element (plan->sizes.begin (), plan->sizes.end ());
    plan->noPool = options.pool == "reserve" ? guardian->reserve (largest / bench::hugePage) : "not requested";
    plan->pool = plan->noPool.empty ();
    std::vector<bench::Contender> contenders;
    bench::addLibrary (contenders);
    bench::addRawLocal (contenders);
    bench::addRawShared (contenders);
    bench::addPeers (contenders);
    const harness::Others others;
    const std::vector<bench::Result> results = bench::compare (contenders, *plan);
    harness::addShares (others, json);
    const std::vector<bench::Standing> standings = bench::standings (results, *plan);
    (*json)["bar"] = bench::standingsJson (standings);
    (*json)["results"] = bench::resultsJson (results);
    bench::print (results, standings);
}

void run (const Options& options)
{
    bench::Plan plan;
    plan.rounds = options.rounds;
    plan.accesses = options.accesses;
    plan.seed = options.seed;
    plan.sizes.assign (options.sizes.begin (), options.sizes.end ());
    bench::setSharedName ("/joinmem-bench." + std::to_string (::getpid ()));
    nlohmann::ordered_json json = headJson (options, plan);  // the settings before any change
    bench::Guardian guardian (bench::sharedName ());
    if (options.threads)
    {
        const harness::Others others;
        const nlohmann::ordered_json list =
            bench::compareThreads (plan, std::max (2u, std::thread::hardware_concurrency ()));
        harness::addShares (others, &json);
        json["results"] = list;
    }
    else
    {
        runComparison (&guardian, options, &plan, &json);
    }
    harness::printConditions (json, json["machine"]["kernel"].dump () + ", " + json["machine"]["cpu"].dump (),
                              plan.rounds, "processors");
    if (!options.output.json.empty ())
    {
        harness::writeFile (options.output.json, json.dump (1) + "\n");
    }
}

void setSizes (Options* options)
{
    if (options->sizes.empty ())
    {
        constexpr uint64_t mebibyte = 1 << 20;
        options->sizes =
            options->threads
                ? std::vector<uint64_t> {64 * mebibyte, 128 * mebibyte, 256 * mebibyte, 512 * mebibyte, 1024 * mebibyte}
                : std::vector<uint64_t> {4096, 65536, 2 * mebibyte, 64 * mebibyte, 1024 * mebibyte};
    }
}
}  // namespace

int main (int argc, char** argv)
{
    Options options;
    CLI::App app ("Times memory of this library beside raw system calls and other allocators.");
    addOptions (app, &options);
    return harness::runProgram ("bench-memory", app, argc, argv, [&options] {
        setSizes (&options);
        run (options);
    });
}
