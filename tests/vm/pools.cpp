// SPDX-License-Identifier: MIT
// Reserved huge pages of 2 MiB: some on near, none on far. The kernel counts the pages of all nodes when it maps, and
// sends a SIGBUS at the first touch of a page that is bound to an empty node.
#include "check.hpp"
#include "kernel.hpp"
#include "other.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

using namespace join;
using kernel::huge;
using kernel::page;

namespace
{
const int near = kernel::nodes ().near;
const int far = kernel::nodes ().far;

constexpr int reserved = 8;  // pages, on near
constexpr std::size_t some = 4 * huge;

// The pool with which the guest boots, whatever earlier checks have moved or broken; all of it must be free at the end.
// "deny" makes the kernel refuse to collapse shared memory: required pages must then come from a hugetlbfs.
struct Pool
{
    explicit Pool (const char* sharedTransparent = "never")
    {
        CHECK (kernel::write ("/sys/kernel/mm/transparent_hugepage/shmem_enabled", sharedTransparent));
        kernel::setPool (far, 0);
        kernel::setPool (near, reserved);
    }

    ~Pool ()
    {
        CHECK_EQUAL (kernel::pool (-1, "free_hugepages"), kernel::pool (-1, "nr_hugepages"));
    }
};

MemOptions asking (HugePages pages, std::size_t pageSize, int node)
{
    MemOptions options;
    options.huge = pages;
    options.hugePageSize = pageSize;
    options.numaNode = node;
    return options;
}

uint64_t pooled (const Memory& memory)
{
    return kernel::smaps (memory.get (), memory.size (), "Private_Hugetlb")
           + kernel::smaps (memory.get (), memory.size (), "Shared_Hugetlb");
}

bool isOn (Memory& memory, int node)
{
    kernel::touch (memory.get (), memory.size ());
    return kernel::pagesOn (memory.get (), memory.size (), node) == memory.size () / page && memory.nodeOf () == node;
}

}  // namespace

GUARANTEE ("pools", "LocalMem requiring 2 MiB pages uses node's pool")
{
    Pool pool;
    LocalMem memory (some, asking (HugePages::Require, huge, near));
    CHECK_EQUAL (pooled (memory), some);
    CHECK (isOn (memory, near));
    const Placement placement = memory.placement ();
    CHECK_EQUAL (placement.backing, "pool");
    CHECK_EQUAL (placement.pageSize.value_or (0), huge);
    CHECK_EQUAL (placement.nodes->size (), 1U);
    CHECK_EQUAL ((*placement.nodes)[0].node, near);
    CHECK_EQUAL ((*placement.nodes)[0].bytes, some);
    CHECK_EQUAL (kernel::pool (near, "free_hugepages"), reserved - 4);
}

GUARANTEE ("pools", "empty node pool falls back or fails without SIGBUS")
{
    Pool pool;
    for (HugePages pages : {HugePages::Prefer, HugePages::Require})
    {
        for (std::size_t pageSize : {std::size_t (0), huge})
        {
            const int error = check::errorOf ([&] {
                LocalMem memory (some, asking (pages, pageSize, far));
                CHECK (isOn (memory, far));
                CHECK_EQUAL (pooled (memory), 0U);
                CHECK (pages == HugePages::Prefer || kernel::smaps (memory.get (), some, "AnonHugePages") == some);
            });
            CHECK (error == 0 || (error == ENOMEM && pages == HugePages::Require));
        }
    }
}

GUARANTEE ("pools", "pool pages move to a node with empty pool")
{
    Pool pool;
    LocalMem memory (some, asking (HugePages::Require, huge, near));
    kernel::touch (memory.get (), some, 4);
    CHECK_EQUAL (memory.mbind (far), 0);
    CHECK (kernel::holds (memory.get (), some, 4));
    CHECK (isOn (memory, far));
    CHECK_EQUAL (pooled (memory), some);
    CHECK_EQUAL (memory.pageSize (), huge);
}

GUARANTEE ("pools", "ShmMem uses node's pool without transparent huge pages")
{
    Pool pool ("deny");
    ShmMem memory (some, "/pools", asking (HugePages::Require, huge, near));
    CHECK_EQUAL (memory.placement ().backing, "hugetlbfs");
    CHECK_EQUAL (pooled (memory), some);
    CHECK (isOn (memory, near));
    const auto looks = [] {
        ShmMem opener (some, "/pools");
        return isOn (opener, near) && pooled (opener) == some && !opener.created () ? 0 : 1;
    };
    CHECK_EQUAL (Other::in (looks), 0);
    CHECK_EQUAL (memory.mbind (far), 0);
    CHECK (isOn (memory, far));
    const auto looksAgain = [] {
        ShmMem opener (some, "/pools");
        return isOn (opener, far) ? 0 : 1;
    };
    CHECK_EQUAL (Other::in (looksAgain), 0);
    ShmMem::unlink ("/pools");
}

GUARANTEE ("pools", "ShmMem on node with empty pool fails without name")
{
    Pool pool ("deny");
    std::string words;
    CHECK_EQUAL (
        check::errorOf ([] { ShmMem memory (some, "/pools", asking (HugePages::Require, huge, far)); }, &words),
        ENOMEM);
    CHECK (words.find ("hugepages") != std::string::npos || words.find ("huge pages") != std::string::npos);
    CHECK_EQUAL (kernel::pool (-1, "free_hugepages"), reserved);
    ShmMem memory (some, "/pools", asking (HugePages::Prefer, 0, far));
    CHECK (isOn (memory, far));
    ShmMem::unlink ("/pools");
}

GUARANTEE ("pools", "ShmMem uses transparent huge pages despite empty pool")
{
    Pool pool;
    ShmMem memory (some, "/pools", asking (HugePages::Require, huge, far));
    ShmMem::unlink ("/pools");
    CHECK (isOn (memory, far));
    CHECK_EQUAL (kernel::smaps (memory.get (), some, "ShmemPmdMapped"), some);
}

GUARANTEE ("pools", "exceeding one node's pool causes no SIGBUS")
{
    Pool pool;
    kernel::setPool (far, 2);
    const int error = check::errorOf ([] {
        LocalMem memory (some, asking (HugePages::Require, huge, far));
        CHECK (isOn (memory, far));
    });
    CHECK (error == 0 || error == ENOMEM);
    CHECK_EQUAL (kernel::pool (far, "free_hugepages"), 2);
}

GUARANTEE ("pools", "first-touch pool pages come from the bound node")
{
    Pool pool;
    MemOptions options = asking (HugePages::Require, huge, near);
    options.prefault = false;
    {
        LocalMem memory (some, options);
        CHECK_EQUAL (kernel::pagesThere (memory.get (), some), 0U);
        CHECK (isOn (memory, near));
        CHECK_EQUAL (pooled (memory), some);
    }
    options.numaNode = far;
    const int error = check::errorOf ([&] {
        LocalMem memory (some, options);
        CHECK (isOn (memory, far));
    });
    CHECK (error == 0 || error == ENOMEM);
}
