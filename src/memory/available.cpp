// SPDX-License-Identifier: MIT
// Available memory: reads /proc/meminfo for the machine, /proc/zoneinfo for a NUMA node, and /sys for a node's part of
// the hugetlb pool.
#include "memory/available.hpp"

#include "memory/cgroups.hpp"
#include "os/limits.hpp"
#include "os/pages.hpp"
#include "os/text.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
using os::numberAfter;
using os::startsWith;
using os::unlimited;

// --- The machine ---------------------------------------------------------------------------------------------

Failure checkMachine (uint64_t bytes) noexcept
{
    // Twice the requested amount of free RAM is enough, and sysinfo(2) is fast.
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
                    "the machine has %s of memory available, the requested memory needs %s: free some, or request less",
                    SizeText (available + swap).text, SizeText (bytes).text);
}

Failure look (uint64_t bytes) noexcept
{
    if (Failure failure = checkMachine (bytes))
    {
        return failure;
    }
    return checkGroups (bytes);
}

// A check takes 14 us of the 80 us that 2 MiB take. So the check for a small request asks for 256 MiB more, and
// requests that follow use up that allowance without a check of their own. It expires after 50 ms: another program may
// take memory between a check and its use in any case.
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

// What a zone can give to user memory before the OOM killer acts: the free pages above its low watermark and above the
// pages that it keeps for requests that no other zone can serve (the last number of "protection: (...)").
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

void readZoneLine (const char* line, Zone* zone, uint64_t* reclaimable) noexcept
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
    // Slab does not count: on a full node the OOM killer acts for memory bound to it before the slab is reclaimed.
    else if (std::sscanf (line, " nr_inactive_file %llu", &value) == 1
             || std::sscanf (line, " nr_active_file %llu", &value) == 1)
    {
        *reclaimable += value;
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
    uint64_t reclaimable = 0;
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
            readZoneLine (line, &zone, &reclaimable);
        }
    }
    const uint64_t room = (pages + zone.usable () + reclaimable) * os::basePageSize ();
    if (!known || room >= bytes)
    {
        return Failure ();
    }
    return Failure (ENOMEM, "node %d has %s free, the memory needs %s there: free some, or use another node", node,
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
    return Failure (ENOMEM,
                    "node %d has %llu free huge pages of %s, the memory needs %llu: raise nr_hugepages beside %s", node,
                    static_cast<unsigned long long> (free), SizeText (page).text,
                    static_cast<unsigned long long> ((bytes + page - 1) / page), path);
}

}  // namespace JOIN_ABI
}  // namespace join
