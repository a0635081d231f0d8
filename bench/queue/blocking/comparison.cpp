// SPDX-License-Identifier: MIT
// Many threads sleep here and are not pinned, so the sample that others disturbed least is kept, and not the one with
// the nearest CPUs.
#include "comparison.hpp"

#include <mqueue.h>
#include <string>
#include <sys/mman.h>

namespace bench
{
namespace blocking
{
namespace
{
void measure (const Contender& contender, const Order& order, Sample* sample)
{
    contender.run (contender, order, sample);
}

void removeNames (const std::string& segment, const Row&)
{
    for (const char* suffix : {"", "-reply"})
    {
        ::shm_unlink ((segment + suffix).c_str ());
        ::mq_unlink ((segment + suffix).c_str ());
    }
}
}  // namespace

std::vector<Table> compare (const Contenders& contenders, const std::vector<Row>& rows, const Plan& plan)
{
    return harness::Comparison<Result, Order>::run (contenders, rows, plan, {measure, removeNames});
}

}  // namespace blocking
}  // namespace bench
