// SPDX-License-Identifier: MIT
/// The table of the costs of each way of streaming.
#ifndef DEMO_TABLE_HPP
#define DEMO_TABLE_HPP

#include "chunk.h"
#include "rounds.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

constexpr std::size_t ways = 4;
constexpr std::size_t works = 3;
constexpr std::array<const char*, ways> wayNames {"no transport", "queue", "pipe", "Unix socket"};
constexpr std::array<const char*, works> workNames {"C adds up words", "C computes SHA-256", "Python computes SHA-256"};

/// The costs of one way with one kind of work.
struct Cost
{
    Rounds rate;         ///< GB/s
    Rounds senderCpu;    ///< ms of CPU time per GB
    Rounds receiverCpu;  ///< the same
    Rounds cpu;          ///< of both

    void add (double seconds, double sender, double receiver, uint64_t bytes)
    {
        const double gigabytes = static_cast<double> (bytes) / 1e9;
        rate.add (gigabytes / seconds);
        senderCpu.add (sender * 1e3 / gigabytes);
        receiverCpu.add (receiver * 1e3 / gigabytes);
        cpu.add ((sender + receiver) * 1e3 / gigabytes);
    }
};

using Costs = std::array<std::array<Cost, ways>, works>;

/// Prints a header or a row; both have the same columns.
inline void printLine (const std::string& name, const std::string& rate, const std::string& range,
                       const std::array<std::string, 3>& cpu)
{
    std::printf ("%-26s%6s  %-18s%10s%10s%8s\n", name.c_str (), rate.c_str (), range.c_str (), cpu[0].c_str (),
                 cpu[1].c_str (), cpu[2].c_str ());
}

inline std::string digits (const char* format, double value)
{
    char text[32];
    std::snprintf (text, sizeof text, format, value);
    return text;
}

inline void printRow (const std::string& name, const Cost& cost, bool transport)
{
    const auto whole = [] (const Rounds& rounds) { return digits ("%.0f", rounds.median ()); };
    printLine ("  " + name, digits ("%.2f", cost.rate.median ()),
               "(" + digits ("%.2f", cost.rate.least ()) + " to " + digits ("%.2f", cost.rate.most ()) + ")",
               {transport ? whole (cost.senderCpu) : "", transport ? whole (cost.receiverCpu) : "", whole (cost.cpu)});
}

/// Compares the queue with the faster of the other ways.
inline void printVerdict (const std::array<Cost, ways>& costs)
{
    const Cost& queue = costs[1];
    const std::size_t faster = costs[2].rate.median () > costs[3].rate.median () ? 2 : 3;
    const Cost& other = costs[faster];
    std::printf ("  verdict: %s;\n           %.2f times its GB/s for %.2f times its CPU time\n",
                 verdict ("the queue", std::string ("the ") + wayNames[faster], queue.rate.above (other.rate),
                          queue.rate.count ())
                     .c_str (),
                 queue.rate.median () / other.rate.median (), queue.cpu.median () / other.cpu.median ());
}

inline void printTable (const Costs& costs, uint64_t bytes, double others)
{
    std::printf (
        "%.3f MiB go from the sender's memory to a receiver that processes them, in pieces of %u KiB.\n"
        "Medians of %zu rounds; each round measures every way.\n"
        "  GB/s          10^9 bytes per second, from the receiver's \"ready\" to its result\n"
        "  CPU           ms of CPU time per 10^9 bytes, of sender, receiver and both, including the work\n"
        "  no transport  the sender does the same work on the file in place\n"
        "  verdict       compares the queue with the faster of pipe and socket, by medians and round by round\n",
        static_cast<double> (bytes) / (1 << 20), (CHUNK_BYTES + 8U) / 1024, costs[0][0].rate.count ());
    if (others > 0.1)
    {
        std::printf (
            "Other programs used %.0f %% of the CPUs meanwhile: an idle machine gives better and steadier figures.\n",
            others * 100);
    }
    for (std::size_t work = 0; work < works; ++work)
    {
        std::printf ("\n");
        printLine (workNames[work], "GB/s", "least to most", {"CPU sender", "receiver", "both"});
        for (std::size_t way = 0; way < ways; ++way)
        {
            if (costs[work][way].rate.count () != 0)
            {
                printRow (wayNames[way], costs[work][way], way != 0);
            }
        }
        printVerdict (costs[work]);
    }
}

#endif
