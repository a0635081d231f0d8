// SPDX-License-Identifier: MIT
// NUMA nodes, and whether memory can be bound to one.
#include "facts.hpp"

#include <algorithm>
#include <cerrno>
#include <join/error.hpp>
#include <join/memory.hpp>

#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tool::doctor
{
namespace
{
constexpr Subject nodesSubject {"numa-nodes", "NUMA nodes with memory", nodeSection};
constexpr Subject bindSubject {"mbind", "binding memory to a node", nodeSection};
constexpr Subject querySubject {"move-pages", "reading which node memory is on", nodeSection};

constexpr const char* seccompFix =
    "use --cap-add SYS_NICE, and allow move_pages in the seccomp profile; docs/guide/containers.md, \"Seccomp\"";

// Tries the system calls first: if they succeed and the library fails, the cause is in the library.
void tryNode (int node, Results& results) noexcept
{
    constexpr std::size_t wordBits = 8 * sizeof (unsigned long);
    constexpr std::size_t mostNodes = 1024;
    const std::size_t bytes = static_cast<std::size_t> (::sysconf (_SC_PAGESIZE));
    void* page = ::mmap (nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
    {
        return;
    }
    *static_cast<char*> (page) = 1;
    unsigned long mask[mostNodes / wordBits] = {};
    const std::size_t bit = static_cast<std::size_t> (node) % mostNodes;
    mask[bit / wordBits] = 1UL << (bit % wordBits);
    results[NodeBind] = resultOf (::syscall (SYS_mbind, page, bytes, MPOL_BIND, mask, mostNodes + 1, 0) == 0);
    int status = -1;
    results[NodeQuery] = resultOf (::syscall (SYS_move_pages, 0, 1UL, &page, nullptr, &status, 0) >= 0);
    results[NodeLibrary] = join::mbind (page, bytes, node) == 0 ? 0 : join::lastError.value ();
    ::munmap (page, bytes);
}

Check judgeCount (const NodeFacts& nodes)
{
    const std::size_t count = numbersOf (nodes.withMemory).size ();
    if (count == 0)
    {
        return nodesSubject.unknown ("/sys/devices/system/node does not exist", "");
    }
    const std::string allowed = nodes.allowed.empty () || nodes.allowed == nodes.withMemory
                                    ? ""
                                    : ", of which the cpuset allows " + nodes.allowed;
    if (count == 1)
    {
        return nodesSubject.fine ("one, node " + nodes.withMemory + allowed,
                                  "All memory is equally far from all CPUs: there is nothing to bind.");
    }
    return nodesSubject.fine (
        std::to_string (count) + ": " + nodes.withMemory + allowed,
        "Use MemOptions::numaNode or mbind (): otherwise memory is on the node of the thread that touches it first.");
}

// Whether the library was built without libnuma: it then refuses calls that the kernel accepts.
bool lacksLibnuma (const Results& calls)
{
    return calls[NodeLibrary] == ENOSYS && (calls[NodeBind] != ENOSYS || calls[NodeQuery] != ENOSYS);
}

Check judgeBind (const NodeFacts& nodes)
{
    const Results& calls = nodes.calls;
    const std::string tried = "node " + std::to_string (nodes.node) + ": ";
    const char* const weaker =
        "MemOptions::numaNode and mbind () fail: bind the process instead (numactl --cpunodebind).";
    if (!nodes.tried)
    {
        return bindSubject.unknown (notLive, "");
    }
    for (const std::size_t call : {NodeBind, NodeQuery, NodeLibrary})
    {
        if (wasKilled (calls[call]))
        {
            return bindSubject.missing (wordsFor (calls[call]), "A call of mbind () kills the process.", seccompFix);
        }
    }
    if (calls[NodeLibrary] == notTried)
    {
        return bindSubject.unknown ("not tried", "");
    }
    if (calls[NodeLibrary] == 0)
    {
        return bindSubject.fine (tried + "bound and checked", "MemOptions::numaNode and mbind () work.");
    }
    if (lacksLibnuma (calls))
    {
        return bindSubject.worse ("the library was built without libnuma", weaker,
                                  "install libnuma-dev, and build the library with -Dnuma=enabled");
    }
    if (calls[NodeLibrary] == ENOSYS)
    {
        return bindSubject.worse ("the kernel has no mbind", weaker, "use a kernel with CONFIG_NUMA");
    }
    if (calls[NodeBind] == 0 && calls[NodeQuery] != 0)
    {
        return bindSubject.worse (
            tried + "bound, but the location of pages cannot be read: " + wordsFor (calls[NodeQuery]),
            "MemOptions::numaNode works. mbind () sets the policy, but fails because it cannot check the result.",
            seccompFix);
    }
    return bindSubject.worse (tried + wordsFor (calls[NodeLibrary]), weaker, seccompFix);
}

Check judgeQuery (const NodeFacts& nodes)
{
    const Results& calls = nodes.calls;
    if (!nodes.tried || calls[NodeQuery] == notTried)
    {
        return querySubject.unknown (nodes.tried ? "not tried" : notLive, "");
    }
    const char* const weaker = "nodeOf () fails, and placement () does not report nodes.";
    if (wasKilled (calls[NodeQuery]))
    {
        return querySubject.missing (wordsFor (calls[NodeQuery]),
                                     "A call of nodeOf (), placement () or mbind () kills the process.", seccompFix);
    }
    if (calls[NodeQuery] != 0)
    {
        return querySubject.worse (wordsFor (calls[NodeQuery]), weaker, seccompFix);
    }
    if (lacksLibnuma (calls))
    {
        return querySubject.worse ("the library was built without libnuma", weaker,
                                   "install libnuma-dev, and build the library with -Dnuma=enabled");
    }
    return querySubject.fine ("works", "nodeOf () and placement () report nodes.");
}
}  // namespace

NodeFacts readNodes (const Source& source)
{
    NodeFacts nodes;
    nodes.withMemory = source.firstLine ("/sys/devices/system/node/has_memory");
    nodes.allowed = source.field ("/proc/self/status", "Mems_allowed_list");
    const std::vector<int> allowed = numbersOf (nodes.allowed);
    for (const int node : numbersOf (nodes.withMemory))
    {
        if (allowed.empty () || std::find (allowed.begin (), allowed.end (), node) != allowed.end ())
        {
            nodes.node = node;
            break;
        }
    }
    if (source.live ())
    {
        nodes.tried = true;
        const int node = nodes.node;
        nodes.calls = attempt ([=] (Results& results) { tryNode (node, results); });
    }
    return nodes;
}

void judgeNodes (const Facts& facts, Checks* checks)
{
    checks->push_back (judgeCount (facts.nodes));
    checks->push_back (judgeBind (facts.nodes));
    checks->push_back (judgeQuery (facts.nodes));
}

}  // namespace tool::doctor
