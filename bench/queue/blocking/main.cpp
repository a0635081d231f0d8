// SPDX-License-Identifier: MIT
// Blocking calls, side by side: throughput, latency of wake-ups, what sleeping threads cost.
#include "counting.hpp"
#include "machine.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <ctime>
#include <fstream>
#include <iostream>
#include <regex>
#include <sched.h>
#include <unistd.h>

namespace
{
using namespace bench::blocking;

struct Options
{
    Plan plan;
    std::string only;
    std::string contenders;
    std::string baseline;
    std::string json;
    std::string commit = "unknown";
    bool all = false;
    bool list = false;
    bool faulty = false;
};

std::string date ()
{
    const std::time_t now = std::time (nullptr);
    char text[40];
    std::strftime (text, sizeof (text), "%Y-%m-%dT%H:%M:%SZ", std::gmtime (&now));
    return text;
}

int parse (int argc, char** argv, Options* options)
{
    Plan& plan = options->plan;
    CLI::App app ("Times blocking calls of this library beside other ways to wait.");
    app.add_option ("--rounds", plan.rounds, "how often everything is measured, in a new order each time")
        ->capture_default_str ()
        ->check (CLI::Range (1, 1000));
    app.add_option ("--seconds", plan.seconds, "a throughput measurement; others take multiples of it")
        ->capture_default_str ()
        ->check (CLI::Range (0.001, 100.0));
    app.add_option ("--only", options->only, "rows whose name, as --list shows it, matches this regular expression");
    app.add_option ("--contenders", options->contenders, "contenders whose name matches this one");
    app.add_flag ("--all", options->all, "all rows, not only those of record");
    app.add_flag ("--list", options->list, "show the rows and contenders, and measure nothing; * marks rows of record");
    app.add_flag ("--faulty", options->faulty,
                  "also queues that lose, double, swap and alter: all are to be thrown out");
    app.add_option ("--baseline", options->baseline,
                    "path of an older libjoinmem.so, which takes part through its C ABI");
    app.add_option ("--others", plan.others,
                    "share of the CPUs that other programs may take: above, it is measured again")
        ->capture_default_str ();
    app.add_option ("--tries", plan.tries, "how often at most")->capture_default_str ()->check (CLI::Range (1, 1000));
    app.add_option ("--seed", plan.seed, "of the order within a round")->capture_default_str ();
    app.add_option ("--json", options->json, "file to write the figures to");
    app.add_option ("--commit", options->commit, "what was built, for the record");
    CLI11_PARSE (app, argc, argv);
    return -1;
}

std::vector<Row> rowsOf (const Options& options)
{
    const std::regex only (options.only);
    std::vector<Row> rows;
    for (const Row& row : allRows ())
    {
        if ((options.all || row.record) && std::regex_search (row.name (), only))
        {
            rows.push_back (row);
        }
    }
    return rows;
}

Contenders contendersOf (const Options& options)
{
    const std::regex only (options.contenders);
    Contenders contenders;
    for (const Contender& contender : allContenders (options.baseline, options.faulty))
    {
        if (std::regex_search (contender.name, only))
        {
            contenders.push_back (contender);
        }
    }
    return contenders;
}

void list (const std::vector<Row>& rows, const Contenders& contenders)
{
    for (const Row& row : rows)
    {
        std::cout << (row.record ? "* " : "  ") << row.name () << ":";
        const char* before = " ";
        for (const Contender& contender : contenders)
        {
            if (contender.does (row))
            {
                std::cout << before << contender.name;
                before = ", ";
            }
        }
        std::cout << "\n";
    }
}

// The first two CPUs that this process may use.
void choose (unsigned (&cpus)[2])
{
    cpu_set_t set;
    CPU_ZERO (&set);
    ::sched_getaffinity (0, sizeof (set), &set);
    unsigned found = 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && found < 2; ++cpu)
    {
        if (CPU_ISSET (cpu, &set))
        {
            cpus[found++] = cpu;
        }
    }
    if (found < 2)
    {
        throw std::runtime_error ("two CPUs are needed");
    }
}

// A line for each result: a megabyte less than with a line for each number.
void writeLines (nlohmann::ordered_json json, std::ostream& to)
{
    const nlohmann::ordered_json results = json["results"];
    json["results"] = nlohmann::ordered_json::array ();
    std::string text = json.dump (1);
    const std::size_t place = text.rfind ("[]");
    to << text.substr (0, place) << "[";
    const char* before = "\n";
    for (const nlohmann::ordered_json& result : results)
    {
        to << before << result.dump ();
        before = ",\n";
    }
    to << "\n]" << text.substr (place + 2) << "\n" << std::flush;
}

void run (Options options)
{
    Plan& plan = options.plan;
    const std::vector<Row> rows = rowsOf (options);
    const Contenders contenders = contendersOf (options);
    if (rows.empty ())
    {
        throw std::runtime_error ("no row matches; --all has more than those of record");
    }
    if (options.list)
    {
        list (rows, contenders);
        return;
    }
    choose (plan.cpus);
    plan.segment = "/joinmem-bench." + std::to_string (::getpid ());
    nlohmann::ordered_json json;
    json["bench"] = "blocking";
    json["format"] = 1;
    json["date"] = date ();
    json["commit"] = options.commit;
    json["baseline"] = options.baseline;
    json["counts_system_calls"] = countsSystemCalls ();
    json["machine"] = bench::machineJson ();
    json["plan"] = planJson (plan);
    const bench::Others others;
    const std::vector<Table> tables = compare (contenders, rows, plan);
    json["others_share"] = others.programs ();
    json["host_share"] = others.host ();
    json["results"] = resultsJson (tables);
    print (tables);
    std::printf ("\n%s, commit %s, %u rounds; other programs had %.1f %% of the CPUs, the host %.1f %%\n",
                 json["machine"]["cpu"].dump ().c_str (), options.commit.c_str (), plan.rounds,
                 json["others_share"].get<double> () * 100, json["host_share"].get<double> () * 100);
    if (!options.json.empty ())
    {
        std::ofstream file (options.json);
        writeLines (json, file);
        if (!file)
        {
            throw std::runtime_error ("cannot write " + options.json);
        }
    }
}
}  // namespace

int main (int argc, char** argv)
{
    Options options;
    const int code = parse (argc, argv, &options);
    if (code != -1)
    {
        return code;
    }
    try
    {
        run (options);
    }
    catch (const std::exception& error)
    {
        std::cerr << "bench-blocking: " << error.what () << "\n";
        return 1;
    }
    return 0;
}
