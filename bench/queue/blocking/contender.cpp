// SPDX-License-Identifier: MIT
#include "contender.hpp"

namespace bench
{
namespace blocking
{
Contenders allContenders (const std::string& baseline, bool faulty)
{
    Contenders all;
    addOurs (all);
    addByC (all, "C ABI", BENCH_JOINMEM, false);
    if (!baseline.empty ())
    {
        addByC (all, "baseline", baseline, true);
    }
    addMutex (all);
#ifdef BENCH_HAS_BOOST
    addBoost (all);
#endif
    addPipe (all);
    addSocket (all);
    addEventfd (all);
    addPosixMq (all);
    if (faulty)
    {
        addFaulty (all);
    }
    return all;
}

}  // namespace blocking
}  // namespace bench
