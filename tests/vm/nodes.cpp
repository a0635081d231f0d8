// SPDX-License-Identifier: MIT
// Invalid nodes fail with EINVAL and change nothing. Also what nodeOf, placement and MemOptions.numaNode report and do
// otherwise.
#include "check.hpp"
#include "kernel.hpp"
#include "other.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

#include <climits>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace join;
using kernel::huge;
using kernel::page;

namespace
{
const int near = kernel::nodes ().near;
const int far = kernel::nodes ().far;

constexpr std::size_t some = 8 * kernel::MiB;

// mbind and constructors reject the node; what was on near stays there, unbound.
void isRefused (int node)
{
    kernel::PagesFrom* from = new kernel::PagesFrom (near);
    LocalMem local (some);
    ShmMem shared (some, "/nodes");
    ShmMem::unlink ("/nodes");
    char* raw = kernel::map (4 * page);
    kernel::touch (raw, 4 * page);
    delete from;
    for (Memory* memory : std::vector<Memory*> {&local, &shared})
    {
        CHECK_EQUAL (memory->mbind (node), -1);
        CHECK_EQUAL (lastError.value (), EINVAL);
        CHECK (lastError == Errc::InvalidParam);
        CHECK (lastError.message ().find ("node " + std::to_string (node)) != std::string::npos);
        CHECK_EQUAL (kernel::pagesOn (memory->get (), some, near), some / page);
        CHECK_EQUAL (kernel::policyMode (memory->get ()), 0);
        CHECK_EQUAL (memory->placement ().requestedNode, -1);
    }
    CHECK_EQUAL (join::mbind (raw, 4 * page, node), -1);
    CHECK_EQUAL (lastError.value (), EINVAL);
    CHECK_EQUAL (kernel::pagesOn (raw, 4 * page, near), 4U);
    CHECK_EQUAL (kernel::policyMode (raw), 0);
    MemOptions options;
    options.numaNode = node;
    if (node != -1)  // -1 requests no node
    {
        for (std::size_t bytes : {page, some})
        {
            CHECK_EQUAL (check::errorOf ([&] { LocalMem memory (bytes, options); }), EINVAL);
            CHECK_EQUAL (check::errorOf ([&] { ShmMem memory (bytes, "/nodes", options); }), EINVAL);
        }
    }
}

// Memory is created on the node from the first touch: the kernel migrates no page.
void isMadeOn (int node, HugePages pages, std::size_t pageSize, std::size_t bytes)
{
    MemOptions options;
    options.huge = pages;
    options.hugePageSize = pageSize;
    options.numaNode = node;
    const uint64_t migrated = kernel::vmstat ("pgmigrate_success");
    LocalMem local (bytes, options);
    ShmMem shared (bytes, "/nodes", options);
    ShmMem::unlink ("/nodes");
    CHECK_EQUAL (kernel::vmstat ("pgmigrate_success"), migrated);
    for (Memory* memory : std::vector<Memory*> {&local, &shared})
    {
        CHECK_EQUAL (kernel::pagesOn (memory->get (), bytes, node), bytes / page);
        CHECK_EQUAL (memory->placement ().requestedNode, node);
        CHECK_EQUAL (memory->placement ().fallbacks.size (), 0U);
        CHECK_EQUAL (memory->nodeOf (bytes / 2), node);
        CHECK_EQUAL (memory->pageSize (), pages == HugePages::Never || bytes < huge ? page : huge);
    }
}

// What placement () reports about nodes matches what the kernel reports, page by page.
void tellsTheTruth (const Memory& memory)
{
    const Placement placement = memory.placement ();
    CHECK (placement.nodes.has_value ());
    uint64_t sum = 0;
    for (const NodeBytes& node : *placement.nodes)
    {
        CHECK (node.bytes != 0);
        CHECK_EQUAL (node.bytes, kernel::pagesOn (memory.get (), memory.size (), node.node) * page);
        sum += node.bytes;
    }
    CHECK_EQUAL (sum, kernel::pagesThere (memory.get (), memory.size ()) * page);
    CHECK_EQUAL (placement.residentBytes.value_or (0), sum);
}
}  // namespace

GUARANTEE ("nodes", "absent node fails with EINVAL and moves nothing")
{
    for (int node : {kernel::nodes ().absent, 1023, 1024, 1025, INT_MAX, -1, -2, INT_MIN})
    {
        isRefused (node);
    }
    for (int node : {63, 64})
    {
        if (node >= kernel::nodes ().absent)
        {
            isRefused (node);
        }
    }
}

GUARANTEE ("memless", "memoryless node fails with EINVAL and moves nothing")
{
    CHECK (kernel::nodes ().memless >= 0);
    isRefused (kernel::nodes ().memless);
}

GUARANTEE ("memless", "thread on memoryless node gets memory elsewhere")
{
    cpu_set_t cpus;
    CPU_ZERO (&cpus);
    CPU_SET (static_cast<unsigned> (kernel::nodes ().memless), &cpus);  // the guest has a CPU for each node
    CHECK (::sched_setaffinity (0, sizeof (cpus), &cpus) == 0);
    LocalMem memory (some);
    CHECK (memory.nodeOf () >= 0);
    tellsTheTruth (memory);
}

GUARANTEE ("cpuset", "node outside the cpuset fails with EINVAL")
{
    const std::string groups = "/sys/fs/cgroup/";
    const std::string group = groups + "nodes/";
    CHECK (kernel::write (groups + "cgroup.subtree_control", "+cpuset"));
    CHECK (::mkdir (group.c_str (), 0700) == 0);
    CHECK (kernel::write (group + "cpuset.mems", std::to_string (near)));
    const auto tries = [&] {
        CHECK (kernel::write (group + "cgroup.procs", "0"));
        isRefused (far);
        LocalMem memory (some);
        CHECK_EQUAL (memory.mbind (near), 0);
        CHECK_EQUAL (kernel::pagesOn (memory.get (), some, near), some / page);
        return 0;
    };
    CHECK_EQUAL (Other::in (tries), 0);
    CHECK (::rmdir (group.c_str ()) == 0);
}

GUARANTEE ("nodes", "nodeOf of an untouched page returns ENOENT")
{
    MemOptions options;
    options.prefault = false;
    for (HugePages pages : {HugePages::Never, HugePages::Prefer})
    {
        options.huge = pages;
        LocalMem local (some, options);
        ShmMem shared (some, "/nodes", options);
        ShmMem::unlink ("/nodes");
        for (Memory* memory : std::vector<Memory*> {&local, &shared})
        {
            for (std::size_t offset : {std::size_t (0), page + 1, some / 2, some - 1})
            {
                CHECK_EQUAL (memory->nodeOf (offset), -1);
                CHECK_EQUAL (lastError.value (), ENOENT);
            }
            CHECK_EQUAL (memory->nodeOf (some), -1);
            CHECK_EQUAL (lastError.value (), ERANGE);
            CHECK_EQUAL (kernel::pagesThere (memory->get (), some), 0U);
            tellsTheTruth (*memory);
        }
    }
}

GUARANTEE ("nodes", "nodeOf is exact across memory on two nodes")
{
    MemOptions options;
    options.huge = HugePages::Never;
    options.prefault = false;
    LocalMem local (64 * page, options);
    ShmMem shared (64 * page, "/nodes", options);
    ShmMem::unlink ("/nodes");
    for (Memory* memory : std::vector<Memory*> {&local, &shared})
    {
        for (std::size_t i = 0; i < 48; ++i)
        {
            char* start = static_cast<char*> (memory->get (i * page));
            CHECK_EQUAL (kernel::bind (start, page, i % 3 == 0 ? far : near), 0);
            kernel::touch (start, page);
        }
        for (std::size_t i = 0; i < 48; ++i)
        {
            CHECK_EQUAL (memory->nodeOf (i * page + i), i % 3 == 0 ? far : near);
            CHECK_EQUAL (kernel::nodeOf (memory->get (i * page)), i % 3 == 0 ? far : near);
        }
        CHECK_EQUAL (memory->nodeOf (48 * page), -1);
        tellsTheTruth (*memory);
        CHECK_EQUAL (memory->placement ().nodes->size (), 2U);
    }
}

GUARANTEE ("nodes", "placement () counts bytes per node for huge pages")
{
    kernel::PagesFrom from (near);
    LocalMem local (some + 5 * page);
    ShmMem shared (some + 5 * page, "/nodes");
    ShmMem::unlink ("/nodes");
    for (Memory* memory : std::vector<Memory*> {&local, &shared})
    {
        tellsTheTruth (*memory);
        CHECK_EQUAL (join::mbind (memory->get (), huge, far), 0);
        tellsTheTruth (*memory);
        CHECK_EQUAL (memory->placement ().nodes->size (), 2U);
    }
}

GUARANTEE ("nodes", "MemOptions.numaNode binds base pages before first touch")
{
    for (int node : {near, far})
    {
        isMadeOn (node, HugePages::Never, 0, some);
        isMadeOn (node, HugePages::Prefer, 0, page);
        isMadeOn (node, HugePages::Prefer, 0, 100 * page);
    }
}

GUARANTEE ("nodes", "MemOptions.numaNode binds huge pages before first touch")
{
    for (int node : {near, far})
    {
        isMadeOn (node, HugePages::Prefer, 0, some);
        isMadeOn (node, HugePages::Require, 0, some);
    }
}

GUARANTEE ("nodes", "MemOptions.numaNode without prefault binds later touches")
{
    for (HugePages pages : {HugePages::Never, HugePages::Prefer})
    {
        MemOptions options;
        options.huge = pages;
        options.prefault = false;
        options.numaNode = far;
        LocalMem local (some, options);
        ShmMem shared (some, "/nodes", options);
        ShmMem::unlink ("/nodes");
        for (Memory* memory : std::vector<Memory*> {&local, &shared})
        {
            CHECK_EQUAL (kernel::pagesThere (memory->get (), some), 0U);
            kernel::touch (memory->get (), some);
            CHECK_EQUAL (kernel::pagesOn (memory->get (), some, far), some / page);
        }
    }
}
