// SPDX-License-Identifier: MIT
// Beyond the limit of a cgroup, v1 or v2 as the machine has it: the constructor fails with ENOMEM, and no process is
// killed.
#include "guardian.hpp"
#include "kernel_report.hpp"
#include "baseline.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <vector>

std::string missing ()
{
    const std::string reason = MemoryGroup::missing ();
    return reason.empty () ? missingRoot () : reason;
}

namespace
{
// In a child that is in the group: memory of that size, with every byte written.
template <typename Kind>
std::string takes (const MemoryGroup& group, uint64_t size, const join::MemOptions& options = join::MemOptions ())
{
    return inChild ([&] () -> std::string {
        ownShm ();
        group.join ();
        const std::string before = belongings ();
        const std::string text = attempt ([&] {
            auto memory = Kind::make (size, options);
            if (!holdsBytes (memory))
            {
                throw std::runtime_error ("bytes are lost");
            }
        });
        CLAIM_EQUAL (entries ("/dev/shm").size (), Kind::shared && text == "done" ? 1 : 0);
        Unlinked::remove ();
        CLAIM_EQUAL (belongings (), before);
        return text;
    });
}

const std::initializer_list<const char*> limitWords = {"cgroup", "joinmem-test-", "64 MiB", "128 MiB", "memory."};
}  // namespace

TEST_CASE ("exceeding the cgroup limit fails where mmap is killed")
{
    const MemoryGroup group;
    group.limit (64 * MiB);
    REQUIRE (says (takes<Local> (group, 128 * MiB), "ENOMEM: ", limitWords));
    REQUIRE (says (takes<Shared> (group, 128 * MiB), "ENOMEM: ", limitWords));
    for (auto huge : {join::HugePages::Never, join::HugePages::Require})
    {
        REQUIRE (says (takes<Local> (group, 128 * MiB, asking (huge)), "ENOMEM: ", limitWords));
        REQUIRE (says (takes<Shared> (group, 128 * MiB, asking (huge)), "ENOMEM: ", limitWords));
    }
    REQUIRE (takes<BaselineLocal> (group, 128 * MiB) == "killed by SIGKILL");
    REQUIRE (takes<BaselineShared> (group, 128 * MiB) == "killed by SIGKILL");
}

TEST_CASE ("memory within the cgroup limit succeeds")
{
    const MemoryGroup group;
    group.limit (64 * MiB);
    for (auto huge : {join::HugePages::Never, join::HugePages::Prefer})
    {
        CHECK (takes<Local> (group, 32 * MiB, asking (huge)) == "done");
        CHECK (takes<Shared> (group, 32 * MiB, asking (huge)) == "done");
    }
}

TEST_CASE ("limit of an ancestor cgroup applies")
{
    const MemoryGroup above;
    above.limit (64 * MiB);
    const MemoryGroup group (&above);
    REQUIRE (says (takes<Local> (group, 128 * MiB), "ENOMEM: ", limitWords));
    REQUIRE (says (takes<Shared> (group, 128 * MiB), "ENOMEM: ", limitWords));
    REQUIRE (takes<Local> (group, 32 * MiB) == "done");
    REQUIRE (takes<BaselineLocal> (group, 128 * MiB) == "killed by SIGKILL");
}

TEST_CASE ("memory used in the cgroup is not available")
{
    const MemoryGroup group;
    group.limit (96 * MiB);
    const std::string text = inChild ([&] () -> std::string {
        ownShm ();
        group.join ();
        auto first = Local::make (64 * MiB);
        CLAIM_SAYS (attempt ([] { Local::make (64 * MiB); }), "ENOMEM: ", {"cgroup", "96 MiB"});
        CLAIM_SAYS (attempt ([] { Shared::make (64 * MiB); }), "ENOMEM: ", {"cgroup", "96 MiB"});
        CLAIM (holdsBytes (first));
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("reclaimable page cache of the cgroup is available")
{
    struct statfs system;
    if (::statfs ("/var/tmp", &system) != 0 || system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC)
    {
        return;  // no disk: files there stay in RAM
    }
    const MemoryGroup group;
    group.limit (96 * MiB);
    const std::string text = inChild ([&] () -> std::string {
        group.join ();
        char path[] = "/var/tmp/joinmem-test-XXXXXX";
        const int file = ::mkstemp (path);
        CLAIM (file != -1);
        ::unlink (path);
        const std::vector<char> bytes (MiB, 'x');
        for (int i = 0; i < 80; ++i)
        {
            CLAIM (::write (file, bytes.data (), bytes.size ()) == static_cast<ssize_t> (bytes.size ()));
        }
        ::fdatasync (file);  // dirty pages cannot be reclaimed at once
        const std::string got = attempt ([] { Local::make (64 * MiB); });
        ::close (file);
        return got;
    });
    REQUIRE (text == "done");
}

TEST_CASE ("reclaimable dentries of the cgroup are available")
{
    struct statfs system;
    if (::statfs ("/var/tmp", &system) != 0 || system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC)
    {
        return;  // these file systems keep no dentries of absent names
    }
    const MemoryGroup group;
    group.limit (64 * MiB);
    const std::string text = inChild ([&] () -> std::string {
        group.join ();
        const std::string used = group.folder () + (group.unified () ? "/memory.current" : "/memory.usage_in_bytes");
        std::string name = "/var/tmp/joinmem-test-none-" + std::string (150, '0');
        struct stat facts;
        for (int i = 0; i < 400'000 && numberOf (used) < 44 * MiB; ++i)
        {
            for (std::size_t digit = name.size () - 1; ++name[digit] > '9'; --digit)
            {
                name[digit] = '0';
            }
            ::stat (name.c_str (), &facts);
        }
        if (numberOf (used) < 44 * MiB)
        {
            return "";  // the kernel does not charge them to the group
        }
        CLAIM_SAYS (attempt ([] { Local::make (80 * MiB); }), "ENOMEM: ", {"cgroup"});
        CLAIM_EQUAL (attempt ([] { Local::make (32 * MiB); }), "done");
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("locking unpopulated memory past the limit fails")
{
    const MemoryGroup group;
    group.limit (64 * MiB);
    const std::string text = inChild ([&] () -> std::string {
        group.join ();
        join::MemOptions sparse = asking (join::HugePages::Never);
        sparse.prefault = false;
        auto memory = Local::make (128 * MiB, sparse);
        CLAIM_SAYS (attemptCall ([&] { return memory.mlock (); }), "ENOMEM: ", limitWords);
        return "";
    });
    REQUIRE (text == "");
}
