// SPDX-License-Identifier: MIT
// Prints the results: as text, as JSON, as a drawing.
#ifndef JOINMEM_TOOL_BENCH_REPORT_HPP
#define JOINMEM_TOOL_BENCH_REPORT_HPP

#include "results.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace tool::bench
{
/// The percentiles of the latency tables; the last one is the maximum.
struct Share
{
    const char* name;
    double share;
};
constexpr Share shares[] = {{"50", 0.5}, {"90", 0.9}, {"99", 0.99}, {"99.9", 0.999}, {"99.99", 0.9999}, {"max", 1}};

/// @param histograms whether to print the histograms of the latencies
std::string textOf (const Results& results, bool histograms);
nlohmann::ordered_json jsonOf (const Results& results);

/// Latency by percentile.
std::string svgOf (const Results& results);

/// Formats as printf does.
__attribute__ ((format (printf, 1, 2))) std::string print (const char* format, ...);

/// "threads on CPU 0 and CPU 1", and the like.
std::string between (const Plan& plan);

/// Three digits: "1.23", "12.3", "123"; larger values without decimals.
std::string number (double value);

/// The same with its unit: "870 ns", "1.23 us", "12.3 ms".
std::string duration (double nanos, const char* micro = "us");

}  // namespace tool::bench

#endif
