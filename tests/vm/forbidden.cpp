// SPDX-License-Identifier: MIT
// A seccomp filter, as containers have, that answers the NUMA calls with EPERM or ENOSYS: the node functions report
// that error, and everything else works. Needs no privilege and no guest.
#include "check.hpp"
#include "kernel.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

#include <cstddef>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

using namespace join;
using kernel::page;

namespace
{
constexpr std::size_t some = 4 * kernel::MiB;

#ifdef JOIN_TESTS_NO_NUMA
constexpr bool built = false;
#else
constexpr bool built = true;
#endif

// The filter's errno, or that of a library without NUMA.
int answer (int error)
{
    return built ? error : ENOSYS;
}

std::string ownName ()
{
    return "/forbidden." + std::to_string (::getpid ());
}

void forbid (const std::vector<long>& calls, int error)
{
    std::vector<sock_filter> program;
    program.push_back (BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (seccomp_data, nr)));
    for (long call : calls)
    {
        program.push_back (BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned> (call), 0, 1));
        program.push_back (BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned> (error)));
    }
    program.push_back (BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    sock_fprog all = {static_cast<unsigned short> (program.size ()), program.data ()};
    CHECK (::prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK (::prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0);
}

const std::vector<long> numaCalls = {SYS_mbind, SYS_move_pages, SYS_get_mempolicy, SYS_set_mempolicy,
                                     SYS_migrate_pages};

void saysNo (Memory& memory, int error)
{
    CHECK_EQUAL (memory.mbind (0), -1);
    CHECK_EQUAL (lastError.value (), answer (error));
    CHECK (!lastError.message ().empty ());
    CHECK_EQUAL (join::mbind (memory.get (), memory.size (), 0), -1);
    CHECK_EQUAL (lastError.value (), answer (error));
}

// Everything that does not involve nodes.
void isWhole (Memory& memory)
{
    kernel::touch (memory.get (), memory.size (), 6);
    CHECK (kernel::holds (memory.get (), memory.size (), 6));
    CHECK (memory.pageSize () != 0);
    CHECK_EQUAL (memory.placement ().residentBytes.value_or (0), some);
}

void everythingElse (int error)
{
    LocalMem local (some);
    isWhole (local);
    saysNo (local, error);
    const std::string name = ownName ();
    ShmMem shared (some, name);
    isWhole (shared);
    saysNo (shared, error);
    ShmMem opener (some, name);
    CHECK (!opener.created ());
    isWhole (opener);
    CHECK_EQUAL (ShmMem::unlink (name), 0);
    MemOptions options;
    options.numaNode = 0;
    for (std::size_t bytes : {page, some})
    {
        CHECK_EQUAL (check::errorOf ([&] { LocalMem memory (bytes, options); }), answer (error));
        CHECK_EQUAL (check::errorOf ([&] { ShmMem memory (bytes, name, options); }), answer (error));
    }
    CHECK_EQUAL (::access (("/dev/shm" + name).c_str (), F_OK), -1);
}

void nodesAreUnknown (int error)
{
    LocalMem memory (some);
    CHECK_EQUAL (memory.nodeOf (), -1);
    CHECK_EQUAL (lastError.value (), answer (error));
    CHECK (!memory.placement ().nodes.has_value ());
}
}  // namespace

GUARANTEE ("filter", "without a filter memory binds to the only node")
{
    LocalMem memory (some);
    if (memory.mbind (0) == -1)
    {
        const int error = lastError.value ();
        CHECK (error == ENOSYS || error == EPERM || error == EINVAL);
        CHECK (built || error == ENOSYS);
        check::skip (lastError.message ());
    }
    CHECK (built);
    CHECK_EQUAL (memory.nodeOf (), 0);
}

GUARANTEE ("filter", "kernel without NUMA calls returns ENOSYS alone")
{
    forbid (numaCalls, ENOSYS);
    everythingElse (ENOSYS);
    nodesAreUnknown (ENOSYS);
}

GUARANTEE ("filter", "filter on NUMA calls returns EPERM alone")
{
    forbid (numaCalls, EPERM);
    everythingElse (EPERM);
    nodesAreUnknown (EPERM);
}

GUARANTEE ("filter", "forbidden mbind returns EPERM while nodeOf works")
{
    forbid ({SYS_mbind}, EPERM);
    everythingElse (EPERM);
    LocalMem memory (some);
    if (built && memory.nodeOf () == -1)
    {
        CHECK_EQUAL (lastError.value (), ENOSYS);  // a kernel without NUMA
    }
}

GUARANTEE ("filter", "mbind fails when pages cannot be queried")
{
    forbid ({SYS_move_pages}, EPERM);
    LocalMem memory (some);
    isWhole (memory);
    saysNo (memory, EPERM);
    nodesAreUnknown (EPERM);
}
