// SPDX-License-Identifier: MIT
// What the measurements of wait sets leave, and how one is taken.
#include "comparison.hpp"

#include <string>
#include <sys/mman.h>

namespace bench
{
namespace waitset
{
namespace
{
void removeNames (const std::string& segment, const Row& row)
{
    for (uint32_t i = 0; i < row.queues; ++i)
    {
        ::shm_unlink ((segment + "-" + std::to_string (i)).c_str ());
    }
}
}  // namespace

std::vector<Table> compare (const Contenders& contenders, const std::vector<Row>& rows, const Plan& plan)
{
    return harness::Comparison<Result, Order>::run (contenders, rows, plan, {measure, removeNames});
}

}  // namespace waitset
}  // namespace bench
