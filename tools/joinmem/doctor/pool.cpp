// SPDX-License-Identifier: MIT
// The hugetlb pool, by size and by node; the file systems that use it, and the limits of cgroups.
#include "facts.hpp"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

namespace tool::doctor
{
namespace
{
constexpr const char* poolFolder = "/sys/kernel/mm/hugepages";
constexpr const char* nodeFolder = "/sys/devices/system/node";
constexpr const char* poolPrefix = "hugepages-";

constexpr Subject poolSubject {"pool", "the hugetlb pool, that is, reserved huge pages", hugeSection};
constexpr Subject hugetlbSubject {"hugetlbfs", "file systems of the hugetlb pool", hugeSection};
constexpr Subject poolGroupSubject {"cgroup-hugetlb", "cgroup limits for the hugetlb pool", limitSection};

// The page size of a mount, from its option such as "pagesize=2M"; without one, the machine's default.
uint64_t pageOf (const Source& source, const Mount& mount)
{
    const std::string option = optionOf (mount.superOptions, "pagesize");
    if (option.empty ())
    {
        return toNumber (source.field ("/proc/meminfo", "Hugepagesize")).value_or (0) * 1024;
    }
    const uint64_t number = toNumber (option).value_or (0);
    switch (option.back ())
    {
        case 'K':
            return number << 10;
        case 'M':
            return number << 20;
        case 'G':
            return number << 30;
        default:
            return number;
    }
}

std::string byNode (const Source& source, const std::string& name)
{
    std::string text;
    for (const std::string& node : source.names (nodeFolder, "node"))
    {
        const std::string folder = std::string (nodeFolder) + "/" + node + "/hugepages/" + name;
        if (const std::optional<uint64_t> count = source.number (folder + "/nr_hugepages"))
        {
            text += (text.empty () ? "" : ", ") + std::to_string (*count) + " on node " + node.substr (4);
        }
    }
    return text;
}

void readMounts (const Source& source, PoolSize* pool)
{
    for (const Mount& mount : source.mounts ())
    {
        if (mount.type != "hugetlbfs" || pageOf (source, mount) != pool->page)
        {
            continue;
        }
        const bool writable =
            source.live () ? ::access (mount.path.c_str (), W_OK | X_OK) == 0 : !hasWord (mount.options, "ro");
        if (!pool->mounted || (writable && !pool->writable))
        {
            pool->mount = mount.path;
            pool->writable = writable;
        }
        pool->mounted = true;
    }
}

// The page size as the kernel spells it in the names of a cgroup's files.
std::string groupName (uint64_t page)
{
    const char* const units[] = {"KB", "MB", "GB"};
    uint64_t value = page >> 10;
    std::size_t unit = 0;
    for (; value >= 1024 && unit < 2; ++unit)
    {
        value >>= 10;
    }
    return "hugetlb." + std::to_string (value) + units[unit];
}

void readGroupsOf (const Source& source, PoolSize* pool)
{
    bool unified = false;
    for (const std::string& folder : groupFolders (source, "hugetlb", &unified))
    {
        const std::string name = folder + "/" + groupName (pool->page);
        Group group;
        group.folder = folder;
        group.knob = groupName (pool->page) + (unified ? ".max" : ".limit_in_bytes");
        const std::optional<uint64_t> limit = source.number (folder + "/" + group.knob);
        if (!limit || *limit >= unlimited / 4)  // v1 reports "no limit" as a number near 2^63
        {
            continue;
        }
        group.limit = *limit;
        group.used = source.number (name + (unified ? ".current" : ".usage_in_bytes")).value_or (0);
        if (!pool->tightest || group.left () < pool->tightest->left ())
        {
            pool->tightest = group;
        }
    }
}

std::string described (const PoolSize& pool)
{
    const bool many = pool.total != 0 && pool.byNode.find (',') != std::string::npos;
    std::string text =
        sizeText (pool.page) + ": " + std::to_string (pool.total) + ", " + std::to_string (pool.free) + " free";
    text += pool.surplus != 0 ? ", up to " + std::to_string (pool.surplus) + " more on demand" : "";
    return text + (many ? " (" + pool.byNode + ")" : "");
}

bool canCollapse (const Facts& facts)
{
    const HugeFacts& huge = facts.huge;
    return facts.live && huge.skipped.empty () ? huge.local[LocalCollapse] == 0
                                               : huge.page != 0 && !facts.machine.isBefore (6, 1);
}

Check judgePool (const Facts& facts)
{
    std::string found;
    bool some = false;
    for (const PoolSize& pool : facts.pools)
    {
        found += (found.empty () ? "" : "; ") + described (pool);
        some = some || pool.total != 0 || pool.surplus != 0;
    }
    if (!facts.machine.sys)
    {
        return poolSubject.unknown ("/sys does not exist", "");
    }
    if (facts.pools.empty ())
    {
        found = "the kernel has no hugetlb pool";
    }
    if (some)
    {
        return poolSubject.fine (found,
                                 "HugePages::Require with a page size uses these. Otherwise LocalMem uses them only if "
                                 "transparent huge pages are not available.");
    }
    if (canCollapse (facts))
    {
        return poolSubject.fine (found,
                                 "Not needed: transparent huge pages do not use the pool. HugePages::Require with "
                                 "another size, such as 1 GiB, fails.");
    }
    return poolSubject.worse (
        found,
        "There are neither transparent huge pages nor reserved ones: memory is on base pages, and "
        "HugePages::Require fails.",
        "echo 8 > /proc/sys/vm/nr_hugepages (as root); docs/guide/huge-pages.md, \"The hugetlb pool\"");
}

// A hugetlbfs matters for pages that are larger than transparent ones: a segment gets those only from there.
Check judgeHugetlbfs (const Facts& facts)
{
    std::string found;
    std::string lacking;
    uint64_t lackingPage = 0;
    for (const PoolSize& pool : facts.pools)
    {
        if (pool.mounted)
        {
            found += (found.empty () ? "" : "; ") + pool.mount + " of " + sizeText (pool.page)
                     + (pool.writable ? "" : ", not writable by this user");
        }
        if (pool.total != 0 && !pool.writable && pool.page > facts.huge.page)
        {
            lacking += (lacking.empty () ? "" : ", ") + sizeText (pool.page);
            lackingPage = pool.page;
        }
    }
    found = !found.empty () ? found : facts.machine.proc ? "none is mounted" : "not known: /proc does not exist";
    if (!lacking.empty ())
    {
        return hugetlbSubject.worse (found,
                                     "Pages of " + lacking
                                         + " are reserved, but no segment can use them: only "
                                           "LocalMem can.",
                                     "mkdir -p /mnt/huge && mount -t hugetlbfs -o pagesize="
                                         + std::to_string (lackingPage >> 10) + "K,mode=1777 none /mnt/huge (as root)");
    }
    if (!facts.machine.proc)
    {
        return hugetlbSubject.unknown (found, "");
    }
    return hugetlbSubject.fine (found, "Only segments that require pages of the hugetlb pool are files there.");
}

Check judgePoolGroup (const Facts& facts)
{
    for (const PoolSize& pool : facts.pools)
    {
        if (pool.tightest && pool.total != 0 && pool.tightest->left () < pool.page)
        {
            return poolGroupSubject.worse (
                pool.tightest->folder + " leaves " + sizeText (pool.tightest->left ()) + " of " + sizeText (pool.page)
                    + " pages",
                "The hugetlb pool has pages of that size, but programs in this cgroup get none of them: "
                "HugePages::Require with that size fails.",
                "raise " + pool.tightest->folder + "/" + pool.tightest->knob);
        }
    }
    if (!facts.groups.known)
    {
        return poolGroupSubject.unknown ("not known: /proc does not exist", "");
    }
    return poolGroupSubject.fine ("none that matters", "Programs here can use all pages of the hugetlb pool.");
}
}  // namespace

std::vector<PoolSize> readPools (const Source& source)
{
    std::vector<PoolSize> pools;
    for (const std::string& name : source.names (poolFolder, poolPrefix))
    {
        const std::string folder = std::string (poolFolder) + "/" + name;
        PoolSize pool;
        pool.page = std::strtoull (name.c_str () + std::string (poolPrefix).size (), nullptr, 10) * 1024;
        pool.total = source.number (folder + "/nr_hugepages").value_or (0);
        pool.free = source.number (folder + "/free_hugepages").value_or (0);
        pool.surplus = source.number (folder + "/nr_overcommit_hugepages").value_or (0);
        pool.byNode = byNode (source, name);
        readMounts (source, &pool);
        readGroupsOf (source, &pool);
        pools.push_back (pool);
    }
    std::sort (pools.begin (), pools.end (), [] (const PoolSize& a, const PoolSize& b) { return a.page < b.page; });
    return pools;
}

void judgePools (const Facts& facts, Checks* checks)
{
    checks->push_back (judgePool (facts));
    checks->push_back (judgeHugetlbfs (facts));
}

void judgePoolLimits (const Facts& facts, Checks* checks)
{
    checks->push_back (judgePoolGroup (facts));
}

}  // namespace tool::doctor
