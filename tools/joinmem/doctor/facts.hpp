// SPDX-License-Identifier: MIT
// What is read from a machine, apart from what is said of it: read... () and try... () judge nothing, judge... () is a
// function of the facts alone.
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
    std::string release;  ///< of the kernel; empty: not known
    int major = 0;
    int minor = 0;
    unsigned cpus = 0;  ///< usable; 0: not known
    uint64_t ram = 0;   ///< bytes; 0: not known
    bool proc = false;  ///< whether it is mounted
    bool sys = false;

    bool isBefore (int otherMajor, int otherMinor) const noexcept
    {
        return major < otherMajor || (major == otherMajor && minor < otherMinor);
    }
};

struct ShmFacts
{
    bool known = false;  ///< whether it could be looked at
    bool exists = false;
    bool folder = false;
    bool tmpfs = false;
    bool readOnly = false;
    bool writable = true;     ///< by this user
    bool everybodys = false;  ///< anybody may remove anybody's names
    std::string type;         ///< of its file system, as far as it is told
    std::string huge;         ///< the mount's option
    uint64_t total = 0;       ///< bytes; 0: not known
    std::optional<uint64_t> free;
    bool inodesLeft = true;
};

/// A cgroup with a limit. What is used includes what the kernel gives back first.
struct Group
{
    std::string folder;
    std::string knob;
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
    uint64_t surplus = 0;   ///< how many more may be made when they are needed
    std::string byNode;     ///< "2 on node 0, 0 on node 1"; empty: not told
    bool mounted = false;   ///< a hugetlbfs of that size
    bool writable = false;  ///< ... which this user may write to
    std::string mount;
    std::optional<Group> tightest;  ///< the cgroup that leaves least of them
};

struct GroupFacts
{
    bool known = false;
    std::optional<Group> tightest;  ///< for memory
};

struct HugeFacts
{
    bool knobs = false;   ///< /sys/kernel/mm/transparent_hugepage is there
    uint64_t page = 0;    ///< hpage_pmd_size, bytes; 0: not told, and the library takes none
    std::string enabled;  ///< the word chosen; empty: no such file
    std::string defrag;
    std::string shmem;
    std::optional<bool> switchedOff;  ///< for this process
    std::string skipped;              ///< why nothing was tried; empty: it was
    std::string skippedShared;        ///< why not in /dev/shm
    Results local = untried ();       ///< by LocalCall
    Results shared = untried ();      ///< by SharedCall
};

enum LocalCall : std::size_t
{
    LocalMap,
    LocalPopulate,
    LocalLibrary,  ///< a LocalMem of a base page is made
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

/// A resource limit; soft is what holds.
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
    int node = 0;                ///< that was tried
    Results calls = untried ();  ///< by NodeCall
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
    Results barrier = untried ();  ///< register private, private, register global, global
    Results fork = untried ();     ///< MADV_WIPEONFORK, MADV_DONTFORK
    Results file = untried ();     ///< by FileCall
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
    std::string hypervisor;        ///< what tells of one; empty: nothing does
    std::optional<double> steal;   ///< share of the CPUs' time since boot that the host took
    std::string seccomp;           ///< mode 0, 1 or 2; empty: not known
    std::string filters;           ///< how many
    std::string noNewPrivileges;
    std::string protectedRegular;
};

struct Facts
{
    bool live = true;
    MachineFacts machine;
    ShmFacts shm;
    GroupFacts groups;
    HugeFacts huge;
    std::vector<PoolSize> pools;
    LimitFacts limits;
    NodeFacts nodes;
    CallFacts calls;
    AroundFacts around;
};

/// In the order of their needs: what is tried depends on what there is room for.
Facts readFacts (const Source& source);
MachineFacts readMachine (const Source& source);
ShmFacts readShm (const Source& source, uint64_t ram);
GroupFacts readGroups (const Source& source);
LimitFacts readLimits (const Source& source);
HugeFacts readHuge (const Source& source);
void tryHuge (const Facts& facts, HugeFacts* huge);
std::vector<PoolSize> readPools (const Source& source);
NodeFacts readNodes (const Source& source);
CallFacts tryCalls (const Source& source);
void tryFiles (Results& results) noexcept;
AroundFacts readAround (const Source& source);

/// The folders of the cgroups that this process is in, its own first, where the controller is; *unified: cgroup v2.
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

/// Why a check that needs a system call has no answer below another root.
constexpr const char* notLive = "not tried: --root looks at files alone";

}  // namespace tool::doctor

#endif
