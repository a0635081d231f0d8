// SPDX-License-Identifier: MIT
// /dev/shm as it may be met: too full, missing, read-only, or no tmpfs at all.
#include "huge_bodies.hpp"
#include "needs.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <sys/mount.h>
#include <sys/stat.h>

std::string missing ()
{
    return missingRoot ();
}

namespace
{
using join::HugePages;

const HugePages all[] = {HugePages::Prefer, HugePages::Never, HugePages::Require};

// A child with a /dev/shm of these options, in which the segment is made and filled.
template <typename Kind>
std::string makes (const std::string& options, uint64_t size, const join::MemOptions& asked = join::MemOptions ())
{
    return inChild ([&] () -> std::string {
        ownShm (options);
        attempt ([&] { Kind::make (0, asked); });
        const std::string before = belongings ();
        const std::string text = attempt ([&] {
            auto memory = Kind::make (size, asked);
            if (!holdsBytes (memory))
            {
                throw std::runtime_error ("bytes are lost");
            }
        });
        CLAIM_EQUAL (entries ("/dev/shm").size (), text == "done" ? 1 : 0);
        Unlinked::remove ();
        CLAIM_EQUAL (belongings (), before);
        return text;
    });
}
}  // namespace

TEST_CASE ("a full /dev/shm refuses the segment and leaves no name, where the naive way is killed")
{
    for (HugePages huge : all)
    {
        CAPTURE (huge);
        const std::string text = makes<Shared> ("size=1m", 4 * MiB, asking (huge));
        CAPTURE (text);
        REQUIRE (says (text, "ENOSPC: ", {"/dev/shm", "1 MiB", "4 MiB"}));
    }
    REQUIRE (makes<NaiveShared> ("size=1m", 4 * MiB) == "killed by SIGBUS");
    REQUIRE (makes<Shared> ("size=1m", MiB) == "done");
    REQUIRE (says (makes<Shared> ("size=1m", MiB + 1), "ENOSPC: "));
    REQUIRE (makes<Shared> ("size=64m", 64 * MiB) == "done");
}

TEST_CASE ("what others have in /dev/shm is not there to be had")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("size=8m");
        join::ShmMem first (5 * MiB, segmentName ("first"));
        for (HugePages huge : all)
        {
            CLAIM_SAYS (attempt ([=] { Shared::make (4 * MiB, asking (huge)); }),
                        "ENOSPC: ", {"/dev/shm has 3 MiB", "8 MiB", "4 MiB"});
            CLAIM_EQUAL (entries ("/dev/shm").size (), 1);
        }
        CLAIM (holdsBytes (first));
        auto fits = Shared::make (3 * MiB);
        CLAIM (holdsBytes (fits));
        CLAIM_SAYS (attempt ([=] { join::ShmMem (4 * KiB, segmentName ("small")); }), "ENOSPC: ", {"0 bytes free"});
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("a hole in a segment is filled by its opener, or the opener is told that it cannot be")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("size=4m");
        const int sparse = naiveFile (2 * MiB, segmentName (), join::MemOptions ());
        auto opener = Shared::make (2 * MiB);
        CLAIM (!opener.created ());
        CLAIM_EQUAL (occupied (segmentPath ()), 2 * MiB);
        CLAIM (holdsBytes (opener));
        CLAIM_EQUAL (::ftruncate (sparse, 8 * MiB), 0);  // no longer what is there
        CLAIM_SAYS (attempt ([] { Shared::make (8 * MiB); }), "ENOSPC: ");
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("a /dev/shm without inodes left is ENOSPC")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("size=8m,nr_inodes=2");  // the folder and one more
        join::ShmMem first (4 * KiB, segmentName ("first"));
        CLAIM_SAYS (attempt ([] { Shared::make (4 * KiB); }), "ENOSPC: ", {"/dev/shm"});
        CLAIM_EQUAL (entries ("/dev/shm").size (), 1);
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("a missing /dev/shm is ENOENT, for the maker and the opener; nothing is there to unlink")
{
    const std::string text = inChild ([] () -> std::string {
        ownMounts ();
        mountAt ("tmpfs", "/dev", "size=1m");
        for (auto mode : {join::OpenMode::CreateOrOpen, join::OpenMode::CreateOnly, join::OpenMode::OpenOnly})
        {
            join::MemOptions options;
            options.mode = mode;
            CLAIM_SAYS (attempt ([&] { Shared::make (4 * KiB, options); }), "ENOENT: ", {"/dev/shm"});
        }
        CLAIM_EQUAL (join::ShmMem::unlink (segmentName ()), 0);
        CLAIM_EQUAL (attempt ([] { Local::make (4 * MiB); }), "done");
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("a read-only /dev/shm is EROFS for who makes or writes, and can be read")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("size=8m");
        {
            auto memory = Shared::make (4 * KiB);
            *static_cast<int*> (memory.get ()) = 42;
        }
        CLAIM (::mount ("none", "/dev/shm", nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
        const std::string before = belongings ();
        CLAIM_SAYS (attempt ([] { join::ShmMem (4 * KiB, segmentName ("new")); }),
                    "EROFS: ", {"/dev/shm", "read-only"});
        CLAIM_SAYS (attempt ([] { Shared::make (4 * KiB); }), "EROFS: ", {"/dev/shm", "read-only"});
        join::MemOptions options;
        options.mode = join::OpenMode::OpenOnly;
        options.readOnly = true;
        {
            const auto memory = Shared::make (4 * KiB, options);
            CLAIM_EQUAL (*static_cast<const int*> (memory.get ()), 42);
        }
        CLAIM_SAYS (attemptCall ([] { return join::ShmMem::unlink (segmentName ()); }), "EROFS: ");
        CLAIM_EQUAL (belongings (), before);
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("a /dev/shm that its user may not write to is EACCES")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("size=8m,mode=0755");
        become (nobody);
        CLAIM_SAYS (attempt ([] { Shared::make (4 * KiB); }), "EACCES: ", {"/dev/shm"});
        return "";
    });
    REQUIRE (text == "");
}

namespace
{
// What is promised of a /dev/shm that is no tmpfs.
std::string servesOnBasePages ()
{
    const std::string before = belongings ();
    for (HugePages huge : {HugePages::Prefer, HugePages::Never})
    {
        Unlinked segment;
        auto maker = Shared::make (64 * MiB, asking (huge));
        auto opener = Shared::make (64 * MiB);
        CLAIM (holdsBytes (maker));
        CLAIM (!opener.created ());
        CLAIM_EQUAL (*static_cast<uint64_t*> (opener.get (4096)), 4097);
        CLAIM_EQUAL (maker.placement ().backing, "file");
        CLAIM_EQUAL (maker.pageSize (), 4 * KiB);
        CLAIM_EQUAL (*maker.placement ().hugeBytes, smaps (maker.get (), maker.size ()).huge);
        CLAIM (huge == HugePages::Never || fallbacksOf (maker).find ("tmpfs") != std::string::npos);
    }
    const std::string text = attempt ([] { Shared::make (64 * MiB, asking (HugePages::Require)); });
    CLAIM_SAYS (text, "ENOMEM: ", {"tmpfs"});
    CLAIM_EQUAL (entries ("/dev/shm").size (), 0);
    CLAIM_EQUAL (belongings (), before);
    return "";
}
}  // namespace

TEST_CASE ("a /dev/shm that is a folder of a disk serves, on base pages, and placement () says so", "[disk]")
{
    char folder[] = "/var/tmp/joinmem-test-XXXXXX";
    REQUIRE (::mkdtemp (folder) != nullptr);
    const std::string text = inChild ([&] () -> std::string {
        ownMounts ();
        bindAt (folder, "/dev/shm");
        return servesOnBasePages ();
    });
    ::rmdir (folder);
    REQUIRE (text == "");
}

TEST_CASE ("a /dev/shm that is a ramfs or an overlay serves, on base pages, and placement () says so", "[disk]")
{
    const std::string ramfs = inChild ([] () -> std::string {
        ownMounts ();
        mountAt ("ramfs", "/dev/shm", "");
        return servesOnBasePages ();
    });
    CHECK (ramfs == "");
    const std::string overlay = inChild ([] () -> std::string {
        ownMounts ();
        mountAt ("tmpfs", "/mnt", "size=256m");
        for (const char* folder : {"/mnt/lower", "/mnt/upper", "/mnt/work"})
        {
            CLAIM_EQUAL (::mkdir (folder, 0777), 0);
        }
        mountAt ("overlay", "/dev/shm", "lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work");
        return servesOnBasePages ();
    });
    CHECK (overlay == "");
    REQUIRE (inChild ([] () -> std::string {
                 ownShm ();
                 return servesOnBasePages ();
             })
             != "");
}

TEST_CASE ("a full disk behind /dev/shm is ENOSPC and leaves no name", "[disk]")
{
    const std::string text = inChild ([] () -> std::string {
        ownMounts ();
        mountAt ("tmpfs", "/mnt", "size=8m");
        for (const char* folder : {"/mnt/lower", "/mnt/upper", "/mnt/work"})
        {
            CLAIM_EQUAL (::mkdir (folder, 0777), 0);
        }
        mountAt ("overlay", "/dev/shm", "lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work");
        const std::string before = belongings ();
        CLAIM_SAYS (attempt ([] { Shared::make (64 * MiB); }), "ENOSPC: ", {"/dev/shm", "64 MiB"});
        CLAIM_EQUAL (entries ("/dev/shm").size (), 0);
        CLAIM_EQUAL (belongings (), before);
        return "";
    });
    REQUIRE (text == "");
}
