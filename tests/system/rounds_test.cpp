// SPDX-License-Identifier: MIT
// Repeated creation and destruction uses nothing up: names, descriptors, mappings, memory, pages of the pool.
// `[.all]` selects the long run: 100000 rounds of 4 KiB, 1000 of 64 MiB.
#include "guardian.hpp"
#include "huge_bodies.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <memory>

std::string missing ()
{
    return "";
}

namespace
{
template <typename Kind>
std::string leavesNothing (uint64_t size, int rounds, const join::MemOptions& options = join::MemOptions ())
{
    const auto round = [&] {
        {
            auto memory = Kind::make (size, options);
            *static_cast<volatile int*> (memory.get (size - 4)) = 1;
        }
        Unlinked::remove ();
    };
    round ();
    const std::string before = belongings ();
    const uint64_t resident = residentOfProcess ();
    const uint64_t pages = meminfo ("HugePages_Free");
    for (int i = 0; i < rounds; ++i)
    {
        round ();
    }
    CLAIM_EQUAL (belongings (), before);
    CLAIM_EQUAL (meminfo ("HugePages_Free"), pages);
    CLAIM (sanitized || residentOfProcess () < resident + 128 * KiB);
    return "";
}

void check (int small, int large)
{
    CHECK (inChild ([=] { return leavesNothing<Local> (4 * KiB, small); }) == "");
    CHECK (inChild ([=] { return leavesNothing<Shared> (4 * KiB, small); }) == "");
    CHECK (inChild ([=] { return leavesNothing<Local> (64 * MiB, large); }) == "");
    CHECK (inChild ([=] { return leavesNothing<Shared> (64 * MiB, large); }) == "");
    CHECK (inChild ([=] { return leavesNothing<BaselineShared> (4 * KiB, 10); }) != "");
    if (Setting::turns (poolSetting ()) && numberOf (poolSetting ()) == 0)
    {
        const Setting pool (poolSetting (), "34");
        const auto options = asking (join::HugePages::Require, hugePage);
        if (numberOf (poolSetting ("free_hugepages")) >= 34)
        {
            CHECK (inChild ([=] { return leavesNothing<Local> (64 * MiB, large, options); }) == "");
            CHECK (inChild ([=] { return leavesNothing<Local> (3 * MiB, large, options); }) == "");
        }
    }
}
}  // namespace

TEST_CASE ("repeated lifecycles leave process and machine unchanged")
{
    check (2000, 20);
}

TEST_CASE ("100000 small and 1000 large lifecycles leave nothing", "[.all]")
{
    check (100000, 1000);
}
