// SPDX-License-Identifier: MIT
// Memory limits of cgroups, v1 and v2, from this process's own directory up to the mount point.
#include "facts.hpp"

#include <algorithm>

namespace tool::doctor
{
namespace
{
constexpr uint64_t littleRoom = uint64_t (64) << 20;

constexpr Subject memorySubject {"cgroup-memory", "cgroup memory limits", limitSection};

// The hierarchy that has the controller: the v1 hierarchy that names it, else the v2 one.
const Mount* hierarchyOf (const Source& source, const std::string& controller, bool* isUnified)
{
    const Mount* unified = nullptr;
    for (const Mount& mount : source.mounts ())
    {
        if (mount.type == "cgroup" && hasWord (mount.superOptions, controller))
        {
            *isUnified = false;
            return &mount;
        }
        unified = mount.type == "cgroup2" ? &mount : unified;
    }
    *isUnified = true;
    return unified;
}

// A line is "4:memory:/path" in v1, "0::/path" in v2.
std::string ownPath (const Source& source, const std::string& controller, bool unified)
{
    for (const std::string& line : linesOf (source.read ("/proc/self/cgroup").value_or ("")))
    {
        const std::size_t first = line.find (':');
        const std::size_t second = line.find (':', first + 1);
        if (first == std::string::npos || second == std::string::npos)
        {
            continue;
        }
        const std::string controllers = line.substr (first + 1, second - first - 1);
        if (unified ? controllers.empty () : hasWord (controllers, controller))
        {
            return line.substr (second + 1);
        }
    }
    return "";
}

uint64_t slabOf (const Source& source)
{
    for (const std::string& line : linesOf (source.read ("/proc/meminfo").value_or ("")))
    {
        const std::vector<std::string> words = wordsOf (line);
        if (words.size () >= 2 && words[0] == "SReclaimable:")
        {
            return toNumber (words[1]).value_or (0) * 1024;
        }
    }
    return 0;
}

// The kernel reclaims page cache and slab before it kills a process, so they count as available, as in the library. A v1
// group does not report its slab: the machine's, bounded by the kernel memory charged to the group.
uint64_t reclaimableOf (const Source& source, const std::string& folder, bool unified)
{
    uint64_t bytes = 0;
    const std::string prefix = unified ? "" : "total_";
    for (const std::string& line : linesOf (source.read (folder + "/memory.stat").value_or ("")))
    {
        const std::vector<std::string> words = wordsOf (line);
        if (words.size () == 2
            && (words[0] == prefix + "inactive_file" || words[0] == prefix + "active_file"
                || words[0] == prefix + "slab_reclaimable"))
        {
            bytes += toNumber (words[1]).value_or (0);
        }
    }
    if (!unified)
    {
        const uint64_t charged = source.number (folder + "/memory.kmem.usage_in_bytes").value_or (0);
        bytes += std::min (charged, slabOf (source));
    }
    return bytes;
}

bool readGroup (const Source& source, const std::string& folder, bool unified, Group* group)
{
    group->folder = folder;
    group->knob = unified ? "memory.max" : "memory.limit_in_bytes";
    group->limit = source.number (folder + "/" + group->knob).value_or (unlimited);
    if (group->limit >= unlimited / 4)  // v1 reports "no limit" as a number near 2^63
    {
        return false;
    }
    group->used = source.number (folder + (unified ? "/memory.current" : "/memory.usage_in_bytes")).value_or (0);
    group->reclaimable = reclaimableOf (source, folder, unified);
    return true;
}
}  // namespace

std::vector<std::string> groupFolders (const Source& source, const std::string& controller, bool* unified)
{
    std::vector<std::string> folders;
    const Mount* hierarchy = hierarchyOf (source, controller, unified);
    std::string path = hierarchy != nullptr ? ownPath (source, controller, *unified) : "";
    if (path.empty ())
    {
        return folders;
    }
    const std::string root = hierarchy->root == "/" ? "" : hierarchy->root;
    const bool inside = path.compare (0, root.size (), root) == 0 && path.find ("..") == std::string::npos
                        && (path.size () == root.size () || path[root.size ()] == '/');
    path = inside ? path.substr (root.size ()) : "";
    for (; path.size () > 1; path.resize (path.rfind ('/')))
    {
        folders.push_back (hierarchy->path + path);
    }
    folders.push_back (hierarchy->path);
    return folders;
}

GroupFacts readGroups (const Source& source)
{
    GroupFacts facts;
    facts.known = source.exists ("/proc/self/cgroup");
    bool unified = false;
    for (const std::string& folder : groupFolders (source, "memory", &unified))
    {
        Group group;
        if (readGroup (source, folder, unified, &group) && (!facts.tightest || group.left () < facts.tightest->left ()))
        {
            facts.tightest = group;
        }
    }
    return facts;
}

void judgeGroups (const Facts& facts, Checks* checks)
{
    const GroupFacts& groups = facts.groups;
    if (!groups.known)
    {
        checks->push_back (memorySubject.unknown ("/proc/self/cgroup does not exist", ""));
    }
    else if (!groups.tightest)
    {
        checks->push_back (memorySubject.fine ("none visible from here", "The machine's RAM is the only limit."));
    }
    else
    {
        const Group& group = *groups.tightest;
        const std::string found =
            group.folder + " leaves " + sizeText (group.left ()) + " of " + sizeText (group.limit);
        const bool little = group.left () < std::max (littleRoom, group.limit / 10);
        checks->push_back (
            little
                ? memorySubject.worse (
                    found, "A request of 1 MiB or more that does not fit fails (ENOMEM) before a page is touched.",
                    "raise " + group.folder + "/" + group.knob + "; --memory= for a container")
                : memorySubject.fine (found, "A request that does not fit fails (ENOMEM) before a page is touched."));
    }
    judgePoolLimits (facts, checks);
}

}  // namespace tool::doctor
