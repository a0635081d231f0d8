// SPDX-License-Identifier: MIT
#include "setting.hpp"

#include "child.hpp"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <grp.h>
#include <linux/filter.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace
{
void must (bool done, const std::string& what)
{
    if (!done)
    {
        throw std::runtime_error ("setting up: " + what + ": " + std::strerror (errno));
    }
}
}  // namespace

void ownMounts ()
{
    must (::unshare (CLONE_NEWNS) == 0, "unshare");
    must (::mount ("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
    // The only hugetlbfs is the one that the test mounts.
    std::vector<std::string> others;
    std::ifstream mounts ("/proc/self/mounts");
    for (std::string source, folder, type, rest; mounts >> source >> folder >> type && std::getline (mounts, rest);)
    {
        if (type == "hugetlbfs")
        {
            others.push_back (folder);
        }
    }
    for (const std::string& folder : others)
    {
        must (::umount2 (folder.c_str (), MNT_DETACH) == 0, "umount " + folder);
    }
}

void mountAt (const std::string& type, const std::string& folder, const std::string& options, unsigned long flags)
{
    must (::mount ("joinmem-test", folder.c_str (), type.c_str (), flags, options.c_str ()) == 0,
          "mount " + type + " at " + folder + " with " + options);
}

void bindAt (const std::string& from, const std::string& folder)
{
    must (::mount (from.c_str (), folder.c_str (), nullptr, MS_BIND, nullptr) == 0, "bind " + from + " at " + folder);
}

void ownShm (const std::string& options)
{
    ownMounts ();
    mountAt ("tmpfs", "/dev/shm", options);
}

std::string ownHugetlbfs (const std::string& options)
{
    mountAt ("tmpfs", "/mnt", "size=1m,mode=755");
    must (::mkdir ("/mnt/huge", 0755) == 0, "mkdir");
    mountAt ("hugetlbfs", "/mnt/huge", "mode=1777," + options);
    return "/mnt/huge";
}

void become (unsigned user, bool dumpable)
{
    if (user == 0)
    {
        return;
    }
    must (::setgroups (0, nullptr) == 0, "setgroups");
    must (::setresgid (user, user, user) == 0, "setresgid");
    must (::setresuid (user, user, user) == 0, "setresuid");
    if (dumpable)
    {
        mayLookAgain ();
    }
    must (::prctl (PR_SET_PDEATHSIG, SIGKILL) == 0, "pdeathsig");  // a change of user resets it
}

void mayLookAgain ()
{
    must (::prctl (PR_SET_DUMPABLE, 1) == 0, "dumpable");
}

void limit (__rlimit_resource what, uint64_t soft)
{
    struct rlimit values;
    must (::getrlimit (what, &values) == 0, "getrlimit");
    values.rlim_cur = soft;
    must (::setrlimit (what, &values) == 0, "setrlimit");
}

namespace
{
// The call fails if its third argument matches.
void refuse (long call, uint16_t test, uint32_t value, int error)
{
    const unsigned answer = SECCOMP_RET_ERRNO | (static_cast<unsigned> (error) & SECCOMP_RET_DATA);
    struct sock_filter program[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t> (call), 0, 3),
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[2])),
        BPF_JUMP (static_cast<uint16_t> (BPF_JMP | test | BPF_K), value, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, answer),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof (program) / sizeof (program[0]), program};
    must (::prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    must (::prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "seccomp");
}
}  // namespace

void refuseAdvice (unsigned advice, int error)
{
    refuse (SYS_madvise, BPF_JEQ, advice, error);
}

void refuseNewFiles (int error, bool namedToo)
{
    constexpr uint32_t unnamed = O_TMPFILE & ~O_DIRECTORY;
    refuse (SYS_openat, BPF_JSET, namedToo ? unnamed | O_CREAT : unnamed, error);
}

void noTransparentPages ()
{
    must (::prctl (PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0, "PR_SET_THP_DISABLE");
}

void preferredVictim ()
{
    std::ofstream ("/proc/self/oom_score_adj") << "1000\n";
}

std::string missingRoot ()
{
    if (::geteuid () != 0)
    {
        return "not root";
    }
    // Root in a container may lack the right to mount.
    return inChild ([] () -> std::string {
        ownShm ();
        return "";
    });
}
