// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <join/placement.hpp>

#include <numeric>

using join::HugePages;
using join::MemOptions;
using join::Placement;

TEMPLATE_TEST_CASE ("placement repeats the requested options", "", MakeLocal, MakeShared)
{
    TestType maker;
    MemOptions options;
    options.huge = HugePages::Never;
    options.prefault = false;
    options.hugePageSize = 2 << 20;
    const Placement placement = maker.make (16384, options).placement ();
    CHECK (placement.requestedHuge == HugePages::Never);
    CHECK (placement.requestedPageSize == (2 << 20));
    CHECK (placement.requestedNode == -1);
    CHECK_FALSE (placement.requestedPrefault);
    CHECK_FALSE (placement.requestedLock);
    CHECK (placement.size == 16384);
    CHECK (placement.created);
    CHECK (placement.shared == !placement.name.empty ());
}

TEMPLATE_TEST_CASE ("prefault decides when pages become resident", "", MakeLocal, MakeShared)
{
    TestType maker;
    CHECK (maker.make (1 << 20).placement ().residentBytes == uint64_t (1 << 20));
    MemOptions options;
    options.prefault = false;
    auto memory = maker.make (1 << 20, options);
    CHECK (memory.placement ().residentBytes == uint64_t (0));
    CHECK_FALSE (memory.placement ().pageSize.has_value ());
    CHECK (memory.pageSize () == 0);
    CHECK (join::lastError.value () == ENODATA);
    static_cast<char*> (memory.get (8192))[0] = 1;
    CHECK (memory.placement ().residentBytes == uint64_t (4096));
    CHECK (memory.pageSize () == 4096);
}

TEST_CASE ("merged neighbouring mappings are reported separately")
{
    join::LocalMem a (64 << 10);
    MemOptions lazy;
    lazy.prefault = false;
    join::LocalMem b (64 << 10, lazy);
    join::LocalMem c (64 << 10);
    CHECK (a.placement ().residentBytes == uint64_t (64 << 10));
    CHECK (b.placement ().residentBytes == uint64_t (0));
    CHECK (c.placement ().residentBytes == uint64_t (64 << 10));
    CHECK (a.placement ().hugeBytes == uint64_t (0));
}

TEMPLATE_TEST_CASE ("bytes per node add up to resident bytes", "", MakeLocal, MakeShared)
{
    TestType maker;
    const Placement placement = maker.make (3 << 20).placement ();
    if (!placement.nodes)
    {
        WARN ("no NUMA here: bytes by node are not known");
        return;
    }
    const uint64_t sum = std::accumulate (placement.nodes->begin (), placement.nodes->end (), uint64_t (0),
                                          [] (uint64_t bytes, const join::NodeBytes& n) { return bytes + n.bytes; });
    CHECK (sum == placement.residentBytes);
}

TEMPLATE_TEST_CASE ("placement report can be moved", "", MakeLocal, MakeShared)
{
    TestType maker;
    Placement first = maker.make (4096).placement ();
    Placement second = std::move (first);
    CHECK (second.size == 4096);
    first = std::move (second);
    CHECK (first.size == 4096);
}

TEMPLATE_TEST_CASE ("range filled by several threads is complete", "", MakeLocal, MakeShared)
{
    TestType maker;
    const uint64_t size = (uint64_t (130) << 20) + 4096;
    auto memory = maker.make (size);
    CHECK (memory.placement ().residentBytes == size);
    const volatile char* bytes = static_cast<const volatile char*> (memory.get ());
    int sum = 0;
    for (uint64_t i = 0; i < size; i += 4096)
    {
        sum |= bytes[i];
    }
    CHECK (sum == 0);
}
