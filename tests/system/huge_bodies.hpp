// SPDX-License-Identifier: MIT
// What memory with or without huge pages must be like: bodies for inChild, for each kind of baseline.hpp.
#ifndef JOIN_TESTS_SYSTEM_HUGE_BODIES_HPP
#define JOIN_TESTS_SYSTEM_HUGE_BODIES_HPP

#include "kernel_report.hpp"
#include "baseline.hpp"

constexpr uint64_t hugePage = 2 * MiB;

inline std::string settingPath (const std::string& file)
{
    return "/sys/kernel/mm/transparent_hugepage/" + file;
}

inline std::string poolSetting (const std::string& file = "nr_hugepages")
{
    return "/sys/kernel/mm/hugepages/hugepages-2048kB/" + file;
}

/// Every whole huge page of the size is a huge page, from before the program's first touch.
template <typename Kind>
std::string onHugePages (uint64_t size, const join::MemOptions& options = join::MemOptions ())
{
    Unlinked segment;
    auto memory = Kind::make (size, options);
    CLAIM_EQUAL (smaps (memory.get (), memory.size ()).huge, size / hugePage * hugePage);
    CLAIM (holdsBytes (memory));
    CLAIM_EQUAL (smaps (memory.get (), memory.size ()).huge, size / hugePage * hugePage);
    return "";
}

/// No huge page, and every base page resident.
template <typename Kind>
std::string onBasePages (uint64_t size, const join::MemOptions& options = join::MemOptions ())
{
    Unlinked segment;
    auto memory = Kind::make (size, options);
    CLAIM (holdsBytes (memory));
    const Smaps seen = smaps (memory.get (), memory.size ());
    CLAIM_EQUAL (seen.huge, 0);
    CLAIM_EQUAL (seen.kernelPage, 4 * KiB);
    CLAIM_EQUAL (present (memory.get (), memory.size ()), size);
    return "";
}

/// Rounded to base pages and not to huge ones: the memory costs its size, in this process and in the file.
template <typename Kind>
std::string costsItsSize (uint64_t size)
{
    Unlinked segment;
    {
        auto first = Kind::make (size);  // loads the code that runs later
        CLAIM (holdsBytes (first));
        residentOfProcess ();
    }
    Unlinked::remove ();
    const uint64_t before = residentOfProcess ();
    auto memory = Kind::make (size);
    CLAIM (holdsBytes (memory));
    // A few more pages: tables and lists of the program itself.
    CLAIM (residentOfProcess () - before < size + 64 * KiB);
    CLAIM_EQUAL (present (memory.get (), memory.size ()), (size + 4095) / 4096 * 4096);
    if (Kind::shared)
    {
        CLAIM_EQUAL (occupied (segmentPath ()), (size + 4095) / 4096 * 4096);
    }
    return "";
}

/// Prefer falls back to base pages and reports the reason; Require throws and leaves no name. Both messages contain
/// `words`.
template <typename Kind>
std::string refusesHugePages (uint64_t size, std::initializer_list<const char*> words)
{
    Unlinked segment;
    {
        auto memory = Kind::make (size);
        CLAIM (holdsBytes (memory));
        CLAIM_EQUAL (smaps (memory.get (), memory.size ()).huge, 0);
        CLAIM_EQUAL (*memory.placement ().hugeBytes, 0);
        CLAIM (memory.placement ().fallbacks.size () != 0);
        for (const join::Fallback& fallback : memory.placement ().fallbacks)
        {
            CLAIM (fallback.error != 0);
            CLAIM (fallback.reason.size () > 20);
        }
    }
    Unlinked::remove ();
    const std::string before = belongings ();
    const std::string text = attempt ([&] { Kind::make (size, asking (join::HugePages::Require)); });
    CLAIM_SAYS (text, "ENOMEM: ", words);
    CLAIM_EQUAL (belongings (), before);
    return "";
}

#endif
