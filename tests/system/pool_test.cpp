// SPDX-License-Identifier: MIT
// Huge pages from a reserved pool: used if needed or requested, and returned; also with a pool that is too small or
// empty.
#include "guardian.hpp"
#include "huge_bodies.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <memory>
#include <sys/stat.h>

std::string missing ()
{
    if (!Setting::turns (poolSetting ()))
    {
        return poolSetting () + " cannot be written (root, and a /sys that is writable)";
    }
    if (numberOf (poolSetting ()) != 0)
    {
        return "the machine has a pool of its own, which these tests leave alone";
    }
    {
        const Setting pool (poolSetting (), "40");
        if (numberOf (poolSetting ("free_hugepages")) < 40)
        {
            return "the machine has no 40 huge pages to reserve";
        }
    }
    return missingRoot ();
}

namespace
{
using join::HugePages;

std::string inOwnShm (unsigned user, const std::function<std::string ()>& body)
{
    return inChild ([&] () -> std::string {
        ownShm ();
        if (user != 0)
        {
            become (user);
        }
        return body ();
    });
}

uint64_t freePages ()
{
    return numberOf (poolSetting ("free_hugepages")) - numberOf (poolSetting ("resv_hugepages"));
}

// While the memory exists, its whole huge pages are on pool pages.
template <typename Kind>
std::string fromThePool (uint64_t size, const join::MemOptions& options, uint64_t fromPool)
{
    Unlinked segment;
    const uint64_t before = freePages ();
    {
        auto memory = Kind::make (size, options);
        CLAIM_EQUAL (before - freePages (), fromPool / hugePage);
        CLAIM (holdsBytes (memory));
        const Smaps seen = smaps (memory.get (), memory.size ());
        CLAIM_EQUAL (seen.pool, fromPool);
        CLAIM_EQUAL (*memory.placement ().hugeBytes, seen.huge);
        CLAIM_EQUAL (memory.size (), size);
        if (fromPool != 0)
        {
            CLAIM_EQUAL (memory.pageSize (), size > fromPool ? 4 * KiB : hugePage);
        }
        if (!Kind::shared)
        {
            CLAIM_EQUAL (memory.placement ().backing, std::string (fromPool != 0 ? "pool" : "anonymous"));
        }
    }
    Unlinked::remove ();
    CLAIM_EQUAL (freePages (), before);
    return "";
}
}  // namespace

TEST_CASE ("pool stays unused while transparent huge pages work")
{
    const Setting pool (poolSetting (), "40");
    for (unsigned user : {0U, nobody})
    {
        CAPTURE (user);
        REQUIRE (inOwnShm (user, [] { return onHugePages<Local> (64 * MiB); }) == "");
        REQUIRE (inOwnShm (user, [] { return onHugePages<Shared> (64 * MiB); }) == "");
        REQUIRE (inOwnShm (user, [] { return fromThePool<Local> (64 * MiB, join::MemOptions (), 0); }) == "");
    }
}

TEST_CASE ("local memory uses the pool without transparent pages")
{
    const Setting pool (poolSetting (), "40");
    for (unsigned user : {0U, nobody})
    {
        CAPTURE (user);
        const auto without = [=] (uint64_t size, HugePages huge, uint64_t fromPool) {
            return inOwnShm (user, [=] {
                noTransparentPages ();
                return fromThePool<Local> (size, asking (huge), fromPool);
            });
        };
        REQUIRE (without (64 * MiB, HugePages::Prefer, 64 * MiB) == "");
        REQUIRE (without (64 * MiB, HugePages::Require, 64 * MiB) == "");
        REQUIRE (without (3 * MiB, HugePages::Prefer, 2 * MiB) == "");
        REQUIRE (without (3 * MiB, HugePages::Require, 4 * MiB) == "");
        REQUIRE (without (64 * MiB, HugePages::Never, 0) == "");
        REQUIRE (without (4 * KiB, HugePages::Prefer, 0) == "");
    }
}

TEST_CASE ("required page size uses the pool directly")
{
    const Setting pool (poolSetting (), "40");
    for (unsigned user : {0U, nobody})
    {
        CAPTURE (user);
        const auto options = asking (HugePages::Require, hugePage);
        REQUIRE (inOwnShm (user, [=] { return fromThePool<Local> (64 * MiB, options, 64 * MiB); }) == "");
    }
}

TEST_CASE ("small pool makes Prefer fall back, Require throw")
{
    const Setting pool (poolSetting (), "8");
    for (unsigned user : {0U, nobody})
    {
        CAPTURE (user);
        const std::string text = inOwnShm (user, [] {
            noTransparentPages ();
            return refusesHugePages<Local> (64 * MiB, {"nr_hugepages is 8", "8 free"});
        });
        REQUIRE (text == "");
    }
    // Without a reservation, as some programs do it: killed at the first touch.
    const std::string baseline = inChild ([] () -> std::string {
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE;
        void* memory = ::mmap (nullptr, 64 * MiB, PROT_READ | PROT_WRITE, flags, -1, 0);
        CLAIM (memory != MAP_FAILED);
        for (uint64_t at = 0; at < 64 * MiB; at += hugePage)
        {
            static_cast<volatile char*> (memory)[at] = 1;
        }
        return "";
    });
    REQUIRE (baseline == "killed by SIGBUS");
}

TEST_CASE ("exhausted pool causes no SIGBUS")
{
    const Setting pool (poolSetting (), "8");
    const std::string text = inOwnShm (0, [] () -> std::string {
        noTransparentPages ();
        auto first = Local::make (16 * MiB, asking (HugePages::Require));
        CLAIM_EQUAL (freePages (), 0);
        return refusesHugePages<Local> (4 * MiB, {"nr_hugepages is 8", "0 free"});
    });
    REQUIRE (text == "");
}

TEST_CASE ("smallest available pool page is used")
{
    const Setting pool (poolSetting (), "8");
    const std::string text = inOwnShm (nobody, [] () -> std::string {
        const auto options = asking (HugePages::Prefer, hugePage);
        return onHugePages<Local> (64 * MiB, options);  // more than the pool has
    });
    REQUIRE (text == "");
}

TEST_CASE ("required segment falls back to a hugetlbfs mount")
{
    const Setting pool (poolSetting (), "40");
    for (unsigned user : {0U, nobody})
    {
        CAPTURE (user);
        const std::string text = inChild ([=] () -> std::string {
            ownShm ();
            const std::string folder = ownHugetlbfs ("pagesize=2M");
            become (user);
            noTransparentPages ();
            const std::string got = fromThePool<Shared> (64 * MiB, asking (HugePages::Require), 64 * MiB);
            CLAIM_EQUAL (got, "");
            auto maker = Shared::make (3 * MiB, asking (HugePages::Require));
            CLAIM_EQUAL (maker.placement ().backing, "hugetlbfs");
            CLAIM (exists (folder + segmentName ()));
            CLAIM (!exists (segmentPath ()));
            CLAIM_EQUAL (*maker.placement ().residentBytes, 4 * MiB);
            auto opener = Shared::make (3 * MiB);
            CLAIM (!opener.created ());
            CLAIM_EQUAL (opener.size (), 3 * MiB);
            *static_cast<int*> (maker.get (3 * MiB - 4)) = 42;
            CLAIM_EQUAL (*static_cast<int*> (opener.get (3 * MiB - 4)), 42);
            join::MemOptions only;
            only.openMode = join::OpenMode::CreateOnly;
            CLAIM_SAYS (attempt ([&] { Shared::make (3 * MiB, only); }), "EEXIST: ");
            CLAIM_EQUAL (join::ShmMem::unlink (segmentName ()), 0);
            CLAIM_EQUAL (entries (folder).size (), 0);
            return "";
        });
        REQUIRE (text == "");
    }
}

TEST_CASE ("insufficient hugetlbfs or pool leaves no name")
{
    const Setting pool (poolSetting (), "8");
    for (const char* options : {"pagesize=2M,size=4M", "pagesize=2M"})
    {
        CAPTURE (options);
        const std::string text = inChild ([=] () -> std::string {
            ownShm ();
            const std::string folder = ownHugetlbfs (options);
            noTransparentPages ();
            const std::string before = belongings ();
            const std::string got = attempt ([] { Shared::make (64 * MiB, asking (HugePages::Require)); });
            CLAIM (says (got, "ENOMEM: ") || says (got, "ENOSPC: "));
            CLAIM_EQUAL (entries (folder).size (), 0);
            CLAIM_EQUAL (entries ("/dev/shm").size (), 0);
            CLAIM_EQUAL (belongings (), before);
            CLAIM_EQUAL (freePages (), 8);
            CLAIM_EQUAL (onBasePages<Shared> (64 * MiB), "");
            return "";
        });
        REQUIRE (text == "");
    }
}

TEST_CASE ("unwritable hugetlbfs is not used and reported")
{
    const Setting pool (poolSetting (), "40");
    const std::string text = inChild ([] () -> std::string {
        ownShm ();
        const std::string folder = ownHugetlbfs ("pagesize=2M,mode=0755");
        become (nobody);
        noTransparentPages ();
        CLAIM_SAYS (attempt ([] { Shared::make (64 * MiB, asking (HugePages::Require)); }),
                    "ENOMEM: ", {"/mnt/huge is not writable", "nr_hugepages is 40"});
        CLAIM_EQUAL (onBasePages<Shared> (64 * MiB), "");
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("hugetlbfs mounted later under an odd name is found")
{
    const Setting pool (poolSetting (), "40");
    const std::string text = inChild ([] () -> std::string {
        ownShm ();
        Shared::make (4 * KiB);  // the library reads the list of mounts here
        CLAIM_EQUAL (join::ShmMem::unlink (segmentName ()), 0);
        mountAt ("tmpfs", "/mnt", "size=1m,mode=755");
        const std::string folder = "/mnt/with a space";
        CLAIM_EQUAL (::mkdir (folder.c_str (), 0755), 0);
        mountAt ("hugetlbfs", folder, "mode=1777,pagesize=2M");
        CLAIM_EQUAL (inChild ([] () -> std::string {
                         noTransparentPages ();
                         return attempt ([] { Shared::make (2 * MiB, asking (HugePages::Require)); });
                     }),
                     "done");
        CLAIM (exists (folder + segmentName ()));
        join::MemOptions only;
        only.openMode = join::OpenMode::OpenOnly;
        CLAIM_EQUAL (Shared::make (0, only).size (), 2 * MiB);
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("unused pool pages return to the pool")
{
    const Setting pool (poolSetting (), "40");
    const std::string text = inChild ([] () -> std::string {
        join::MemOptions options = asking (HugePages::Require);
        options.hugePageSize = hugePage;
        options.numaNode = 1000;
        const uint64_t before = freePages ();
        CLAIM (attempt ([&] { Local::make (8 * MiB, options); }) != "done");
        CLAIM_EQUAL (freePages (), before);
        return "";
    });
    REQUIRE (text == "");
}
