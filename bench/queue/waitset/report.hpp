// SPDX-License-Identifier: MIT
/// The measurements as tables on standard output and as JSON.
#ifndef BENCH_QUEUE_WAITSET_REPORT_HPP
#define BENCH_QUEUE_WAITSET_REPORT_HPP

#include "comparison.hpp"

#include <nlohmann/json.hpp>

namespace bench
{
namespace waitset
{
void print (const std::vector<Table>& tables);

nlohmann::ordered_json planJson (const Plan& plan);
nlohmann::ordered_json resultsJson (const std::vector<Table>& tables);

}  // namespace waitset
}  // namespace bench

#endif
