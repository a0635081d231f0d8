// SPDX-License-Identifier: MIT
// Huge pages under every setting of transparent huge pages, without a pool; as root and as the user nobody.
#include "guardian.hpp"
#include "huge_bodies.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <cstdio>
#include <fstream>

namespace
{
// Free memory may lie in small pieces, because of programs that ran before. Prints how many free huge pages there are,
// so that a failure for want of them differs from others.
void compact ()
{
    std::ofstream ("/proc/sys/vm/compact_memory") << 1;
    std::ifstream buddies ("/proc/buddyinfo");
    for (std::string line; std::getline (buddies, line);)
    {
        std::printf ("%s\n", line.c_str ());
    }
}
}  // namespace

std::string missing ()
{
    if (!Setting::turns (settingPath ("enabled")) || !Setting::turns (settingPath ("shmem_enabled")))
    {
        return settingPath ("enabled") + " cannot be written (root, and a /sys that is writable)";
    }
    if (meminfo ("HugePages_Free") != 0)
    {
        return "the machine has free pages in its pool, these tests are of one without";
    }
    const std::string reason = missingRoot ();
    if (reason.empty ())
    {
        compact ();
    }
    return reason;
}

namespace
{
using join::HugePages;

// With a private /dev/shm, so that size and options of the machine's /dev/shm do not matter.
std::string asRootAndNobody (const std::function<std::string ()>& body)
{
    for (bool root : {true, false})
    {
        const std::string text = inChild ([&] () -> std::string {
            ownShm ();
            if (!root)
            {
                become (nobody);
            }
            return body ();
        });
        if (!text.empty ())
        {
            return std::string (root ? "root: " : "nobody: ") + text;
        }
    }
    return "";
}
}  // namespace

TEST_CASE ("every transparent_hugepage/enabled value gives huge pages")
{
    for (const char* value : {"always", "madvise", "never"})
    {
        CAPTURE (value);
        const Setting enabled (settingPath ("enabled"), value);
        REQUIRE (asRootAndNobody ([] { return onHugePages<Local> (64 * MiB); }) == "");
        REQUIRE (asRootAndNobody ([] { return onHugePages<Shared> (64 * MiB); }) == "");
        REQUIRE (asRootAndNobody ([] { return onHugePages<Local> (64 * MiB, asking (HugePages::Require)); }) == "");
        REQUIRE (asRootAndNobody ([] { return onHugePages<Shared> (64 * MiB, asking (HugePages::Require)); }) == "");
        REQUIRE (asRootAndNobody ([] { return onHugePages<BaselineShared> (64 * MiB); }) != "");
        if (std::string (value) != "always")  // newer kernels align plain mappings too
        {
            REQUIRE (asRootAndNobody ([] { return onHugePages<BaselineLocal> (64 * MiB); }) != "");
        }
    }
}

TEST_CASE ("undumpable process gets huge pages as well")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ();
        become (nobody, false);
        CLAIM (::access ("/proc/self/pagemap", R_OK) == -1);
        auto local = Local::make (64 * MiB);
        auto shared = Shared::make (64 * MiB);
        auto opener = Shared::make (64 * MiB);
        CLAIM (!opener.created ());
        CLAIM_EQUAL (entries ("/dev/shm").size (), 1);
        mayLookAgain ();
        CLAIM (holdsBytes (local));
        CLAIM_EQUAL (smaps (local.get (), local.size ()).huge, 64 * MiB);
        CLAIM_EQUAL (smaps (shared.get (), shared.size ()).huge, 64 * MiB);
        CLAIM_EQUAL (smaps (opener.get (), opener.size ()).huge, 64 * MiB);
        CLAIM_EQUAL (join::ShmMem::unlink (segmentName ()), 0);
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("Never and small memory override transparent_hugepage always")
{
    const Setting enabled (settingPath ("enabled"), "always");
    REQUIRE (asRootAndNobody ([] { return onBasePages<Local> (64 * MiB, asking (HugePages::Never)); }) == "");
    REQUIRE (asRootAndNobody ([] { return onBasePages<Shared> (64 * MiB, asking (HugePages::Never)); }) == "");
    REQUIRE (asRootAndNobody ([] { return onBasePages<Local> (4 * KiB); }) == "");
    REQUIRE (asRootAndNobody ([] { return costsItsSize<Local> (3 * MiB); }) == "");
    REQUIRE (asRootAndNobody ([] { return costsItsSize<Shared> (3 * MiB); }) == "");
    REQUIRE (asRootAndNobody ([] { return onBasePages<BaselineLocal> (64 * MiB, asking (HugePages::Never)); }) != "");
}

TEST_CASE ("refused collapsing makes Prefer report, Require fail")
{
    const Setting enabled (settingPath ("enabled"), "never");
    REQUIRE (
        asRootAndNobody ([] {
            refuseAdvice (adviceCollapse, EINVAL);
            return refusesHugePages<Local> (64 * MiB, {"transparent_hugepage/enabled", "never", "nr_hugepages is 0"});
        })
        == "");
    REQUIRE (asRootAndNobody ([] {
                 refuseAdvice (adviceCollapse, EINVAL);
                 return refusesHugePages<Shared> (64 * MiB, {"nr_hugepages is 0", "hugetlbfs"});
             })
             == "");
    // Not refused: the body must notice the difference.
    REQUIRE (asRootAndNobody ([] { return refusesHugePages<Local> (64 * MiB, {}); }) != "");
}

TEST_CASE ("local memory has huge pages without collapsing")
{
    const Setting enabled (settingPath ("enabled"), "madvise");
    for (int error : {EINVAL, EPERM, ENOSYS})
    {
        CAPTURE (error);
        REQUIRE (asRootAndNobody ([=] {
                     refuseAdvice (adviceCollapse, error);
                     return onHugePages<Local> (64 * MiB);
                 })
                 == "");
    }
}

TEST_CASE ("refused populating falls back to touching every page")
{
    const Setting enabled (settingPath ("enabled"), "madvise");
    constexpr unsigned advicePopulateWrite = 23;
    for (int error : {EINVAL, EPERM, ENOSYS})
    {
        CAPTURE (error);
        // By mincore(2): memory management may unmap a page of shared memory that stays in RAM (DAMON's pageout, where
        // there is no swap), which Rss and so placement () count no longer.
        const auto resident = [=] (auto memory) -> std::string {
            const uint64_t pages = present (memory.get (), memory.size ());
            return pages == memory.size () ? "" : std::to_string (pages) + " bytes are there";
        };
        REQUIRE (asRootAndNobody ([=] {
                     refuseAdvice (advicePopulateWrite, error);
                     return resident (join::LocalMem (1 * MiB)) + resident (join::LocalMem (64 * MiB))
                            + resident (join::ShmMem (1 * MiB, "/small"))
                            + resident (join::ShmMem (64 * MiB, "/large"));
                 })
                 == "");
    }
}

TEST_CASE ("Prefer and Require report PR_SET_THP_DISABLE")
{
    const Setting enabled (settingPath ("enabled"), "always");
    REQUIRE (asRootAndNobody ([] {
                 noTransparentPages ();
                 return refusesHugePages<Local> (64 * MiB, {"PR_SET_THP_DISABLE", "nr_hugepages is 0"});
             })
             == "");
    REQUIRE (asRootAndNobody ([] {
                 noTransparentPages ();
                 return refusesHugePages<Shared> (64 * MiB, {"PR_SET_THP_DISABLE", "nr_hugepages is 0"});
             })
             == "");
}

TEST_CASE ("shmem_enabled deny falls back with a reason")
{
    const Setting enabled (settingPath ("shmem_enabled"), "deny");
    REQUIRE (asRootAndNobody ([] {
                 return refusesHugePages<Shared> (64 * MiB, {"transparent_hugepage/shmem_enabled", "deny"});
             })
             == "");
    REQUIRE (asRootAndNobody ([] { return onHugePages<Local> (64 * MiB); }) == "");
}

TEST_CASE ("refused huge page leaves no extra memory allocated")
{
    const Setting enabled (settingPath ("shmem_enabled"), "deny");
    REQUIRE (asRootAndNobody ([] { return costsItsSize<Shared> (3 * MiB); }) == "");
}

TEST_CASE ("huge=always mount gives huge pages except for Never")
{
    const auto body = [] (const char* options, const std::function<std::string ()>& inside) {
        return inChild ([=] () -> std::string {
            ownShm (options);
            return inside ();
        });
    };
    REQUIRE (body ("mode=1777,huge=always", [] { return onHugePages<Shared> (64 * MiB); }) == "");
    REQUIRE (body ("mode=1777,huge=within_size", [] { return costsItsSize<Shared> (3 * MiB); }) == "");
    REQUIRE (body ("mode=1777,huge=within_size", [] { return onBasePages<Shared> (4 * KiB); }) == "");
    REQUIRE (body ("mode=1777,huge=always", [] { return onBasePages<Shared> (64 * MiB, asking (HugePages::Never)); })
             == "");
}
