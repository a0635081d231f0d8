// SPDX-License-Identifier: MIT
// More than the machine has: ENOMEM before a page is touched.
#include "kernel_report.hpp"
#include "baseline.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>

std::string missing ()
{
    return "";
}

namespace
{
uint64_t peakResident ()
{
    struct rusage usage;
    ::getrusage (RUSAGE_SELF, &usage);
    return static_cast<uint64_t> (usage.ru_maxrss) * KiB;
}

// If the memory were allocated, the OOM killer would kill this child and no other process; its page tables alone take
// gigabytes.
template <typename Kind>
std::string refused (uint64_t size, const join::MemOptions& options = join::MemOptions ())
{
    return inChild ([=] () -> std::string {
        preferredVictim ();
        Unlinked segment;
        attempt ([] { Kind::make (0); });  // a first failure may allocate
        const std::string before = belongings ();
        const uint64_t peak = peakResident ();
        const std::string text = attempt ([=] { Kind::make (size, options); });
        CLAIM (peakResident () - peak < MiB);
        CLAIM_EQUAL (belongings (), before);
        CLAIM (!exists (segmentPath ()));
        return text;
    });
}
}  // namespace

TEST_CASE ("1 TiB fails with ENOMEM before touching a page")
{
    for (uint64_t size : {uint64_t (1) << 40, uint64_t (1) << 46, uint64_t (1) << 60})
    {
        for (auto huge : {join::HugePages::Prefer, join::HugePages::Never, join::HugePages::Require})
        {
            CAPTURE (size);
            REQUIRE (says (refused<Local> (size, asking (huge)), "ENOMEM: "));
            const std::string text = refused<Shared> (size, asking (huge));
            CAPTURE (text);
            // The machine or /dev/shm is too small; /dev/shm usually holds half of the machine's memory.
            REQUIRE ((says (text, "ENOMEM: ") || says (text, "ENOSPC: ")));
        }
    }
}

TEST_CASE ("unavailable memory fails where mmap is killed")
{
    const uint64_t total = meminfo ("MemTotal") + meminfo ("SwapFree");
    const uint64_t available = meminfo ("MemAvailable") + meminfo ("SwapFree");
    if (total < available + 128 * MiB)
    {
        return;  // no size is certainly between the two
    }
    const uint64_t size = available + (total - available) / 2;
    REQUIRE (says (refused<Local> (size), "ENOMEM: ", {"the machine has", "available"}));
    REQUIRE (
        says (refused<Local> (size, asking (join::HugePages::Never)), "ENOMEM: ", {"the machine has", "available"}));
    const std::string text = refused<Shared> (size);
    CAPTURE (text);
    REQUIRE ((says (text, "ENOMEM: ", {"the machine has"}) || says (text, "ENOSPC: ")));
}

// Not run by default: it would affect the whole machine. In a guest it is the baseline of the other tests.
TEST_CASE ("plain mmap of unavailable memory is killed", "[.guest]")
{
    const uint64_t available = meminfo ("MemAvailable") + meminfo ("SwapFree");
    const uint64_t size = available + (meminfo ("MemTotal") + meminfo ("SwapFree") - available) / 2;
    REQUIRE (refused<BaselineLocal> (size) == "killed by SIGKILL");
}
