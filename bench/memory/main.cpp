// SPDX-License-Identifier: MIT
// Ways to allocate memory, side by side: the time until it is ready and until it is freed, and its speed.
#include "comparison.hpp"
#include "guardian.hpp"
#include "machine.hpp"
#include "threads.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>
#include <thread>
#include <unistd.h>

namespace
{
struct Wishes
{
    std::vector<uint64_t> sizes;
    unsigned rounds = 11;
    uint64_t accesses = 1 << 18;
    uint64_t seed = 1;
    std::string pool = "reserve";
    std::string json;
    std::string commit = "unknown";
    bool threads = false;
};

std::string date ()
{
    const std::time_t now = std::time (nullptr);
    char text[40];
    std::strftime (text, sizeof (text), "%Y-%m-%dT%H:%M:%SZ", std::gmtime (&now));
    return text;
}

int parse (int argc, char** argv, Wishes* wishes)
{
    CLI::App app ("Times memory of this library beside raw system calls and other allocators.");
    app.add_option ("--sizes", wishes->sizes, "powers of two from 4k to 4g, as 4k,2m,1g")
        ->delimiter (',')
        ->transform (CLI::AsSizeValue (false))
        ->check (CLI::Range (uint64_t (4096), uint64_t (4) << 30))
        ->check ([] (const std::string& text) {
            const uint64_t size = std::stoull (text);
            return (size & (size - 1)) == 0 ? std::string () : text + " is no power of two";
        });
    app.add_option ("--rounds", wishes->rounds, "how often everything is measured, in a new order each time")
        ->capture_default_str ()
        ->check (CLI::Range (1, 1000));
    app.add_option ("--accesses", wishes->accesses, "loads, and stores, a measurement")
        ->capture_default_str ()
        ->check (CLI::Range (uint64_t (1000), uint64_t (1) << 32));
    app.add_option ("--seed", wishes->seed, "of the order within a round")->capture_default_str ();
    app.add_option ("--pool", wishes->pool,
                    "reserve: let the pool have the huge pages it takes, as root, and put it back; asis: what is there")
        ->capture_default_str ()
        ->check (CLI::IsMember ({"reserve", "asis"}));
    app.add_option ("--json", wishes->json, "file to write the figures to");
    app.add_option ("--commit", wishes->commit, "what was built, for the record");
    app.add_flag ("--threads", wishes->threads, "instead: whether several threads populate faster than one");
    CLI11_PARSE (app, argc, argv);
    return -1;
}

nlohmann::ordered_json headJson (const Wishes& wishes, const bench::Plan& plan)
{
    nlohmann::ordered_json json;
    json["bench"] = wishes.threads ? "memory-threads" : "memory";
    json["format"] = 1;
    json["date"] = date ();
    json["commit"] = wishes.commit;
    json["machine"] = bench::machineJson ();
    json["rounds"] = plan.rounds;
    json["accesses"] = plan.accesses;
    json["seed"] = plan.seed;
    return json;
}

void runComparison (bench::Guardian* guardian, const Wishes& wishes, bench::Plan* plan, nlohmann::ordered_json* json)
{
    const std::size_t largest = *std::max_element (plan->sizes.begin (), plan->sizes.end ());
    plan->noPool = wishes.pool == "reserve" ? guardian->reserve (largest / bench::hugePage) : "not requested";
    plan->pool = plan->noPool.empty ();
    std::vector<bench::Contender> contenders;
    bench::addLibrary (contenders);
    bench::addRawLocal (contenders);
    bench::addRawShared (contenders);
    bench::addPeers (contenders);
    const bench::Others others;
    const std::vector<bench::Result> results = bench::compare (contenders, *plan);
    (*json)["others_share"] = others.programs ();
    (*json)["host_share"] = others.host ();
    const std::vector<bench::Standing> standings = bench::standings (results, *plan);
    (*json)["bar"] = bench::standingsJson (standings);
    (*json)["results"] = bench::resultsJson (results);
    bench::print (results, standings);
}

void run (const Wishes& wishes)
{
    bench::Plan plan;
    plan.rounds = wishes.rounds;
    plan.accesses = wishes.accesses;
    plan.seed = wishes.seed;
    plan.sizes.assign (wishes.sizes.begin (), wishes.sizes.end ());
    bench::setSharedName ("/joinmem-bench." + std::to_string (::getpid ()));
    nlohmann::ordered_json json = headJson (wishes, plan);  // the settings before any change
    bench::Guardian guardian (bench::sharedName ());
    if (wishes.threads)
    {
        const bench::Others others;
        const nlohmann::ordered_json list =
            bench::compareThreads (plan, std::max (2u, std::thread::hardware_concurrency ()));
        json["others_share"] = others.programs ();
        json["host_share"] = others.host ();
        json["results"] = list;
    }
    else
    {
        runComparison (&guardian, wishes, &plan, &json);
    }
    std::printf ("\n%s, %s, commit %s, %u rounds; other programs had %.1f %% of the processors, the host %.1f %%\n",
                 json["machine"]["kernel"].dump ().c_str (), json["machine"]["cpu"].dump ().c_str (),
                 wishes.commit.c_str (), plan.rounds, json["others_share"].get<double> () * 100,
                 json["host_share"].get<double> () * 100);
    if (!wishes.json.empty ())
    {
        std::ofstream file (wishes.json);
        file << json.dump (1) << "\n" << std::flush;
        if (!file)
        {
            throw std::runtime_error ("cannot write " + wishes.json);
        }
    }
}
}  // namespace

int main (int argc, char** argv)
{
    Wishes wishes;
    const int code = parse (argc, argv, &wishes);
    if (code != -1)
    {
        return code;
    }
    if (wishes.sizes.empty ())
    {
        constexpr uint64_t mebibyte = 1 << 20;
        wishes.sizes =
            wishes.threads
                ? std::vector<uint64_t> {64 * mebibyte, 128 * mebibyte, 256 * mebibyte, 512 * mebibyte, 1024 * mebibyte}
                : std::vector<uint64_t> {4096, 65536, 2 * mebibyte, 64 * mebibyte, 1024 * mebibyte};
    }
    try
    {
        run (wishes);
    }
    catch (const std::exception& error)
    {
        std::cerr << "bench-memory: " << error.what () << "\n";
        return 1;
    }
    return 0;
}
