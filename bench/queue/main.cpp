// SPDX-License-Identifier: MIT
// Queues, side by side: throughput, round trips, a single thread's cost, and the time to wake.
#include "machine.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>
#include <regex>
#include <sched.h>
#include <set>
#include <unistd.h>

namespace
{
struct Wishes
{
    bench::Plan plan;
    std::string only;
    std::string contenders;
    std::string json;
    std::string commit = "unknown";
    bool quick = false;
    bool list = false;
    bool cheats = false;
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
    bench::Plan& plan = wishes->plan;
    CLI::App app ("Times queues of this library beside those of others.");
    app.add_option ("--rounds", plan.rounds, "how often everything is measured, in a new order each time")
        ->capture_default_str ()
        ->check (CLI::Range (1, 1000));
    app.add_option ("--seconds", plan.seconds, "a measurement")
        ->capture_default_str ()
        ->check (CLI::Range (0.001, 100.0));
    app.add_option ("--only", wishes->only,
                    "rows whose name, as --list shows it, has a match of this regular expression");
    app.add_option ("--contenders", wishes->contenders, "those whose name has a match of this one");
    app.add_flag ("--quick", wishes->quick, "fewer rows: 8 and 64 bytes, two producers at most, no processes");
    app.add_flag ("--list", wishes->list, "show the rows and who takes part, and measure nothing");
    app.add_flag ("--cheats", wishes->cheats,
                  "also queues that lose, double, swap and tear: the checks must reject all");
    app.add_option ("--others", plan.others,
                    "share of the processors that others may take: above, it is measured again")
        ->capture_default_str ();
    app.add_option ("--drift", plan.drift, "how many times the distance of the cores may change: above, measured again")
        ->capture_default_str ();
    app.add_option ("--tries", plan.tries, "how often at most")->capture_default_str ()->check (CLI::Range (1, 1000));
    app.add_option ("--near", plan.near, "ns there and back, up to which cores are near")->capture_default_str ();
    app.add_option ("--sibling", plan.sibling, "ns there and back, below which they are one core")
        ->capture_default_str ();
    app.add_option ("--seed", plan.seed, "of the order within a round")->capture_default_str ();
    app.add_option ("--json", wishes->json, "file to write the figures to");
    app.add_option ("--commit", wishes->commit, "what was built, for the record");
    CLI11_PARSE (app, argc, argv);
    return -1;
}

std::vector<bench::Row> rowsOf (const Wishes& wishes)
{
    const std::regex only (wishes.only);
    std::vector<bench::Row> rows;
    for (const bench::Row& row : bench::allRows ())
    {
        if ((!wishes.quick || bench::isQuick (row)) && std::regex_search (row.name (), only))
        {
            rows.push_back (row);
        }
    }
    return rows;
}

bench::Contenders contendersOf (const Wishes& wishes)
{
    const std::regex only (wishes.contenders);
    bench::Contenders contenders;
    for (const bench::Contender& contender : bench::allContenders (wishes.cheats))
    {
        if (std::regex_search (contender.name, only))
        {
            contenders.push_back (contender);
        }
    }
    return contenders;
}

void list (const std::vector<bench::Row>& rows, const bench::Contenders& contenders)
{
    for (const bench::Row& row : rows)
    {
        std::cout << row.name () << ":";
        const char* before = " ";
        for (const bench::Contender& contender : contenders)
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

// The first two processors that this process may use.
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
        throw std::runtime_error ("two processors are needed");
    }
}

void run (Wishes wishes)
{
    bench::Plan& plan = wishes.plan;
    const std::vector<bench::Row> rows = rowsOf (wishes);
    const bench::Contenders contenders = contendersOf (wishes);
    if (wishes.list)
    {
        list (rows, contenders);
        return;
    }
    choose (plan.cpus);
    plan.segment = "/joinmem-bench." + std::to_string (::getpid ());
    nlohmann::ordered_json json;
    json["bench"] = "queue";
    json["format"] = 1;
    json["date"] = date ();
    json["commit"] = wishes.commit;
    json["machine"] = bench::machineJson ();
    json["plan"] = bench::planJson (plan);
    const bench::Others others;
    const std::vector<bench::Table> tables = bench::compare (contenders, rows, plan);
    json["others_share"] = others.programs ();
    json["host_share"] = others.host ();
    json["bar"] = bench::standingsJson (tables);
    json["results"] = bench::resultsJson (tables);
    bench::print (tables);
    std::printf ("\n%s, commit %s, %u rounds; other programs had %.1f %% of the processors, the host %.1f %%\n",
                 json["machine"]["cpu"].dump ().c_str (), wishes.commit.c_str (), plan.rounds,
                 json["others_share"].get<double> () * 100, json["host_share"].get<double> () * 100);
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
    try
    {
        run (wishes);
    }
    catch (const std::exception& error)
    {
        std::cerr << "bench-queue: " << error.what () << "\n";
        return 1;
    }
    return 0;
}
