// SPDX-License-Identifier: MIT
// Huge pages with the settings of this machine, without privileges and without changing a setting.
#include "huge_bodies.hpp"
#include "require.hpp"

#include <catch2/catch.hpp>

std::string missing ()
{
    return exists (settingPath ("enabled")) ? "" : "this kernel has no transparent huge pages";
}

TEST_CASE ("64 MiB of local memory use huge pages")
{
    REQUIRE (inChild ([] { return onHugePages<Local> (64 * MiB); }) == "");
    REQUIRE (inChild ([] { return onHugePages<Local> (64 * MiB, asking (join::HugePages::Require)); }) == "");
    if (valueOf (settingPath ("enabled")) != "always")
    {
        REQUIRE (inChild ([] { return onHugePages<BaselineLocal> (64 * MiB); }) != "");
    }
}

TEST_CASE ("64 MiB of shared memory use huge pages")
{
    REQUIRE (inChild ([] { return onHugePages<Shared> (64 * MiB); }) == "");
    REQUIRE (inChild ([] { return onHugePages<Shared> (64 * MiB, asking (join::HugePages::Require)); }) == "");
    REQUIRE (inChild ([] { return onHugePages<BaselineShared> (64 * MiB); }) != "");
}

TEST_CASE ("opener maps the segment with huge pages too")
{
    const std::string text = inChild ([] () -> std::string {
        Unlinked segment;
        auto maker = Shared::make (64 * MiB);
        auto opener = Shared::make (64 * MiB);
        CLAIM (!opener.created ());
        CLAIM_EQUAL (smaps (opener.get (), opener.size ()).huge, 64 * MiB);
        return inChild ([] () -> std::string {
            auto other = Shared::make (64 * MiB);
            CLAIM_EQUAL (smaps (other.get (), other.size ()).huge, 64 * MiB);
            return "";
        });
    });
    REQUIRE (text == "");
}

TEST_CASE ("option Never gives base pages")
{
    REQUIRE (inChild ([] { return onBasePages<Local> (64 * MiB, asking (join::HugePages::Never)); }) == "");
    REQUIRE (inChild ([] { return onBasePages<Shared> (64 * MiB, asking (join::HugePages::Never)); }) == "");
    REQUIRE (inChild ([] { return onBasePages<Local> (64 * MiB); }) != "");
    REQUIRE (inChild ([] { return onBasePages<Shared> (64 * MiB); }) != "");
}

TEST_CASE ("local memory without prefault faults in huge pages")
{
    if (valueOf (settingPath ("enabled")) == "never")
    {
        return;  // then only prefault can create huge pages
    }
    const std::string text = inChild ([] () -> std::string {
        join::MemOptions options;
        options.prefault = false;
        auto memory = Local::make (64 * MiB, options);
        CLAIM_EQUAL (present (memory.get (), memory.size ()), 0);
        CLAIM (holdsBytes (memory));
        CLAIM_EQUAL (smaps (memory.get (), memory.size ()).huge, 64 * MiB);
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("4 KiB of memory use one base page")
{
    REQUIRE (inChild ([] { return onBasePages<Local> (4 * KiB); }) == "");
    REQUIRE (inChild ([] { return onBasePages<Shared> (4 * KiB); }) == "");
    REQUIRE (inChild ([] { return costsItsSize<Shared> (4 * KiB); }) == "");
    const std::string text = inChild ([] () -> std::string {
        std::vector<join::LocalMem> many;
        many.reserve (1000);
        many.emplace_back (4 * KiB);
        const uint64_t before = residentOfProcess ();
        for (int i = 0; i < 999; ++i)
        {
            many.emplace_back (4 * KiB);
        }
        // Each object has a few words on the heap beside its page.
        CLAIM (residentOfProcess () - before < 999 * (4 * KiB + 512));
        CLAIM (residentOfProcess () - before >= 999 * 4 * KiB);
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("memory slightly over a huge page is not doubled")
{
    for (uint64_t size : {2 * MiB + 1, 2 * MiB + 4 * KiB, 3 * MiB, 64 * MiB + 4 * KiB})
    {
        CAPTURE (size);
        REQUIRE (inChild ([=] { return costsItsSize<Local> (size); }) == "");
        REQUIRE (inChild ([=] { return costsItsSize<Shared> (size); }) == "");
    }
    for (uint64_t size : {2 * MiB + 4 * KiB, 3 * MiB, 64 * MiB + 4 * KiB})
    {
        CAPTURE (size);
        REQUIRE (inChild ([=] { return onHugePages<Local> (size); }) == "");
        REQUIRE (inChild ([=] { return onHugePages<Shared> (size); }) == "");
    }
}

template <typename Kind>
std::string allHuge (uint64_t size)
{
    Unlinked segment;
    auto memory = Kind::make (size, asking (join::HugePages::Require));
    CLAIM_EQUAL (memory.size (), size);
    CLAIM (holdsBytes (memory));
    const Smaps seen = smaps (memory.get (), memory.size ());
    CLAIM_EQUAL (seen.huge, (size + hugePage - 1) / hugePage * hugePage);
    CLAIM_EQUAL (seen.resident, seen.huge);
    CLAIM_EQUAL (memory.pageSize (), hugePage);
    CLAIM_EQUAL (*memory.placement ().hugeBytes, seen.huge);
    return "";
}

TEST_CASE ("Require puts every byte on huge pages")
{
    for (uint64_t size : {4 * KiB, 3 * MiB, 2 * MiB + 4 * KiB})
    {
        CAPTURE (size);
        REQUIRE (inChild ([=] { return allHuge<Local> (size); }) == "");
        REQUIRE (inChild ([=] { return allHuge<Shared> (size); }) == "");
    }
}

TEST_CASE ("required segment opens with matching or unspecified page size")
{
    const std::string text = inChild ([] () -> std::string {
        Unlinked segment;
        auto maker = Shared::make (3 * MiB, asking (join::HugePages::Require));
        auto opener = Shared::make (3 * MiB);
        CLAIM (!opener.created ());
        CLAIM_EQUAL (opener.size (), 3 * MiB);
        *static_cast<int*> (maker.get (3 * MiB - 4)) = 42;
        CLAIM_EQUAL (*static_cast<int*> (opener.get (3 * MiB - 4)), 42);
        join::MemOptions options;
        options.openMode = join::OpenMode::OpenOnly;
        CLAIM_EQUAL (Shared::make (0, options).size (), 3 * MiB);
        CLAIM_SAYS (attempt ([] { Shared::make (4 * MiB); }), "EINVAL: ");
        return "";
    });
    REQUIRE (text == "");
}
