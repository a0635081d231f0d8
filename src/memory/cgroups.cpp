// SPDX-License-Identifier: MIT
// The room in the cgroups of this process: limits and use from the memory controller's files, v1 or v2, from the cgroup
// of the process up to the mount point.
#include "memory/cgroups.hpp"

#include "os/limits.hpp"
#include "os/scratch.hpp"
#include "os/text.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
using os::numberAfter;
using os::startsWith;
using os::unlimited;

uint64_t difference (uint64_t limit, uint64_t used) noexcept
{
    return limit > used ? limit - used : 0;
}

// A v1 group without a limit reports a number near 2^63.
bool isLimit (uint64_t value) noexcept
{
    return value < unlimited / 4;
}

// --- Where the memory controller is mounted --------------------------------------------------------------------

struct Hierarchy
{
    bool found = false;
    bool unified = false;   // cgroup v2
    char root[1024] = "";   // the folder of the hierarchy that is mounted
    char mount[1024] = "";  // its mount point
};

struct Hierarchies
{
    Hierarchy unified;
    Hierarchy memory;
    bool read = false;
};

// A line of mountinfo: "ID PARENT DEV ROOT MOUNT OPTIONS [FIELDS] - TYPE SOURCE SUPEROPTIONS", see proc(5).
void readMount (char* line, Hierarchies* found) noexcept
{
    const char* tail = std::strstr (line, " - ");
    if (tail == nullptr)
    {
        return;
    }
    const bool v2 = startsWith (tail, " - cgroup2 ");
    const bool v1 = startsWith (tail, " - cgroup ") && std::strstr (tail, "memory") != nullptr;
    if (!v1 && !v2)
    {
        return;
    }
    Hierarchy& hierarchy = v2 ? found->unified : found->memory;
    if (std::sscanf (line, "%*s %*s %*s %1023s %1023s", hierarchy.root, hierarchy.mount) == 2)
    {
        os::unescape (hierarchy.root);
        os::unescape (hierarchy.mount);
        hierarchy.found = true;
        hierarchy.unified = v2;
    }
}

void readHierarchies (Hierarchies* result) noexcept
{
    os::TextFile file ("/proc/self/mountinfo");
    while (char* line = file.line ())
    {
        readMount (line, result);
    }
    if (result->memory.found)
    {
        result->unified.found = false;  // a controller is in one hierarchy only
    }
    result->read = file.error () == 0;
}

// The mounted hierarchies. They are read once, as mounts hardly ever change and the file is long, and again if it could
// not be read. No mutex protects them: a child forked while another thread reads would find it locked for ever. They
// are on the heap: a small stack has no room for them.
// @param own keeps the result alive if it is not shared @return null without memory
const Hierarchies* hierarchies (std::unique_ptr<Hierarchies>* own) noexcept
{
    static std::atomic<const Hierarchies*> known {nullptr};
    if (const Hierarchies* existing = known.load ())
    {
        return existing;
    }
    own->reset (new (std::nothrow) Hierarchies);
    if (*own == nullptr)
    {
        return nullptr;
    }
    readHierarchies (own->get ());
    const Hierarchies* none = nullptr;
    return (*own)->read && known.compare_exchange_strong (none, own->get ()) ? own->release () : own->get ();
}

// --- One cgroup --------------------------------------------------------------------------------------------------

// The folder of a cgroup and the paths of its files; up () goes to the parent.
class Group
{
public:
    Group (const Hierarchy& hierarchy, const char* group) noexcept
    : _unified (hierarchy.unified)
    , _top (std::strlen (hierarchy.mount))
    {
        const std::size_t rootLength = std::strcmp (hierarchy.root, "/") == 0 ? 0 : std::strlen (hierarchy.root);
        const bool inside = std::strncmp (group, hierarchy.root, rootLength) == 0
                            && std::strstr (group, "..") == nullptr
                            && (group[rootLength] == '/' || group[rootLength] == '\0');
        const int length = std::snprintf (_path, maxFolder, "%s%s", hierarchy.mount, inside ? group + rootLength : "");
        _length = std::min (static_cast<std::size_t> (length > 0 ? length : 0), maxFolder - 1);
    }

    bool unified () const noexcept
    {
        return _unified;
    }

    const char* folder () noexcept
    {
        _path[_length] = '\0';
        return _path;
    }

    const char* file (const char* name) noexcept
    {
        std::snprintf (_path + _length, sizeof (_path) - _length, "/%s", name);
        return _path;
    }

    uint64_t number (const char* name, uint64_t otherwise) noexcept
    {
        return os::numberIn (file (name), otherwise);
    }

    /// Goes to the parent. @return false at the mount point
    bool up () noexcept
    {
        const char* slash = std::strrchr (folder (), '/');
        if (slash == nullptr || static_cast<std::size_t> (slash - _path) < _top)
        {
            return false;
        }
        _length = static_cast<std::size_t> (slash - _path);
        return true;
    }

private:
    static constexpr std::size_t maxFolder = 2200;

    bool _unified;
    std::size_t _top;
    std::size_t _length = 0;
    char _path[maxFolder + 64];
};

// What the kernel reclaims before the OOM killer acts: page cache and reclaimable slab. Shared memory is not in these
// lists. A v1 group does not report its slab: the machine's counts, bounded by the kernel memory charged to the group.
uint64_t reclaimable (Group& group) noexcept
{
    uint64_t bytes = 0;
    os::TextFile file (group.file ("memory.stat"));
    while (const char* line = file.line ())
    {
        const char* at = group.unified () ? line : startsWith (line, "total_") ? line + 6 : "";
        for (const char* key : {"inactive_file ", "active_file ", "slab_reclaimable "})
        {
            bytes += startsWith (at, key) ? numberAfter (at, key) : 0;
        }
    }
    if (!group.unified ())
    {
        bytes += std::min (group.number ("memory.kmem.usage_in_bytes", 0), readReserves ().slabReclaimable);
    }
    return bytes;
}

// What a v2 group may still swap out. Each ancestor has a limit of its own.
uint64_t swapOfUnified (const Hierarchy& hierarchy, const char* path, uint64_t most) noexcept
{
    if (os::numberIn ("/proc/sys/vm/swappiness", 60) == 0)
    {
        return 0;
    }
    const os::Scratch<Group> group (hierarchy, path);
    if (!group)
    {
        return 0;
    }
    do
    {
        const uint64_t limit = group->number ("memory.swap.max", unlimited);
        most = isLimit (limit) ? std::min (most, difference (limit, group->number ("memory.swap.current", 0))) : most;
    }
    while (group->up ());
    return most;
}

// What a v1 group may still swap out. A second limit there covers memory and swap together.
uint64_t swapOfV1 (Group& group, uint64_t left, uint64_t most) noexcept
{
    if (group.number ("memory.swappiness", 60) == 0)
    {
        return 0;
    }
    const uint64_t limit = group.number ("memory.memsw.limit_in_bytes", unlimited);
    const uint64_t both = difference (limit, group.number ("memory.memsw.usage_in_bytes", 0));
    return isLimit (limit) ? std::min (most, difference (both, left)) : most;
}

Failure checkGroup (Group& group, const Hierarchy& hierarchy, const char* path, uint64_t bytes) noexcept
{
    const char* const limitName = group.unified () ? "memory.max" : "memory.limit_in_bytes";
    const uint64_t limit = group.number (limitName, unlimited);
    if (!isLimit (limit))
    {
        return Failure ();
    }
    const char* const usedName = group.unified () ? "memory.current" : "memory.usage_in_bytes";
    const uint64_t left = difference (limit, group.number (usedName, 0));
    uint64_t room = left;
    if (room < bytes)
    {
        room += reclaimable (group);
    }
    const uint64_t swapFree = room < bytes ? readReserves ().swapFree : 0;
    if (swapFree != 0)
    {
        room += group.unified () ? swapOfUnified (hierarchy, path, swapFree) : swapOfV1 (group, left, swapFree);
    }
    if (room >= bytes)
    {
        return Failure ();
    }
    return Failure (ENOMEM, "the cgroup %s leaves %s of its limit of %s, the requested memory needs %s: raise %s",
                    group.folder (), SizeText (room).text, SizeText (limit).text, SizeText (bytes).text, limitName);
}

// From the group of this process up to the mount point: each ancestor may have a limit.
Failure checkHierarchy (const Hierarchy& hierarchy, const char* path, uint64_t bytes) noexcept
{
    const os::Scratch<Group> group (hierarchy, path);
    if (!group)
    {
        return Failure (ENOMEM, "the library found no memory for itself");
    }
    do
    {
        if (Failure failure = checkGroup (*group, hierarchy, path, bytes))
        {
            return failure;
        }
    }
    while (group->up ());
    return Failure ();
}

bool hasMemory (const char* controllers, const char* end) noexcept
{
    const char* found = std::strstr (controllers, "memory");
    return found != nullptr && found < end;
}
}  // namespace

Reserves readReserves () noexcept
{
    Reserves reserves;
    os::TextFile file ("/proc/meminfo");
    while (const char* line = file.line ())
    {
        if (startsWith (line, "SwapFree:"))
        {
            reserves.swapFree = numberAfter (line, "SwapFree:") * 1024;
        }
        else if (startsWith (line, "SReclaimable:"))
        {
            reserves.slabReclaimable = numberAfter (line, "SReclaimable:") * 1024;
            break;
        }
    }
    return reserves;
}

// A line of /proc/self/cgroup is "0::/path", or "4:memory:/path" of v1.
Failure checkGroups (uint64_t bytes) noexcept
{
    std::unique_ptr<Hierarchies> own;
    const Hierarchies* const mounted = hierarchies (&own);
    if (mounted == nullptr)
    {
        return Failure (ENOMEM, "the library found no memory for itself");
    }
    if (!mounted->memory.found && !mounted->unified.found)
    {
        return Failure ();
    }
    os::TextFile file ("/proc/self/cgroup");
    while (const char* line = file.line ())
    {
        const char* controllers = std::strchr (line, ':');
        const char* path = controllers != nullptr ? std::strchr (controllers + 1, ':') : nullptr;
        if (path == nullptr)
        {
            continue;
        }
        const bool unified = path == controllers + 1;
        const Hierarchy& hierarchy = unified ? mounted->unified : mounted->memory;
        if (hierarchy.found && (unified || hasMemory (controllers, path)))
        {
            if (Failure failure = checkHierarchy (hierarchy, path + 1, bytes))
            {
                return failure;
            }
        }
    }
    return Failure ();
}

}  // namespace JOIN_ABI
}  // namespace join
