// SPDX-License-Identifier: MIT
/// One figure out of several rounds.
#ifndef BENCH_FIGURE_HPP
#define BENCH_FIGURE_HPP

#include <nlohmann/json.hpp>
#include <vector>

namespace bench
{
/// @return the value at that share of the sorted ones, between two of them where it falls there; 0 of none
double quantile (std::vector<double> values, double share);

double median (const std::vector<double>& values);

/// Half of what lies between the smallest and the largest.
double halfRange (const std::vector<double>& values);

/// median, q1, q3, half_range and all rounds in their order.
nlohmann::ordered_json figureJson (const std::vector<double>& rounds);

}  // namespace bench

#endif
