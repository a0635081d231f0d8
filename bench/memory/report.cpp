// SPDX-License-Identifier: MIT
// The measurements as JSON and as tables.
#include "comparison.hpp"

#include "harness/figure.hpp"
#include "harness/report.hpp"

#include <cmath>
#include <cstdio>

namespace bench
{
namespace
{
// The figure after "±" is half the interquartile range.
std::string withSpread (const std::vector<double>& rounds)
{
    const double spread = (harness::quantile (rounds, 0.75) - harness::quantile (rounds, 0.25)) / 2;
    return timeText (harness::median (rounds)) + harness::format (" ±%.0f%%", spread / harness::median (rounds) * 100);
}

void printResult (const Result& result)
{
    if (result.rounds.empty () || !result.error.empty ())
    {
        std::printf ("  %-66s %s\n", result.contender->name.c_str (), result.error.c_str ());
        return;
    }
    std::printf ("  %-66s %18s %18s %10s %9s %8s %5.0f%%\n", result.contender->name.c_str (),
                 withSpread (result.each (&Sample::ready)).c_str (), withSpread (result.each (&Sample::free)).c_str (),
                 timeText (result.median (&Sample::first)).c_str (),
                 timeText (result.median (&Sample::latency)).c_str (),
                 harness::format ("%.0f", result.median (&Sample::writes) * 1e-6).c_str (),
                 result.median (&Sample::hugeShare) * 100);
}

void printStanding (const Standing& standing)
{
    std::printf (
        "  %-7s %-7s %6.2f  (%.2f to %.2f)  bar %.2f  %-10s ready %.2f, free %.2f, latency %.2f, writes %.2f  of %s\n",
        standing.ours->contender->shared ? "shared" : "local", sizeText (standing.ours->bytes).c_str (), standing.ratio,
        standing.q1, standing.q3, standing.bar,
        !standing.judged     ? "not judged"
        : standing.passed () ? "pass"
                             : "FAIL",
        standing.ready, standing.free, standing.latency, standing.writes, standing.best->contender->name.c_str ());
}
}  // namespace

const char* groupName (Group group)
{
    switch (group)
    {
        case Group::Library:
            return "library";
        case Group::Raw:
            return "raw";
        case Group::Peer:
            break;
    }
    return "peer";
}

std::string sizeText (std::size_t bytes)
{
    const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && bytes % 1024 == 0 && unit < 4)
    {
        bytes /= 1024;
        ++unit;
    }
    return std::to_string (bytes) + " " + units[unit];
}

std::string timeText (double nanoseconds)
{
    const char* const units[] = {"ns", "µs", "ms", "s"};
    int unit = 0;
    while (nanoseconds >= 1000 && unit < 3)
    {
        nanoseconds /= 1000;
        ++unit;
    }
    const int digits = nanoseconds < 10 ? 2 : nanoseconds < 100 ? 1 : 0;
    char text[40];
    std::snprintf (text, sizeof (text), "%.*f %s", digits, nanoseconds, units[unit]);
    return text;
}

nlohmann::ordered_json resultsJson (const std::vector<Result>& results)
{
    nlohmann::ordered_json list = nlohmann::ordered_json::array ();
    for (const Result& result : results)
    {
        nlohmann::ordered_json json;
        json["contender"] = result.contender->name;
        json["group"] = groupName (result.contender->group);
        json["shared"] = result.contender->shared;
        json["bytes"] = result.bytes;
        json["error"] = result.error.empty () ? nlohmann::ordered_json () : nlohmann::ordered_json (result.error);
        json["repetitions"] = repetitions (result.bytes);
        json["huge_share"] = harness::thousandth (result.median (&Sample::hugeShare));
        json["ready_ns"] = harness::figureJson (result.each (&Sample::ready));
        json["free_ns"] = harness::figureJson (result.each (&Sample::free));
        json["first_ready_ns"] = harness::figureJson (result.each (&Sample::first));
        json["latency_ns"] = harness::figureJson (result.each (&Sample::latency));
        json["writes_per_s"] = harness::figureJson (result.each (&Sample::writes));
        list.push_back (json);
    }
    return list;
}

nlohmann::ordered_json standingsJson (const std::vector<Standing>& standings)
{
    nlohmann::ordered_json list = nlohmann::ordered_json::array ();
    for (const Standing& standing : standings)
    {
        nlohmann::ordered_json json;
        json["shared"] = standing.ours->contender->shared;
        json["bytes"] = standing.ours->bytes;
        json["best_raw"] = standing.best->contender->name;
        json["ratio"] = harness::thousandth (standing.ratio);
        json["ratio_q1"] = harness::thousandth (standing.q1);
        json["ratio_q3"] = harness::thousandth (standing.q3);
        json["bar"] = standing.bar;
        json["judged"] = standing.judged;
        json["passed"] = standing.passed ();
        json["ready_ratio"] = harness::thousandth (standing.ready);
        json["free_ratio"] = harness::thousandth (standing.free);
        json["latency_ratio"] = harness::thousandth (standing.latency);
        json["writes_ratio"] = harness::thousandth (standing.writes);
        list.push_back (json);
    }
    return list;
}

void print (const std::vector<Result>& results, const std::vector<Standing>& standings)
{
    const Result* before = nullptr;
    for (bool shared : {false, true})
    {
        for (const Result& result : results)
        {
            if (result.contender->shared != shared)
            {
                continue;
            }
            if (before == nullptr || before->bytes != result.bytes || before->contender->shared != shared)
            {
                std::printf ("\n%s, %s\n  %-66s %17s %17s %9s %9s %8s %6s\n", shared ? "shared" : "local",
                             sizeText (result.bytes).c_str (), "", "ready", "freed", "first", "a load", "M wr./s",
                             "huge");
            }
            printResult (result);
            before = &result;
        }
    }
    std::printf ("\nThe bar: ready and freed together, by those of the best raw sequence (quartiles of the rounds)\n");
    for (const Standing& standing : standings)
    {
        printStanding (standing);
    }
}

}  // namespace bench
