// SPDX-License-Identifier: MIT
// placement () compared with what the kernel reports.
#include "huge_bodies.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

std::string missing ()
{
    return "";
}

namespace
{
using join::HugePages;

// Compares everything that placement () counts with smaps and pagemap.
template <typename Memory>
std::string agrees (const Memory& memory)
{
    const join::Placement placement = memory.placement ();
    const Smaps seen = smaps (memory.get (), memory.size ());
    CLAIM_EQUAL (seen.mapped, memory.size ());  // otherwise smaps proves nothing
    CLAIM_EQUAL (*placement.hugeBytes, seen.huge);
    CLAIM_EQUAL (*placement.residentBytes, seen.resident);
    CLAIM_EQUAL (*placement.residentBytes, present (memory.get (), memory.size ()));
    CLAIM_EQUAL (*placement.lockedBytes, seen.locked);
    CLAIM_EQUAL (placement.pageSize.value_or (0), memory.pageSize ());
    const uint64_t page = seen.resident == 0 ? 0 : seen.huge == seen.resident ? hugePage : 4 * KiB;
    CLAIM_EQUAL (memory.pageSize (), page);
    CLAIM_EQUAL (placement.size, memory.size ());
    if (placement.nodes)
    {
        uint64_t sum = 0;
        for (const join::NodeBytes& node : *placement.nodes)
        {
            sum += node.bytes;
        }
        CLAIM_EQUAL (sum, seen.resident);
    }
    return "";
}

template <typename Kind>
std::string agreesAtEachStep (uint64_t size, HugePages huge)
{
    Unlinked segment;
    join::MemOptions options = asking (huge);
    options.prefault = false;
    {
        auto memory = Kind::make (size, options);
        CLAIM_EQUAL (agrees (memory), "");
        CLAIM_EQUAL (*memory.placement ().residentBytes, 0);
        *static_cast<volatile int*> (memory.get (size / 2)) = 1;
        CLAIM_EQUAL (agrees (memory), "");
        CLAIM (*memory.placement ().residentBytes != 0);
        CLAIM (holdsBytes (memory));
        CLAIM_EQUAL (agrees (memory), "");
    }
    Unlinked::remove ();
    auto memory = Kind::make (size, asking (huge));
    CLAIM_EQUAL (agrees (memory), "");
    CLAIM_EQUAL (*memory.placement ().residentBytes, size);
    if (!sanitized && memory.mlock () == 0)
    {
        CLAIM_EQUAL (agrees (memory), "");
        CLAIM_EQUAL (*memory.placement ().lockedBytes, size);
    }
    return "";
}
}  // namespace

TEST_CASE ("placement () agrees with smaps and pagemap")
{
    for (uint64_t size : {64 * KiB, 3 * MiB, 4 * MiB})
    {
        for (HugePages huge : {HugePages::Prefer, HugePages::Never})
        {
            CAPTURE (size, huge);
            CHECK (inChild ([=] { return agreesAtEachStep<Local> (size, huge); }) == "");
            CHECK (inChild ([=] { return agreesAtEachStep<Shared> (size, huge); }) == "");
        }
    }
}

TEST_CASE ("placement () reports the request and no spurious fallback")
{
    const std::string text = inChild ([] () -> std::string {
        Unlinked segment;
        const auto small = Local::make (4 * KiB).placement ();
        CLAIM_EQUAL (small.fallbacks.size (), 0);
        CLAIM_EQUAL (small.backing, "anonymous");
        CLAIM (!small.shared && small.created && small.requestedPrefault && !small.requestedLock);
        CLAIM_EQUAL (small.requestedNode, -1);
        auto memory = Shared::make (4 * MiB, asking (HugePages::Require, hugePage));
        const auto placement = memory.placement ();
        CLAIM (placement.shared && placement.created && placement.requestedHuge == HugePages::Require);
        CLAIM_EQUAL (placement.requestedPageSize, hugePage);
        CLAIM_EQUAL (placement.backing, "tmpfs");
        CLAIM_EQUAL (placement.name, segmentName ());
        CLAIM_EQUAL (fallbacksOf (memory), "");
        CLAIM_EQUAL (fallbacksOf (Local::make (64 * MiB)), "");
        CLAIM_EQUAL (fallbacksOf (Local::make (64 * MiB, asking (HugePages::Never))), "");
        CLAIM (!Shared::make (4 * MiB).placement ().created);
        return "";
    });
    REQUIRE (text == "");
}

namespace
{
// Two memories that the kernel has placed side by side, in one area of smaps if possible; the second is not touched.
std::string neighbours (uint64_t size, HugePages huge)
{
    join::MemOptions untouched = asking (huge);
    untouched.prefault = false;
    std::vector<join::LocalMem> all;
    all.reserve (40);
    bool met = false;
    while (!met && all.size () < 40)
    {
        all.emplace_back (size, asking (huge));
        all.emplace_back (size, untouched);
        const auto* one = static_cast<const char*> (all[all.size () - 2].get ());
        const auto* other = static_cast<const char*> (all.back ().get ());
        met = one - other == static_cast<std::ptrdiff_t> (size) || other - one == static_cast<std::ptrdiff_t> (size);
    }
    join::LocalMem& full = all[all.size () - 2];
    join::LocalMem& empty = all.back ();
    CLAIM (met || smaps (full.get (), size).mapped == size);  // separate areas are as good
    CLAIM_EQUAL (*full.placement ().residentBytes, size);
    CLAIM_EQUAL (*empty.placement ().residentBytes, 0);
    CLAIM_EQUAL (*full.placement ().hugeBytes, huge == HugePages::Never ? 0 : size / hugePage * hugePage);
    CLAIM_EQUAL (*empty.placement ().hugeBytes, 0);
    *static_cast<volatile int*> (empty.get (size - 4)) = 1;
    CLAIM_EQUAL (*empty.placement ().residentBytes, present (empty.get (), size));
    CLAIM_EQUAL (*full.placement ().residentBytes, size);
    if (!sanitized && full.mlock () == 0)
    {
        CLAIM_EQUAL (*full.placement ().lockedBytes, size);
        CLAIM_EQUAL (*empty.placement ().lockedBytes, 0);
    }
    return "";
}
}  // namespace

TEST_CASE ("placement () separates neighbours in one kernel mapping")
{
    CHECK (inChild ([] { return neighbours (4 * KiB, HugePages::Prefer); }) == "");
    CHECK (inChild ([] { return neighbours (64 * KiB, HugePages::Prefer); }) == "");
    CHECK (inChild ([] { return neighbours (MiB, HugePages::Never); }) == "");
    CHECK (inChild ([] { return neighbours (4 * MiB, HugePages::Never); }) == "");
    CHECK (inChild ([] { return neighbours (4 * MiB, HugePages::Prefer); }) == "");
    CHECK (inChild ([] { return neighbours (3 * MiB, HugePages::Prefer); }) == "");
}

TEST_CASE ("placement () reports base pages chosen without prefault")
{
    const std::string text = inChild ([] () -> std::string {
        Unlinked segment;
        join::MemOptions options;
        options.prefault = false;
        auto memory = Shared::make (4 * MiB, options);
        const auto placement = memory.placement ();
        CLAIM_EQUAL (placement.fallbacks.size (), 1);
        CLAIM_EQUAL (placement.fallbacks[0].error, 0);
        CLAIM (placement.fallbacks[0].reason.find ("prefault") != std::string::npos);
        return "";
    });
    REQUIRE (text == "");
}
