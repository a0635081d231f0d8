// SPDX-License-Identifier: MIT
#include "figure.hpp"

#include <algorithm>
#include <cmath>

namespace harness
{
double rounded (double value)
{
    if (value == 0)
    {
        return 0;
    }
    const double scale = std::pow (10.0, 3 - std::floor (std::log10 (std::fabs (value))));
    return std::round (value * scale) / scale;
}

double thousandth (double value)
{
    return std::round (value * 1000) / 1000;
}

double quantile (std::vector<double> values, double share)
{
    if (values.empty ())
    {
        return 0;
    }
    std::sort (values.begin (), values.end ());
    const double at = share * static_cast<double> (values.size () - 1);
    const std::size_t below = static_cast<std::size_t> (at);
    const std::size_t above = std::min (below + 1, values.size () - 1);
    return values[below] + (values[above] - values[below]) * (at - static_cast<double> (below));
}

double median (const std::vector<double>& values)
{
    return quantile (values, 0.5);
}

double halfRange (const std::vector<double>& values)
{
    return (quantile (values, 1) - quantile (values, 0)) / 2;
}

nlohmann::ordered_json figureJson (const std::vector<double>& rounds)
{
    nlohmann::ordered_json json;
    json["median"] = rounded (median (rounds));
    json["q1"] = rounded (quantile (rounds, 0.25));
    json["q3"] = rounded (quantile (rounds, 0.75));
    json["half_range"] = rounded (halfRange (rounds));
    json["rounds"] = nlohmann::ordered_json::array ();
    for (double value : rounds)
    {
        json["rounds"].push_back (rounded (value));
    }
    return json;
}

}  // namespace harness
