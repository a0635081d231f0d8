// SPDX-License-Identifier: MIT
/// One figure out of several rounds.
#ifndef BENCH_FIGURE_HPP
#define BENCH_FIGURE_HPP

#include <nlohmann/json.hpp>
#include <vector>

namespace bench
{
/// @return the quantile of the sorted values, interpolated between two of them; 0 if there is none
double quantile (std::vector<double> values, double share);

double median (const std::vector<double>& values);

/// Half the difference between the smallest and the largest.
double halfRange (const std::vector<double>& values);

/// median, q1, q3, half_range and all rounds in order.
nlohmann::ordered_json figureJson (const std::vector<double>& rounds);

}  // namespace bench

#endif
