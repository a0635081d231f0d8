// SPDX-License-Identifier: MIT
// What counts as available in a cgroup, by simulated files: both versions on any machine, with exact figures. The files
// are mounted over those of /proc, in the child's own mount namespace.
#include "kernel_report.hpp"
#include "baseline.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <sys/stat.h>

std::string missing ()
{
    return missingRoot ();
}

namespace
{
using Files = std::map<std::string, uint64_t>;

// A simulated machine: its swap and slab, and the files of a cgroup and of its parent.
struct World
{
    bool unified = true;
    uint64_t swapFree = 0;
    uint64_t slab = 0;
    std::string stat;
    Files group;
    Files parent;
    uint64_t swappiness = 60;
};

void write (const std::string& path, const std::string& text)
{
    std::ofstream file (path);
    file << text;
    if (!file.flush ())
    {
        throw std::runtime_error ("cannot write " + path);
    }
}

void writeGroup (const std::string& folder, const Files& files)
{
    ::mkdir (folder.c_str (), 0755);
    for (const auto& file : files)
    {
        write (folder + "/" + file.first, std::to_string (file.second) + "\n");
    }
}

void standFor (const std::string& path, const std::string& text)
{
    static int number = 0;
    const std::string file = "/mnt/stand-in-" + std::to_string (++number);
    write (file, text);
    bindAt (file, path);
}

// 0 where the kernel writes "max".
std::string meminfoWith (uint64_t swapFree, uint64_t slab)
{
    return "MemTotal: 8388608 kB\nMemFree: 4194304 kB\nMemAvailable: 6291456 kB\nSwapTotal: 8388608 kB\nSwapFree: "
           + std::to_string (swapFree / 1024) + " kB\nSReclaimable: " + std::to_string (slab / 1024)
           + " kB\nHugepagesize: 2048 kB\n";
}

// Creates a LocalMem of that size on the simulated machine.
std::string takes (uint64_t size, const World& world)
{
    return inChild ([&] () -> std::string {
        ownMounts ();
        mountAt ("tmpfs", "/mnt", "size=4m,mode=755");
        writeGroup ("/mnt/group", world.parent);
        writeGroup ("/mnt/group/child", world.group);
        write ("/mnt/group/child/memory.stat", world.stat);
        write ("/mnt/group/memory.stat", world.stat);
        const std::string own = "/proc/" + std::to_string (::getpid ());
        standFor ("/proc/meminfo", meminfoWith (world.swapFree, world.slab));
        standFor ("/proc/sys/vm/swappiness", std::to_string (world.swappiness) + "\n");
        standFor (own + "/cgroup", world.unified ? "0::/child\n" : "4:memory:/child\n0::/\n");
        standFor (own + "/mountinfo", world.unified
                                          ? "30 23 0:26 / /mnt/group rw,relatime - cgroup2 cgroup2 rw\n"
                                          : "31 23 0:27 / /mnt/group rw,relatime - cgroup cgroup rw,memory\n");
        return attempt ([&] { Local::make (size); });
    });
}

Files limited (bool unified, uint64_t limit, uint64_t used)
{
    return unified ? Files {{"memory.max", limit}, {"memory.current", used}}
                   : Files {{"memory.limit_in_bytes", limit}, {"memory.usage_in_bytes", used}};
}

World world (bool unified, const std::string& stat = "")
{
    World made;
    made.unified = unified;
    made.stat = stat;
    made.group = limited (unified, 64 * MiB, 56 * MiB);
    return made;
}

std::string line (const std::string& key, uint64_t bytes)
{
    return key + " " + std::to_string (bytes) + "\n";
}
}  // namespace

TEST_CASE ("memory beyond the cgroup's room fails with figures")
{
    for (bool unified : {true, false})
    {
        CHECK (takes (8 * MiB, world (unified)) == "done");
        CHECK (says (takes (12 * MiB, world (unified)), "ENOMEM: ", {"/mnt/group/child", "leaves 8 MiB", "64 MiB"}));
    }
}

TEST_CASE ("reclaimable slab counts as available in cgroup v2")
{
    const World slab = world (true, line ("slab_reclaimable", 20 * MiB) + line ("slab_unreclaimable", 20 * MiB));
    CHECK (takes (28 * MiB, slab) == "done");
    CHECK (says (takes (30 * MiB, slab), "ENOMEM: ", {"leaves 28 MiB"}));
}

TEST_CASE ("reclaimable kernel memory counts as available in cgroup v1")
{
    World kernel = world (false);
    kernel.group["memory.kmem.usage_in_bytes"] = 20 * MiB;
    kernel.slab = 200 * MiB;
    CHECK (takes (28 * MiB, kernel) == "done");
    CHECK (says (takes (30 * MiB, kernel), "ENOMEM: ", {"leaves 28 MiB"}));
    kernel.slab = 4 * MiB;
    CHECK (takes (12 * MiB, kernel) == "done");
    CHECK (says (takes (14 * MiB, kernel), "ENOMEM: ", {"leaves 12 MiB"}));
}

TEST_CASE ("page cache counts as available in both versions")
{
    CHECK (takes (28 * MiB, world (true, line ("inactive_file", 12 * MiB) + line ("active_file", 8 * MiB))) == "done");
    CHECK (takes (28 * MiB, world (false, line ("total_inactive_file", 12 * MiB) + line ("total_active_file", 8 * MiB)))
           == "done");
    CHECK (
        says (takes (28 * MiB, world (false, line ("inactive_file", 20 * MiB))), "ENOMEM: "));  // of this group alone
    CHECK (says (takes (28 * MiB, world (true, line ("shmem", 20 * MiB) + line ("file", 20 * MiB))), "ENOMEM: "));
}

TEST_CASE ("swap counts up to the limits of all ancestors")
{
    World swap = world (true);
    swap.swapFree = 100 * MiB;
    CHECK (takes (32 * MiB, swap) == "done");
    swap.group["memory.swap.max"] = 20 * MiB;
    swap.group["memory.swap.current"] = 8 * MiB;
    CHECK (takes (20 * MiB, swap) == "done");
    CHECK (says (takes (24 * MiB, swap), "ENOMEM: ", {"leaves 20 MiB"}));
    swap.parent["memory.swap.max"] = 4 * MiB;
    CHECK (says (takes (20 * MiB, swap), "ENOMEM: ", {"leaves 12 MiB"}));
    swap.parent["memory.swap.max"] = 400 * MiB;
    swap.swapFree = 2 * MiB;
    CHECK (says (takes (20 * MiB, swap), "ENOMEM: ", {"leaves 10 MiB"}));
    swap.swapFree = 100 * MiB;
    swap.swappiness = 0;  // then a cgroup's reclaim does not swap
    CHECK (says (takes (20 * MiB, swap), "ENOMEM: ", {"leaves 8 MiB"}));
}

TEST_CASE ("memory and swap limit bounds cgroup v1 swap")
{
    World swap = world (false);
    swap.swapFree = 100 * MiB;
    CHECK (takes (32 * MiB, swap) == "done");
    swap.group["memory.memsw.limit_in_bytes"] = 80 * MiB;
    swap.group["memory.memsw.usage_in_bytes"] = 60 * MiB;
    CHECK (takes (20 * MiB, swap) == "done");
    CHECK (says (takes (24 * MiB, swap), "ENOMEM: ", {"leaves 20 MiB"}));
    swap.group["memory.swappiness"] = 0;
    CHECK (says (takes (20 * MiB, swap), "ENOMEM: ", {"leaves 8 MiB"}));
}

TEST_CASE ("parent's cgroup limit is read from its files")
{
    for (bool unified : {true, false})
    {
        World above = world (unified);
        above.group = limited (unified, 4 * GiB, 0);
        above.parent = limited (unified, 64 * MiB, 60 * MiB);
        CHECK (takes (4 * MiB, above) == "done");
        CHECK (says (takes (8 * MiB, above), "ENOMEM: ", {"/mnt/group leaves 4 MiB"}));
    }
}
