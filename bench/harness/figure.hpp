// SPDX-License-Identifier: MIT
/// One figure out of several rounds.
#ifndef BENCH_HARNESS_FIGURE_HPP
#define BENCH_HARNESS_FIGURE_HPP

#include <nlohmann/json.hpp>
#include <vector>

namespace harness
{
/// Four digits are all that is significant, and keep a file readable.
double rounded (double value);

/// Three decimals.
double thousandth (double value);

/// @return the quantile of the sorted values, interpolated between two of them; 0 if there is none
double quantile (std::vector<double> values, double share);

double median (const std::vector<double>& values);

/// Half the difference between the smallest and the largest.
double halfRange (const std::vector<double>& values);

/// median, q1, q3, half_range and all rounds in order.
nlohmann::ordered_json figureJson (const std::vector<double>& rounds);

}  // namespace harness

#endif
