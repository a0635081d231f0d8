// SPDX-License-Identifier: MIT
// Facts about a machine, separate from their judgement: read... () and try... () collect facts and judge nothing,
// judge... () depends on the facts alone.
#ifndef JOINMEM_TOOL_DOCTOR_FACTS_HPP
#define JOINMEM_TOOL_DOCTOR_FACTS_HPP

#include "check.hpp"
#include "probe.hpp"
#include "source.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tool::doctor
{
constexpr uint64_t unlimited = UINT64_MAX;

inline Results untried ()
{
    Results results;
    results.fill (notTried);
    return results;
}

struct MachineFacts
{
    std::string release;  ///< of the kernel; empty: unknown
    int major = 0;
    int minor = 0;
    unsigned cpus = 0;  ///< usable; 0: unknown
    uint64_t ram = 0;   ///< bytes; 0: unknown
    bool proc = false;  ///< whether /proc is mounted
    bool sys = false;   ///< whether /sys is mounted

    bool isBefore (int otherMajor, int otherMinor) const noexcept
    {
        return major < otherMajor || (major == otherMajor && minor < otherMinor);
    }
};

struct ShmFacts
{
    bool known = false;  ///< whether it could be checked
    bool exists = false;
    bool folder = false;
    bool tmpfs = false;
    bool readOnly = false;
    bool writable = true;     ///< by this user
    bool everybodys = false;  ///< any user may remove the names of any other
    std::string type;         ///< type of its file system; empty: unknown
    std::string huge;         ///< the huge= option of the mount
    uint64_t total = 0;       ///< bytes; 0: unknown
    std::optional<uint64_t> free;
    bool inodesLeft = true;
};

/// At the end of a user's last session systemd-logind removes the names of the user's segments, but not of a system
/// user's.
struct RemovalFacts
{
    bool systemd = false;
    bool removes = true;           ///< RemoveIPC=
    std::optional<uint64_t> user;  ///< id of this user
};

/// A cgroup with a limit. `used` includes the page cache, which the kernel reclaims first.
struct Group
{
    std::string folder;
    std::string knob;  ///< name of the file that sets the limit
    uint64_t limit = unlimited;
    uint64_t used = 0;
    uint64_t reclaimable = 0;

    uint64_t left () const noexcept
    {
        const uint64_t held = used > reclaimable ? used - reclaimable : 0;
        return limit > held ? limit - held : 0;
    }
};

struct PoolSize
{
    uint64_t page = 0;  ///< bytes
    uint64_t total = 0;
    uint64_t free = 0;
    uint64_t surplus = 0;   ///< how many more the kernel may allocate on demand
    std::string byNode;     ///< "2 on node 0, 0 on node 1"; empty: unknown
    bool mounted = false;   ///< there is a hugetlbfs of that page size
    bool writable = false;  ///< this user may write to it
    std::string mount;
    std::optional<Group> tightest;  ///< the cgroup that leaves the fewest of them
};

struct GroupFacts
{
    bool known = false;
    std::optional<Group> tightest;  ///< the cgroup that leaves the least memory
};

struct HugeFacts
{
    bool knobs = false;   ///< /sys/kernel/mm/transparent_hugepage exists
    uint64_t page = 0;    ///< hpage_pmd_size, bytes; 0: unknown, and the library uses none
    std::string enabled;  ///< the chosen word; empty: no such file
    std::string defrag;
    std::string shmem;
    std::optional<bool> switchedOff;  ///< for this process
    std::string skipped;              ///< why no call was tried; empty: they were
    std::string skippedShared;        ///< the same for /dev/shm
    Results local = untried ();       ///< indexed by LocalCall
    Results shared = untried ();      ///< indexed by SharedCall
};

enum LocalCall : std::size_t
{
    LocalMap,
    LocalPopulate,
    LocalLibrary,  ///< the construction of a LocalMem of one base page
    LocalCollapse,
};

enum SharedCall : std::size_t
{
    SharedOpen,
    SharedSize,
    SharedMap,
    SharedPopulate,
    SharedCollapse,
};

/// A resource limit; the soft limit is in force.
struct Limit
{
    bool known = false;
    uint64_t soft = unlimited;
    uint64_t hard = unlimited;
};

struct LimitFacts
{
    Limit lock;
    Limit files;
    Limit address;
    Limit data;
    Limit fileSize;
    std::optional<bool> mayLock;  ///< CAP_IPC_LOCK
};

struct NodeFacts
{
    std::string withMemory;  ///< list of nodes
    std::string allowed;     ///< by the cpuset
    bool tried = false;
    int node = 0;                ///< the node that was tried
    Results calls = untried ();  ///< indexed by NodeCall
};

enum NodeCall : std::size_t
{
    NodeBind,
    NodeQuery,
    NodeLibrary,
};

struct CallFacts
{
    bool tried = false;
    Results futex = untried ();    ///< wait shared, wake shared, wait private, wake private
    Results several = untried ();  ///< futex_waitv
    Results ring = untried ();     ///< io_uring with FUTEX_WAIT
    Results event = untried ();    ///< indexed by EventCall
    Results barrier = untried ();  ///< register private, private, register global, global
    Results fork = untried ();     ///< MADV_WIPEONFORK, MADV_DONTFORK
    Results file = untried ();     ///< indexed by FileCall
};

enum EventCall : std::size_t
{
    EventDescriptor,  ///< eventfd
    EventPipe,        ///< what the library uses in its place
};

enum FileCall : std::size_t
{
    FileUnnamed,
    FileLink,
    FileLinkByProc,
    FileMemory,
    FileLockRead,
    FileLockWrite,
    FileLockQuery,
};

struct AroundFacts
{
    std::vector<std::string> containerSigns;
    std::optional<bool> ownPids;   ///< a PID namespace of its own
    std::optional<bool> ownUsers;  ///< a user namespace of its own
    std::string hypervisor;        ///< the sign of one; empty: none
    std::optional<double> steal;   ///< share of the CPU time since boot that the host took
    std::string seccomp;           ///< mode 0, 1 or 2; empty: unknown
    std::string filters;           ///< their number
    std::string noNewPrivileges;
    std::string protectedRegular;
};

struct Facts
{
    bool live = true;
    MachineFacts machine;
    ShmFacts shm;
    RemovalFacts removal;
    GroupFacts groups;
    HugeFacts huge;
    std::vector<PoolSize> pools;
    LimitFacts limits;
    NodeFacts nodes;
    CallFacts calls;
    AroundFacts around;
};

/// Reads all facts. The order matters: what the probes try depends on the limits that were read before.
Facts readFacts (const Source& source);
MachineFacts readMachine (const Source& source);
ShmFacts readShm (const Source& source, uint64_t ram);
RemovalFacts readRemoval (const Source& source);
GroupFacts readGroups (const Source& source);
LimitFacts readLimits (const Source& source);
HugeFacts readHuge (const Source& source);
void tryHuge (const Facts& facts, HugeFacts* huge);
std::vector<PoolSize> readPools (const Source& source);
NodeFacts readNodes (const Source& source);
CallFacts tryCalls (const Source& source);
void tryFiles (Results& results) noexcept;
AroundFacts readAround (const Source& source);

/// The directories of this process's cgroup and its parents, in the hierarchy that has the controller.
/// @param unified set to whether that hierarchy is cgroup v2
std::vector<std::string> groupFolders (const Source& source, const std::string& controller, bool* unified);

Checks judge (const Facts& facts);
void judgeMachine (const Facts& facts, Checks* checks);
void judgeCollapse (const Facts& facts, Checks* checks);
void judgePresence (const Facts& facts, Checks* checks);
void judgeHuge (const Facts& facts, Checks* checks);
void judgePools (const Facts& facts, Checks* checks);
void judgePoolLimits (const Facts& facts, Checks* checks);
void judgeShm (const Facts& facts, Checks* checks);
void judgeFiles (const Facts& facts, Checks* checks);
void judgeCalls (const Facts& facts, Checks* checks);
void judgeLimits (const Facts& facts, Checks* checks);
void judgeGroups (const Facts& facts, Checks* checks);
void judgeNodes (const Facts& facts, Checks* checks);
void judgeAround (const Facts& facts, Checks* checks);

/// Why a check that needs a system call is unknown with --root.
constexpr const char* notLive = "not tried: --root reads files only";

}  // namespace tool::doctor

#endif
