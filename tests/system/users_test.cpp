// SPDX-License-Identifier: MIT
// Segments and links that other users create: rejected, for root too.
#include "guardian.hpp"
#include "kernel_report.hpp"
#include "baseline.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <fstream>
#include <grp.h>
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
    options.openMode = mode;
    return options;
}

// A segment that `maker` creates with these permissions, and the result for `opener` with its own.
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

TEST_CASE ("another user's segment needs permission from both sides")
{
    REQUIRE (says (meets<Shared> (somebody, 0600, nobody, 0600), "EACCES: ", {"65534"}));
    REQUIRE (says (meets<Shared> (somebody, 0600, nobody, 0666), "EACCES: "));
    REQUIRE (says (meets<Shared> (somebody, 0666, nobody, 0600), "EACCES: ", {"belongs to user 65533"}));
    REQUIRE (says (meets<Shared> (somebody, 0666, nobody, 0), "EACCES: ", {"belongs to user 65533"}));
    REQUIRE (meets<Shared> (somebody, 0666, nobody, 0666) == "done");
    REQUIRE (says (meets<Shared> (0, 0666, nobody, 0660), "EACCES: ", {"666", "660"}));
    REQUIRE (meets<Shared> (somebody, 0600, somebody, 0600) == "done");
}

namespace
{
enum class Who
{
    Owner,
    Member,  // another user, in the owner's group
    Stranger,
    Root,
};

void becomeWho (Who who)
{
    if (who == Who::Member)
    {
        const gid_t group = somebody;
        if (::setgroups (1, &group) != 0 || ::setresgid (1002, 1002, 1002) != 0 || ::setresuid (1002, 1002, 1002) != 0)
        {
            throw std::runtime_error ("no other user can be had");
        }
    }
    else
    {
        become (who == Who::Owner ? somebody : who == Who::Stranger ? nobody : 0);
    }
}

// What the kernel allows by the file's mode, and what the opener's own permissions allow.
bool mayOpen (Who who, unsigned made, unsigned opened)
{
    const unsigned requested = opened & 0077;
    const bool inGroup = who == Who::Owner || who == Who::Member;
    const bool byMode = who == Who::Owner || who == Who::Root || (made & (who == Who::Member ? 0020 : 0002)) != 0;
    const bool byGroup = (made & 0077 & ~requested) == 0 && inGroup;
    const bool byPermissions = requested == 0 ? who == Who::Owner : (requested & 0007) != 0 || byGroup;
    return byMode && byPermissions;
}
}  // namespace

TEST_CASE ("group permissions admit the group alone")
{
    constexpr unsigned all[] = {0600, 0640, 0660, 0644, 0666};
    const std::string text = inChild ([&] () -> std::string {
        ownShm ("mode=1777");
        for (const unsigned made : all)
        {
            CLAIM_EQUAL (inChild ([&] () -> std::string {
                             become (somebody);
                             return attempt ([&] { Shared::make (4 * KiB, permitting (made)); });
                         }),
                         "done");
            for (const unsigned opened : all)
            {
                for (const Who who : {Who::Owner, Who::Member, Who::Stranger, Who::Root})
                {
                    const std::string result = inChild ([&] () -> std::string {
                        becomeWho (who);
                        return attempt ([&] { Shared::make (4 * KiB, permitting (opened)); });
                    });
                    const std::string expected = mayOpen (who, made, opened) ? "done" : "EACCES: ";
                    if (result.compare (0, expected.size (), expected) != 0)
                    {
                        return std::to_string (made) + " " + std::to_string (opened) + " "
                               + std::to_string (static_cast<int> (who)) + ": " + result + ", expected " + expected;
                    }
                }
            }
            join::ShmMem::unlink (segmentName ());
            ::unlink (segmentPath ().c_str ());
        }
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("sharing works under fs.protected_regular")
{
    const std::string path = "/proc/sys/fs/protected_regular";
    if (!Setting::turns (path))
    {
        return;
    }
    for (const char* value : {"0", "1", "2"})
    {
        const Setting settingPath (path, value);
        REQUIRE (meets<Shared> (somebody, 0666, nobody, 0666) == "done");
        REQUIRE (meets<Shared> (somebody, 0666, 0, 0666) == "done");
        REQUIRE ((meets<BaselineShared> (somebody, 0666, 0, 0666) == "done") == (std::string (value) == "0"));
    }
}

TEST_CASE ("root cannot open another user's private segment")
{
    REQUIRE (says (meets<Shared> (nobody, 0600, 0, 0600), "EACCES: ", {"belongs to user 65534"}));
    REQUIRE (says (meets<Shared> (nobody, 0666, 0, 0600), "EACCES: ", {"belongs to user 65534"}));
    REQUIRE (says (meets<Shared> (nobody, 0600, 0, 0660), "EACCES: ", {"group 65534"}));
    REQUIRE (meets<Shared> (nobody, 0600, 0, 0606) == "done");
    REQUIRE (inChild ([] () -> std::string {
                 ownShm ("mode=0777");  // the kernel's protected_regular does not restrict O_CREAT here
                 CLAIM_EQUAL (inChild ([] () -> std::string {
                                  become (nobody);
                                  return attempt ([] { BaselineShared::make (4 * KiB); });
                              }),
                              "done");
                 return attempt ([] { BaselineShared::make (4 * KiB); });
             })
             == "done");
}

TEST_CASE ("OpenOnly and CreateOnly reject another user's segment")
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

TEST_CASE ("users unlink only their own segments")
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

TEST_CASE ("another user's symbolic link is not followed")
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
        CLAIM (exists (segmentPath ()));  // the link does not belong to the opener
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("unmapped user namespace ids do not match")
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
