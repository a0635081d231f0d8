// SPDX-License-Identifier: MIT
#include "budget.hpp"

#include "os/limits.hpp"
#include "os/pages.hpp"
#include "os/text.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
using os::unlimited;

bool startsWith (const char* line, const char* words) noexcept
{
    return std::strncmp (line, words, std::strlen (words)) == 0;
}

uint64_t numberAfter (const char* line, const char* words) noexcept
{
    return std::strtoull (line + std::strlen (words), nullptr, 10);
}

// --- The machine ---------------------------------------------------------------------------------------------

Failure checkMachine (uint64_t bytes) noexcept
{
    // Twice as much free as asked for is enough of an answer, and quick.
    if (os::freeRam () / 2 >= bytes)
    {
        return Failure ();
    }
    uint64_t available = unlimited;
    uint64_t swap = 0;
    os::TextFile file ("/proc/meminfo");
    while (const char* line = file.line ())
    {
        if (startsWith (line, "MemAvailable:"))
        {
            available = numberAfter (line, "MemAvailable:") * 1024;
        }
        else if (startsWith (line, "SwapFree:"))
        {
            swap = numberAfter (line, "SwapFree:") * 1024;
            break;
        }
    }
    if (available == unlimited || bytes <= available + swap)
    {
        return Failure ();
    }
    return Failure (ENOMEM,
                    "the machine has %s of memory available, the memory asked for needs %s: free some, or ask for less",
                    SizeText (available + swap).text, SizeText (bytes).text);
}

// --- Cgroups -------------------------------------------------------------------------------------------------

// Where the memory controller is mounted, and which of its folders is shown there.
struct Hierarchy
{
    bool found = false;
    bool unified = false;  // cgroup v2
    char root[1024] = "";
    char mount[1024] = "";
};

// A line of mountinfo: "ID PARENT DEV ROOT MOUNT OPTIONS [FIELDS] - TYPE SOURCE SUPEROPTIONS", see proc(5).
void readMount (char* line, Hierarchy* unified, Hierarchy* memory) noexcept
{
    char* tail = std::strstr (line, " - ");
    if (tail == nullptr)
    {
        return;
    }
    const bool v2 = startsWith (tail, " - cgroup2 ");
    const bool v1 = startsWith (tail, " - cgroup ") && std::strstr (tail, "memory") != nullptr;
    Hierarchy* hierarchy = v2 ? unified : memory;
    if (!v1 && !v2)
    {
        return;
    }
    if (std::sscanf (line, "%*s %*s %*s %1023s %1023s", hierarchy->root, hierarchy->mount) == 2)
    {
        os::unescape (hierarchy->root);
        os::unescape (hierarchy->mount);
        hierarchy->found = true;
        hierarchy->unified = v2;
    }
}

struct Hierarchies
{
    Hierarchy unified;
    Hierarchy memory;
    bool read = false;
};

Hierarchies readHierarchies () noexcept
{
    Hierarchies result;
    os::TextFile file ("/proc/self/mountinfo");
    while (char* line = file.line ())
    {
        readMount (line, &result.unified, &result.memory);
    }
    if (result.memory.found)
    {
        result.unified.found = false;  // a controller is in one hierarchy only
    }
    result.read = file.error () == 0;
    return result;
}

// Read once: mounts hardly ever change, and the file is long. Again where it could not be read.
Hierarchies hierarchies () noexcept
{
    static std::mutex mutex;
    static Hierarchies known;
    // Not waited for: a child that was forked while another thread read would wait for ever.
    const std::unique_lock<std::mutex> lock (mutex, std::try_to_lock);
    if (!lock)
    {
        return readHierarchies ();
    }
    if (!known.read)
    {
        known = readHierarchies ();
    }
    return known;
}

// Page cache is given back before anybody is killed, so it is room. Shared memory is not counted in these lists.
uint64_t reclaimable (const char* folder, bool unified) noexcept
{
    char path[2300];
    std::snprintf (path, sizeof (path), "%s/memory.stat", folder);
    uint64_t bytes = 0;
    os::TextFile file (path);
    while (const char* line = file.line ())
    {
        for (const char* key : {"inactive_file ", "active_file "})
        {
            const char* at = unified ? line : startsWith (line, "total_") ? line + 6 : "";
            if (startsWith (at, key))
            {
                bytes += numberAfter (at, key);
            }
        }
    }
    return bytes;
}

Failure checkGroup (const char* folder, bool unified, uint64_t bytes) noexcept
{
    char path[2300];
    std::snprintf (path, sizeof (path), "%s/%s", folder, unified ? "memory.max" : "memory.limit_in_bytes");
    const uint64_t limit = os::numberIn (path, unlimited);
    if (limit >= unlimited / 4)  // v1 writes "none" as a number near 2^63
    {
        return Failure ();
    }
    std::snprintf (path, sizeof (path), "%s/%s", folder, unified ? "memory.current" : "memory.usage_in_bytes");
    const uint64_t used = os::numberIn (path, 0);
    uint64_t left = limit > used ? limit - used : 0;
    if (left < bytes)
    {
        left += reclaimable (folder, unified);
    }
    if (left >= bytes)
    {
        return Failure ();
    }
    return Failure (ENOMEM, "the cgroup %s leaves %s of its limit of %s, the memory asked for needs %s: raise %s",
                    folder, SizeText (left).text, SizeText (limit).text, SizeText (bytes).text,
                    unified ? "memory.max" : "memory.limit_in_bytes");
}

// From the folder of this process up to the mount point: each ancestor may have a limit.
Failure checkHierarchy (const Hierarchy& hierarchy, const char* group, uint64_t bytes) noexcept
{
    const std::size_t rootLength = std::strcmp (hierarchy.root, "/") == 0 ? 0 : std::strlen (hierarchy.root);
    const bool inside = std::strncmp (group, hierarchy.root, rootLength) == 0 && std::strstr (group, "..") == nullptr
                        && (group[rootLength] == '/' || group[rootLength] == '\0');
    char folder[2200];
    std::snprintf (folder, sizeof (folder), "%s%s", hierarchy.mount, inside ? group + rootLength : "");
    const std::size_t top = std::strlen (hierarchy.mount);
    for (;;)
    {
        if (Failure failure = checkGroup (folder, hierarchy.unified, bytes))
        {
            return failure;
        }
        char* slash = std::strrchr (folder, '/');
        if (slash == nullptr || static_cast<std::size_t> (slash - folder) < top)
        {
            return Failure ();
        }
        *slash = '\0';
    }
}

// A line of /proc/self/cgroup is "0::/path", or "4:memory:/path" of v1.
bool hasMemory (const char* controllers, const char* end) noexcept
{
    const char* found = std::strstr (controllers, "memory");
    return found != nullptr && found < end;
}

Failure checkGroups (uint64_t bytes) noexcept
{
    const Hierarchies mounted = hierarchies ();
    if (!mounted.memory.found && !mounted.unified.found)
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
        const Hierarchy& hierarchy = unified ? mounted.unified : mounted.memory;
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

Failure look (uint64_t bytes) noexcept
{
    if (Failure failure = checkMachine (bytes))
    {
        return failure;
    }
    return checkGroups (bytes);
}

// A look takes 14 us of the 80 that 2 MiB take. So a small one asks for more at once, and what was seen to be left serves
// those that follow it: up to that much in all, and for as long as another program may come in between anyway.
constexpr uint64_t smallEnough = uint64_t (4) << 20;
constexpr int64_t allowed = int64_t (256) << 20;

class Allowance
{
public:
    bool take (uint64_t bytes) noexcept
    {
        const int64_t size = static_cast<int64_t> (bytes);
        return now () < _until.load () && _left.fetch_sub (size) >= size;
    }

    void grant () noexcept
    {
        _left.store (allowed);
        _until.store (now () + 50'000'000);
    }

private:
    static int64_t now () noexcept
    {
        using namespace std::chrono;
        return duration_cast<nanoseconds> (steady_clock::now ().time_since_epoch ()).count ();
    }

    std::atomic<int64_t> _until {0};  // nanoseconds
    std::atomic<int64_t> _left {0};   // bytes
};

Allowance allowance;

// --- Nodes ---------------------------------------------------------------------------------------------------

// What a zone can give to user memory before the killer comes: what is free above its low mark and above what it keeps
// for requests that can go nowhere else (the last of "protection: (...)").
struct Zone
{
    uint64_t free = 0;
    uint64_t low = 0;
    uint64_t kept = 0;

    uint64_t usable () const noexcept
    {
        return free > low + kept ? free - low - kept : 0;
    }
};

void readZoneLine (const char* line, Zone* zone, uint64_t* cache) noexcept
{
    unsigned long long value = 0;
    if (std::sscanf (line, " pages free %llu", &value) == 1)
    {
        zone->free = value;
    }
    else if (std::sscanf (line, " low %llu", &value) == 1)
    {
        zone->low = value;
    }
    else if (std::sscanf (line, " nr_inactive_file %llu", &value) == 1
             || std::sscanf (line, " nr_active_file %llu", &value) == 1)
    {
        *cache += value;
    }
    else if (const char* list = std::strstr (line, "protection: ("))
    {
        const char* last = std::strrchr (list, ' ');
        zone->kept = std::strtoull (last[1] == '(' ? last + 2 : last + 1, nullptr, 10);
    }
}
}  // namespace

Failure checkRoom (uint64_t bytes) noexcept
{
    if (bytes <= smallEnough && allowance.take (bytes))
    {
        return Failure ();
    }
    if (bytes <= smallEnough && !look (bytes + allowed))
    {
        allowance.grant ();
        return Failure ();
    }
    return look (bytes);
}

Failure checkNodeRoom (int node, uint64_t bytes) noexcept
{
    char header[32];
    std::snprintf (header, sizeof (header), "Node %d, zone", node);
    bool here = false;
    bool known = false;
    Zone zone;
    uint64_t pages = 0;
    uint64_t cache = 0;
    os::TextFile file ("/proc/zoneinfo");
    while (const char* line = file.line ())
    {
        if (startsWith (line, "Node "))
        {
            pages += zone.usable ();
            zone = Zone ();
            here = startsWith (line, header);
            known = known || here;
        }
        else if (here)
        {
            readZoneLine (line, &zone, &cache);
        }
    }
    const uint64_t room = (pages + zone.usable () + cache) * os::basePageSize ();
    if (!known || room >= bytes)
    {
        return Failure ();
    }
    return Failure (ENOMEM, "node %d has %s free, %s has to go there: free some, or take another node", node,
                    SizeText (room).text, SizeText (bytes).text);
}

Failure checkNodePool (int node, uint64_t page, uint64_t bytes) noexcept
{
    char path[128];
    const unsigned long long kib = page / 1024;
    std::snprintf (path, sizeof (path), "/sys/devices/system/node/node%d/hugepages/hugepages-%llukB/free_hugepages",
                   node, kib);
    const uint64_t free = os::numberIn (path, unlimited);
    if (free == unlimited || free * page >= bytes)
    {
        return Failure ();
    }
    return Failure (ENOMEM, "node %d has %llu free huge pages of %s, %llu are needed: raise its nr_hugepages beside %s",
                    node, static_cast<unsigned long long> (free), SizeText (page).text,
                    static_cast<unsigned long long> ((bytes + page - 1) / page), path);
}

}  // namespace JOIN_ABI
}  // namespace join
