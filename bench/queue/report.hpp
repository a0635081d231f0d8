// SPDX-License-Identifier: MIT
/// The measurements as tables on standard output and as JSON.
#ifndef BENCH_QUEUE_REPORT_HPP
#define BENCH_QUEUE_REPORT_HPP

#include "ranking.hpp"

#include <nlohmann/json.hpp>

namespace bench
{
void print (const std::vector<Table>& tables);

nlohmann::ordered_json planJson (const Plan& plan);
nlohmann::ordered_json resultsJson (const std::vector<Table>& tables);
nlohmann::ordered_json standingsJson (const std::vector<Table>& tables);

}  // namespace bench

#endif
