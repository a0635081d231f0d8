// SPDX-License-Identifier: MIT
/// The command line of a benchmark, and its main function.
#ifndef BENCH_HARNESS_PROGRAM_HPP
#define BENCH_HARNESS_PROGRAM_HPP

#include "rounds.hpp"

#include <functional>
#include <iostream>
#include <regex>
#include <string>
#include <vector>

namespace CLI
{
class App;
}

namespace harness
{
/// Where the figures go.
struct Output
{
    std::string json;  // a path; empty: nowhere
    std::string commit = "unknown";
};

/// Which rows and contenders of a queue benchmark.
struct Selection
{
    std::string only;  // regular expressions
    std::string contenders;
    bool list = false;
    bool faulty = false;
};

/// Adds the options of all benchmarks.
void addRunOptions (CLI::App& app, unsigned& rounds, uint64_t& seed, Output& output);

/// Adds the options of queue benchmarks, with those of all.
void addQueueOptions (CLI::App& app, BasicPlan& plan, Selection& selection, Output& output);

/// Parses the command line and runs. @return the exit code
int runProgram (const char* name, CLI::App& app, int argc, char** argv, const std::function<void ()>& run);

/// Sets the CPUs to the first two that this process may use, and names the segments after it.
/// @throw std::runtime_error there is one CPU only
void prepare (BasicPlan& plan);

/// Those whose name has a match of the expression.
template <typename T, typename Name>
std::vector<T> matching (const std::vector<T>& all, const std::string& expression, Name name)
{
    const std::regex only (expression);
    std::vector<T> list;
    for (const T& one : all)
    {
        if (std::regex_search (name (one), only))
        {
            list.push_back (one);
        }
    }
    return list;
}

/// A line on standard output for each row: mark (row), its name, and its contenders.
template <typename Row, typename Contender, typename Mark>
void printList (const std::vector<Row>& rows, const std::vector<Contender>& contenders, Mark mark)
{
    for (const Row& row : rows)
    {
        std::cout << mark (row) << row.name () << ":";
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

}  // namespace harness

#endif
