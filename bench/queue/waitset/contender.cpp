// SPDX-License-Identifier: MIT
#include "contender.hpp"

namespace bench
{
namespace waitset
{
Contenders allContenders (bool faulty)
{
    Contenders all;
    addOurs (all);
    addEventfd (all);
    addPipe (all);
#ifdef BENCH_HAS_ICEORYX
    addIceoryx (all);
#endif
#ifdef BENCH_HAS_ZEROMQ
    addZeromq (all);
#endif
    if (faulty)
    {
        addFaulty (all);
    }
    return all;
}

std::vector<std::string> missingPeers ()
{
    std::vector<std::string> missing;
#ifndef BENCH_HAS_ICEORYX
    missing.emplace_back ("iceoryx WaitSet");
#endif
#ifndef BENCH_HAS_ZEROMQ
    missing.emplace_back ("ZeroMQ ipc");
#endif
    return missing;
}

}  // namespace waitset
}  // namespace bench
