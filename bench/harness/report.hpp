// SPDX-License-Identifier: MIT
/// The document that a benchmark writes, and what the reports of all have in common.
#ifndef BENCH_HARNESS_REPORT_HPP
#define BENCH_HARNESS_REPORT_HPP

#include "machine.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace harness
{
/// The head of a document: name, format, date and commit.
nlohmann::ordered_json headJson (const char* bench, const std::string& commit);

/// Adds the shares of the CPUs that others have had.
void addShares (const Others& others, nlohmann::ordered_json* json);

/// The last line on standard output: where and how the figures of the document were taken.
/// @param machine names it @param cpus the word for its CPUs
void printConditions (const nlohmann::ordered_json& json, const std::string& machine, unsigned rounds,
                      const char* cpus);

/// @throw std::runtime_error the file cannot be written
void writeFile (const std::string& path, const std::string& text);

/// The document with a line for each of its results: a megabyte less than with a line for each number.
std::string linesOf (nlohmann::ordered_json json);

/// One value, as that pattern prints it.
std::string format (const char* pattern, double value);

/// Calls print (table) for each table that is not empty.
template <typename Result, typename Print>
void printTables (const std::vector<std::vector<Result>>& tables, Print print)
{
    for (const std::vector<Result>& table : tables)
    {
        if (!table.empty ())
        {
            print (table);
        }
    }
}

/// A list with toJson (result) of the results of all tables.
template <typename Result, typename ToJson>
nlohmann::ordered_json resultsJson (const std::vector<std::vector<Result>>& tables, ToJson toJson)
{
    nlohmann::ordered_json list = nlohmann::ordered_json::array ();
    for (const std::vector<Result>& table : tables)
    {
        for (const Result& result : table)
        {
            list.push_back (toJson (result));
        }
    }
    return list;
}

}  // namespace harness

#endif
