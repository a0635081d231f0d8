// SPDX-License-Identifier: MIT
// Pages of 1 GiB, on a machine that has them and can reserve one.
#include "guardian.hpp"
#include "huge_bodies.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

namespace
{
const std::string folderOfSettings = "/sys/kernel/mm/hugepages/hugepages-1048576kB/";
using join::HugePages;

std::string gigantic (const join::Memory& memory)
{
    const Smaps seen = smaps (memory.get (), memory.size ());
    CLAIM_EQUAL (seen.kernelPage, GiB);
    CLAIM_EQUAL (seen.huge, GiB);
    CLAIM_EQUAL (seen.mapped, GiB);
    CLAIM_EQUAL (memory.pageSize (), GiB);
    CLAIM_EQUAL (*memory.placement ().hugeBytes, GiB);
    return "";
}
}  // namespace

std::string missing ()
{
    const std::string path = folderOfSettings + "nr_hugepages";
    if (!exists (path))
    {
        return "no pages of 1 GiB on this machine";
    }
    if (!Setting::turns (path) || numberOf (path) != 0)
    {
        return path + " cannot be written, or its pages are in use";
    }
    if (meminfo ("MemAvailable") < 3 * GiB)
    {
        return "less than 3 GiB available";
    }
    const Setting pool (path, "1");
    return numberOf (folderOfSettings + "free_hugepages") == 1 ? missingRoot () : "no 1 GiB in one piece to reserve";
}

TEST_CASE ("local and shared memory use 1 GiB pages")
{
    const Setting pool (folderOfSettings + "nr_hugepages", "1");
    for (unsigned user : {0U, nobody})
    {
        CAPTURE (user);
        const std::string local = inChild ([=] () -> std::string {
            become (user);
            auto memory = Local::make (GiB, asking (HugePages::Require, GiB));
            CLAIM (holdsBytes (memory));
            return gigantic (memory);
        });
        REQUIRE (local == "");
        REQUIRE (numberOf (folderOfSettings + "free_hugepages") == 1);
        const std::string shared = inChild ([=] () -> std::string {
            ownShm ();
            const std::string folder = ownHugetlbfs ("pagesize=1G");
            become (user);
            auto memory = Shared::make (GiB, asking (HugePages::Require, GiB));
            auto opener = Shared::make (GiB);
            CLAIM (!opener.created ());
            CLAIM (holdsBytes (memory));
            CLAIM_EQUAL (gigantic (opener), "");
            CLAIM_EQUAL (join::ShmMem::unlink (segmentName ()), 0);
            CLAIM_EQUAL (entries (folder).size (), 0);
            return gigantic (memory);
        });
        REQUIRE (shared == "");
        REQUIRE (numberOf (folderOfSettings + "free_hugepages") == 1);
    }
}

TEST_CASE ("without 1 GiB pages Require fails, Prefer falls back")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ();
        const auto require = asking (HugePages::Require, GiB);
        CLAIM_SAYS (attempt ([&] { Local::make (GiB, require); }),
                    "ENOMEM: ", {"hugepages-1048576kB/nr_hugepages is 0"});
        CLAIM_SAYS (attempt ([&] { Shared::make (GiB, require); }),
                    "ENOMEM: ", {"hugepages-1048576kB/nr_hugepages is 0", "hugetlbfs"});
        CLAIM (!exists (segmentPath ()));
        Unlinked segment;
        auto local = Local::make (GiB, asking (HugePages::Prefer, GiB));
        CLAIM_EQUAL (smaps (local.get (), local.size ()).huge, GiB);
        CLAIM_EQUAL (local.pageSize (), hugePage);
        CLAIM (fallbacksOf (local).find ("hugepages-1048576kB/nr_hugepages is 0") != std::string::npos);
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("only Require rounds up to whole 1 GiB pages")
{
    const Setting pool (folderOfSettings + "nr_hugepages", "1");
    const std::string text = inChild ([] () -> std::string {
        auto memory = Local::make (3 * MiB, asking (HugePages::Require, GiB));
        CLAIM_EQUAL (memory.size (), 3 * MiB);
        CLAIM_EQUAL (smaps (memory.get (), memory.size ()).pool, GiB);
        auto other = Local::make (64 * MiB, asking (HugePages::Prefer, GiB));
        CLAIM_EQUAL (smaps (other.get (), other.size ()).huge, 64 * MiB);
        CLAIM_EQUAL (other.pageSize (), hugePage);
        return "";
    });
    REQUIRE (text == "");
}
