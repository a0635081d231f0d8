// SPDX-License-Identifier: MIT
// States of /dev/shm: full, missing, read-only, or no tmpfs.
#include "huge_bodies.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <functional>
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

// A child with a /dev/shm of these options, in which the segment is created and filled.
template <typename Kind>
std::string makes (const std::string& options, uint64_t size, const join::MemOptions& memOptions = join::MemOptions ())
{
    return inChild ([&] () -> std::string {
        ownShm (options);
        attempt ([&] { Kind::make (0, memOptions); });
        const std::string before = belongings ();
        const std::string text = attempt ([&] {
            auto memory = Kind::make (size, memOptions);
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

TEST_CASE ("full /dev/shm fails with no name left")
{
    for (HugePages huge : all)
    {
        CAPTURE (huge);
        const std::string text = makes<Shared> ("size=1m", 4 * MiB, asking (huge));
        CAPTURE (text);
        REQUIRE (says (text, "ENOSPC: ", {"/dev/shm", "1 MiB", "4 MiB"}));
    }
    REQUIRE (makes<BaselineShared> ("size=1m", 4 * MiB) == "killed by SIGBUS");
    REQUIRE (makes<Shared> ("size=1m", MiB) == "done");
    REQUIRE (says (makes<Shared> ("size=1m", MiB + 1), "ENOSPC: "));
    REQUIRE (makes<Shared> ("size=64m", 64 * MiB) == "done");
}

TEST_CASE ("space used by others in /dev/shm is unavailable")
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

TEST_CASE ("opener fills a sparse segment or reports failure")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("size=4m");
        const int sparse = baselineFile (2 * MiB, segmentName (), join::MemOptions ());
        auto opener = Shared::make (2 * MiB);
        CLAIM (!opener.created ());
        CLAIM_EQUAL (occupied (segmentPath ()), 2 * MiB);
        CLAIM (holdsBytes (opener));
        CLAIM_EQUAL (::ftruncate (sparse, 8 * MiB), 0);  // more than /dev/shm has
        CLAIM_SAYS (attempt ([] { Shared::make (8 * MiB); }), "ENOSPC: ");
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("/dev/shm without free inodes fails with ENOSPC")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("size=8m,nr_inodes=2");  // the directory and one more
        join::ShmMem first (4 * KiB, segmentName ("first"));
        CLAIM_SAYS (attempt ([] { Shared::make (4 * KiB); }), "ENOSPC: ", {"/dev/shm"});
        CLAIM_EQUAL (entries ("/dev/shm").size (), 1);
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("missing /dev/shm fails with ENOENT")
{
    const std::string text = inChild ([] () -> std::string {
        ownMounts ();
        mountAt ("tmpfs", "/dev", "size=1m");
        for (auto mode : {join::OpenMode::CreateOrOpen, join::OpenMode::CreateOnly, join::OpenMode::OpenOnly})
        {
            join::MemOptions options;
            options.openMode = mode;
            CLAIM_SAYS (attempt ([&] { Shared::make (4 * KiB, options); }), "ENOENT: ", {"/dev/shm"});
        }
        CLAIM_EQUAL (join::ShmMem::unlink (segmentName ()), 0);
        CLAIM_EQUAL (attempt ([] { Local::make (4 * MiB); }), "done");
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("read-only /dev/shm rejects writers and serves readers")
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
        options.openMode = join::OpenMode::OpenOnly;
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

TEST_CASE ("unwritable /dev/shm fails with EACCES")
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
// What holds for a /dev/shm that is not a tmpfs.
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

TEST_CASE ("/dev/shm on a disk serves base pages", "[disk]")
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

TEST_CASE ("/dev/shm on ramfs or overlay serves base pages", "[disk]")
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

TEST_CASE ("full disk under /dev/shm leaves no name", "[disk]")
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

namespace
{
// A segment under a filter that refuses unnamed files, or all new files.
std::string makesUnderFilter (int error, bool namedToo)
{
    return inChild ([=] () -> std::string {
        ownShm ();
        refuseNewFiles (error, namedToo);
        const std::string text = attempt ([] {
            auto memory = Shared::make (MiB);
            if (!memory.created () || !holdsBytes (memory))
            {
                throw std::runtime_error ("it is not whole");
            }
        });
        const std::vector<std::string> left = entries ("/dev/shm");
        CLAIM_EQUAL (left.size (), text == "done" ? 1 : 0);
        CLAIM (left.empty () || "/" + left.front () == segmentName ());
        return text;
    });
}
}  // namespace

TEST_CASE ("segment is created without unnamed files")
{
    CHECK (makesUnderFilter (EACCES, false) == "done");
    CHECK (makesUnderFilter (EPERM, false) == "done");
}

TEST_CASE ("refused files name the security module")
{
    CHECK (says (makesUnderFilter (EACCES, true), "EACCES: ", {"security module", "/dev/shm", "seccomp"}));
    CHECK (says (makesUnderFilter (EPERM, true), "EPERM: ", {"security module", "/dev/shm", "seccomp"}));
    const std::string closed = inChild ([] () -> std::string {
        ownShm ("mode=0755");
        become (nobody);
        return attempt ([] { Shared::make (MiB); });
    });
    CHECK (says (closed, "EACCES: ", {"its mode should be 1777"}));
}

TEST_CASE ("working name contains the segment's name, is reserved")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ();
        const std::string bare = segmentName ().substr (1);
        const std::string stale = bare + ".joinmem-0123456789abcdef";
        const int file = ::open (("/dev/shm/" + stale).c_str (), O_CREAT | O_RDWR, 0600);
        CLAIM (file != -1);
        ::close (file);
        CLAIM_SAYS (attempt ([&] { join::ShmMem (4 * KiB, stale); }), "EINVAL: ", {".joinmem-"});
        CLAIM_EQUAL (attempt ([&] { join::ShmMem (4 * KiB, bare + ".joinmem-x"); }), "done");
        refuseNewFiles (EACCES, false);
        CLAIM_EQUAL (attempt ([] { Shared::make (MiB); }), "done");
        CLAIM_EQUAL (entries ("/dev/shm").size (), 2);  // the file of an earlier creator has been removed
        const std::string longest = std::string (255, 'n');
        CLAIM_EQUAL (attempt ([&] { join::ShmMem (4 * KiB, longest); }), "done");
        return "";
    });
    CHECK (text == "");
}

TEST_CASE ("missing /sys gives huge pages or a reason")
{
    const auto without = [] (const std::function<std::string ()>& body) {
        return inChild ([&] () -> std::string {
            ownShm ();
            mountAt ("tmpfs", "/sys", "size=1m");
            return body ();
        });
    };
    const auto isHuge = [] (auto memory) -> std::string {
        return smaps (memory.get (), memory.size ()).huge == memory.size () ? "huge" : "not";
    };
    for (bool shared : {false, true})
    {
        const auto made = [&] { return shared ? isHuge (Shared::make (64 * MiB)) : isHuge (Local::make (64 * MiB)); };
        const std::string with = inChild ([&] () -> std::string {
            ownShm ();
            return made ();
        });
        CHECK (without (made) == with);
    }
    const auto check = [] (auto memory) -> std::string {
        const bool huge = smaps (memory.get (), memory.size ()).huge == memory.size ();
        const std::string reasons = fallbacksOf (memory);
        CLAIM_EQUAL (huge, reasons.empty ());
        CLAIM (huge || reasons.find ("/sys is not mounted") != std::string::npos);
        CLAIM (reasons.find ("do not exist") == std::string::npos);
        return "";
    };
    CHECK (without ([&] { return check (Local::make (64 * MiB)); }) == "");
    CHECK (without ([&] { return check (Shared::make (64 * MiB)); }) == "");
    for (bool shared : {false, true})
    {
        const std::string text = without ([&] {
            return attempt ([&] {
                shared ? void (Shared::make (64 * MiB, asking (HugePages::Require)))
                       : void (Local::make (64 * MiB, asking (HugePages::Require)));
            });
        });
        CHECK ((text == "done" || text.find ("/sys is not mounted") != std::string::npos));
    }
    const std::string refused = without ([&] () -> std::string {
        refuseAdvice (adviceCollapse, EINVAL);
        return attempt ([] { Shared::make (64 * MiB, asking (HugePages::Require)); });
    });
    CAPTURE (refused);
    CHECK (says (refused, "ENOMEM: ", {"/sys is not mounted"}));
}
