// SPDX-License-Identifier: MIT
// Segments of other users, and what they may plant: refused, for root too.
#include "guardian.hpp"
#include "look.hpp"
#include "naive.hpp"
#include "needs.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

std::string missing ()
{
    return missingRoot ();
}

namespace
{
constexpr unsigned somebody = 65533;

join::MemOptions permitting (unsigned permissions, join::OpenMode mode = join::OpenMode::CreateOrOpen)
{
    join::MemOptions options;
    options.permissions = permissions;
    options.mode = mode;
    return options;
}

// A segment of `maker`, made with these permissions, and what becomes of `opener` who comes with those.
template <typename Kind>
std::string meets (unsigned maker, unsigned made, unsigned opener, unsigned opened)
{
    return inChild ([=] () -> std::string {
        ownShm ("mode=1777");
        const std::string making = inChild ([=] () -> std::string {
            become (maker);
            return attempt ([=] { Kind::make (4 * KiB, permitting (made)); });
        });
        CLAIM_EQUAL (making, "done");
        struct stat facts;
        CLAIM_EQUAL (::stat (segmentPath ().c_str (), &facts), 0);
        CLAIM_EQUAL (facts.st_uid, maker);
        become (opener);
        return attempt ([=] {
            auto memory = Kind::make (4 * KiB, permitting (opened));
            *static_cast<int*> (memory.get ()) = 1;
        });
    });
}
}  // namespace

TEST_CASE ("a segment of another user is EACCES unless both sides permit it")
{
    REQUIRE (says (meets<Shared> (somebody, 0600, nobody, 0600), "EACCES: ", {"65534"}));
    REQUIRE (says (meets<Shared> (somebody, 0600, nobody, 0666), "EACCES: "));
    REQUIRE (says (meets<Shared> (somebody, 0666, nobody, 0600), "EACCES: ", {"belongs to user 65533"}));
    REQUIRE (says (meets<Shared> (somebody, 0666, nobody, 0), "EACCES: ", {"belongs to user 65533"}));
    REQUIRE (meets<Shared> (somebody, 0666, nobody, 0666) == "done");
    REQUIRE (meets<Shared> (0, 0666, nobody, 0660) == "done");
    REQUIRE (meets<Shared> (somebody, 0600, somebody, 0600) == "done");
}

TEST_CASE ("where fs.protected_regular forbids O_CREAT on what is another's, both sides still share")
{
    const std::string path = "/proc/sys/fs/protected_regular";
    if (!Knob::turns (path))
    {
        return;
    }
    for (const char* value : {"0", "1", "2"})
    {
        const Knob knob (path, value);
        REQUIRE (meets<Shared> (somebody, 0666, nobody, 0666) == "done");
        REQUIRE (meets<Shared> (somebody, 0666, 0, 0666) == "done");
        REQUIRE ((meets<NaiveShared> (somebody, 0666, 0, 0666) == "done") == (std::string (value) == "0"));
    }
}

TEST_CASE ("a segment of another user is EACCES for root too unless permissions let others in")
{
    REQUIRE (says (meets<Shared> (nobody, 0600, 0, 0600), "EACCES: ", {"belongs to user 65534"}));
    REQUIRE (says (meets<Shared> (nobody, 0666, 0, 0600), "EACCES: ", {"belongs to user 65534"}));
    REQUIRE (meets<Shared> (nobody, 0600, 0, 0660) == "done");
    REQUIRE (meets<Shared> (nobody, 0600, 0, 0606) == "done");
    REQUIRE (inChild ([] () -> std::string {
                 ownShm ("mode=0777");  // where the kernel's protected_regular leaves O_CREAT alone
                 CLAIM_EQUAL (inChild ([] () -> std::string {
                                  become (nobody);
                                  return attempt ([] { NaiveShared::make (4 * KiB); });
                              }),
                              "done");
                 return attempt ([] { NaiveShared::make (4 * KiB); });
             })
             == "done");
}

TEST_CASE ("OpenOnly and CreateOnly refuse another user's segment as well")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("mode=1777");
        CLAIM_EQUAL (inChild ([] () -> std::string {
                         become (nobody);
                         return attempt ([] { Shared::make (4 * KiB, permitting (0666)); });
                     }),
                     "done");
        CLAIM_SAYS (attempt ([] { Shared::make (4 * KiB, permitting (0600, join::OpenMode::OpenOnly)); }), "EACCES: ");
        CLAIM_SAYS (attempt ([] { Shared::make (0, permitting (0600, join::OpenMode::OpenOnly)); }), "EACCES: ");
        CLAIM_SAYS (attempt ([] { Shared::make (4 * KiB, permitting (0666, join::OpenMode::CreateOnly)); }),
                    "EEXIST: ");
        CLAIM_EQUAL (attempt ([] { Shared::make (4 * KiB, permitting (0666, join::OpenMode::OpenOnly)); }), "done");
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("another user's segment is not unlinked, nor are one's own by others")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("mode=1777");
        Shared::make (4 * KiB, permitting (0666));
        CLAIM_EQUAL (inChild ([] () -> std::string {
                         become (nobody);
                         CLAIM_SAYS (attemptCall ([] { return join::ShmMem::unlink (segmentName ()); }), "E",
                                     {"/dev/shm"});
                         return std::to_string (static_cast<int> (join::lastError == join::Errc::PermissionDenied));
                     }),
                     "1");
        CLAIM (exists (segmentPath ()));
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("a link that another user planted is not followed, and what it points at stays as it was")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("mode=1777");
        mountAt ("tmpfs", "/mnt", "mode=0755");
        std::ofstream ("/mnt/secret") << std::string (4 * KiB, 's');
        const std::string planted = inChild ([] () -> std::string {
            become (nobody);
            CLAIM_EQUAL (::symlink ("/mnt/secret", segmentPath ().c_str ()), 0);
            CLAIM_EQUAL (::symlink ("/mnt/new", segmentPath ("dangling").c_str ()), 0);
            return "";
        });
        CLAIM_EQUAL (planted, "");
        for (unsigned permissions : {0600U, 0666U})
        {
            CLAIM_SAYS (attempt ([=] { Shared::make (4 * KiB, permitting (permissions)); }),
                        "ELOOP: ", {"symbolic link"});
            CLAIM_SAYS (attempt ([=] { join::ShmMem (4 * KiB, segmentName ("dangling"), permitting (permissions)); }),
                        "ELOOP: ");
        }
        CLAIM (!exists ("/mnt/new"));
        struct stat facts;
        CLAIM_EQUAL (::stat ("/mnt/secret", &facts), 0);
        CLAIM_EQUAL (facts.st_size, 4096);
        CLAIM_EQUAL (facts.st_mode & 0777, 0644);
        CLAIM (exists (segmentPath ()));  // the link is not ours to remove
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("in a user namespace that knows neither, another user's segment is not taken for one's own")
{
    const std::string text = inChild ([] () -> std::string {
        ownShm ("mode=1777");
        CLAIM_EQUAL (inChild ([] () -> std::string {
                         become (somebody);
                         return attempt ([] { Shared::make (4 * KiB, permitting (0666)); });
                     }),
                     "done");
        become (1001);
        if (::unshare (CLONE_NEWUSER) != 0)
        {
            return "";  // forbidden to users here
        }
        struct stat facts;
        CLAIM_EQUAL (::stat (segmentPath ().c_str (), &facts), 0);
        CLAIM_EQUAL (facts.st_uid, ::geteuid ());  // both are shown as 65534
        CLAIM_SAYS (attempt ([] { Shared::make (4 * KiB, permitting (0600)); }), "EACCES: ", {"user namespace"});
        return "";
    });
    REQUIRE (text == "");
}
