// SPDX-License-Identifier: MIT
// Pages of 1 GiB: one reserved on near, none on far, unless a check states otherwise.
#include "check.hpp"
#include "kernel.hpp"
#include "other.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

#include <sys/mount.h>
#include <sys/stat.h>

using namespace join;
using kernel::GiB;
using kernel::page;

namespace
{
const int near = kernel::nodes ().near;
const int far = kernel::nodes ().far;

MemOptions onGiant (int node)
{
    MemOptions options;
    options.huge = HugePages::Require;
    options.hugePageSize = GiB;
    options.numaNode = node;
    return options;
}

void isGiant (Memory& memory, int node)
{
    char* start = static_cast<char*> (memory.get ());
    start[0] = start[GiB / 2] = start[GiB - 1] = 3;
    CHECK_EQUAL (kernel::smaps (start, GiB, "KernelPageSize"), GiB);
    CHECK_EQUAL (memory.pageSize (), GiB);
    CHECK_EQUAL (kernel::nodeOf (start), node);
    CHECK_EQUAL (kernel::nodeOf (start + GiB - page), node);
    CHECK_EQUAL (memory.nodeOf (), node);
    CHECK_EQUAL (memory.nodeOf (GiB - 1), node);
    const Placement placement = memory.placement ();
    CHECK_EQUAL (placement.hugeBytes.value_or (0), GiB);
    CHECK_EQUAL (placement.nodes->size (), 1U);
    CHECK_EQUAL ((*placement.nodes)[0].bytes, GiB);
    CHECK_EQUAL ((*placement.nodes)[0].node, node);
}

bool allFree ()
{
    return kernel::pool (-1, "free_hugepages", GiB) == kernel::pool (-1, "nr_hugepages", GiB);
}
}  // namespace

GUARANTEE ("giant", "1 GiB page stays when other nodes are full")
{
    {
        LocalMem memory (GiB, onGiant (near));
        isGiant (memory, near);
        CHECK_EQUAL (memory.placement ().backing, "pool");
        CHECK_EQUAL (memory.mbind (far), -1);
        CHECK_EQUAL (lastError.value (), ENOMEM);
        isGiant (memory, near);
    }
    CHECK (allFree ());
}

GUARANTEE ("giant", "node without free 1 GiB page fails, names pool")
{
    std::string words;
    CHECK_EQUAL (check::errorOf ([] { LocalMem memory (GiB, onGiant (far)); }, &words), ENOMEM);
    CHECK (words.find ("pool") != std::string::npos || words.find ("hugepages-1048576kB") != std::string::npos);
    CHECK_EQUAL (check::errorOf ([] { LocalMem memory (2 * GiB, onGiant (-1)); }, &words), ENOMEM);
    CHECK (words.find ("hugepages-1048576kB") != std::string::npos);
    CHECK (allFree ());
}

GUARANTEE ("giant", "1 GiB ShmMem without matching mount fails")
{
    std::string words;
    CHECK_EQUAL (check::errorOf ([] { ShmMem memory (GiB, "/giant", onGiant (near)); }, &words), ENOMEM);
    CHECK (words.find ("hugetlbfs") != std::string::npos);
    CHECK (allFree ());
}

GUARANTEE ("giant", "processes share a 1 GiB ShmMem page by name")
{
    CHECK (::mkdir ("/tmp/giant", 0700) == 0);
    CHECK (::mount ("giant", "/tmp/giant", "hugetlbfs", 0, "pagesize=1G") == 0);
    {
        ShmMem memory (GiB, "/giant", onGiant (near));
        isGiant (memory, near);
        CHECK_EQUAL (memory.placement ().backing, "hugetlbfs");
        const auto looks = [] {
            ShmMem opener (GiB, "/giant");
            CHECK (!opener.created ());
            CHECK_EQUAL (static_cast<char*> (opener.get ())[GiB / 2], 3);
            isGiant (opener, near);
            return 0;
        };
        CHECK_EQUAL (Other::in (looks), 0);
        CHECK_EQUAL (ShmMem::unlink ("/giant"), 0);
        CHECK_EQUAL (check::errorOf ([] { ShmMem more (GiB, "/giant2", onGiant (near)); }), ENOMEM);
    }
    CHECK_EQUAL (check::errorOf ([] { ShmMem elsewhere (GiB, "/giant", onGiant (far)); }), ENOMEM);
    CHECK (allFree ());
    CHECK (kernel::read ("/tmp/giant/giant").empty ());
    CHECK (::umount ("/tmp/giant") == 0);
}

GUARANTEE ("giant", "1 GiB page moves to a node with room")
{
    kernel::setPool (far, 1, GiB);
    {
        LocalMem memory (GiB, onGiant (near));
        isGiant (memory, near);
        CHECK_EQUAL (memory.mbind (far), 0);
        isGiant (memory, far);
    }
    CHECK (allFree ());
}
