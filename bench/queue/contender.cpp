// SPDX-License-Identifier: MIT
#include "contender.hpp"

namespace bench
{
bool Contender::does (const Row& row) const
{
    if (row.kind != kind || row.bytes != bytes || (row.batch > 1 && !batch) || (row.processes && !processes))
    {
        return false;
    }
    switch (row.shape)
    {
        case Shape::Flow:
            return flow != nullptr;
        case Shape::Roundtrip:
            return roundtrip != nullptr;
        case Shape::Alone:
            return alone != nullptr;
        case Shape::Wake:
            break;
    }
    return wake != nullptr;
}

void Contender::run (const Order& order, Sample* sample) const
{
    switch (order.row.shape)
    {
        case Shape::Flow:
            flow (order, sample);
            break;
        case Shape::Roundtrip:
            roundtrip (order, sample);
            break;
        case Shape::Alone:
            alone (order, sample);
            break;
        case Shape::Wake:
            wake (order, sample);
            break;
    }
}

Contenders allContenders (bool faulty)
{
    Contenders all;
    if (faulty)
    {
        addFaulty (all);
    }
    addOurs (all);
#ifdef BENCH_HAS_QUEUES_IN_C
    addOursByC (all);
#endif
    addBaseline (all);
#ifdef BENCH_HAS_ATOMIC_QUEUE
    addAtomicQueue (all);
#endif
#ifdef BENCH_HAS_LOCKFREE
    addBoost (all);
#endif
#ifdef BENCH_HAS_CK
    addCk (all);
#endif
#ifdef BENCH_HAS_DPDK
    addDpdk (all);
#endif
#ifdef BENCH_HAS_ICEORYX
    addIceoryx (all);
#endif
#ifdef BENCH_HAS_MOODYCAMEL
    addMoodycamel (all);
#endif
#ifdef BENCH_HAS_TBB
    addTbb (all);
#endif
#ifdef BENCH_HAS_XENIUM
    addXenium (all);
#endif
    addWakers (all);
    addLimit (all);
    return all;
}

const char* groupName (Group group)
{
    switch (group)
    {
        case Group::Ours:
            return "ours";
        case Group::OursByC:
            return "ours by C";
        case Group::Unprotected:
            return "unprotected";
        case Group::Baseline:
            return "baseline";
        case Group::Peer:
            return "peer";
        case Group::Limit:
            break;
    }
    return "limit";
}

}  // namespace bench
