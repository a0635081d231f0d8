// SPDX-License-Identifier: MIT
/// Ways in which a process gives up the right to open files, as daemons and sandboxes do.
#ifndef JOIN_TESTS_QUEUE_DROP_HPP
#define JOIN_TESTS_QUEUE_DROP_HPP

#include "forbid.hpp"

#include <cerrno>
#include <cstdint>

#include <fcntl.h>
#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

enum class Drop
{
    User,      ///< setuid ()
    Root,      ///< chroot () into a directory without /proc and /dev/shm
    Landlock,  ///< denies every file access
    Seccomp,   ///< open () and openat () fail with EPERM
};

constexpr Drop allDrops[] = {Drop::User, Drop::Root, Drop::Landlock, Drop::Seccomp};

inline const char* nameOf (Drop drop)
{
    switch (drop)
    {
        case Drop::User:
            return "setuid";
        case Drop::Root:
            return "chroot";
        case Drop::Landlock:
            return "Landlock";
        default:
            return "seccomp";
    }
}

/// Becomes a user without rights to this user's files, and drops all groups.
inline bool becomeUser (unsigned user)
{
    return ::setgroups (0, nullptr) == 0 && ::setgid (user) == 0 && ::setuid (user) == 0;
}

inline bool restrictByLandlock ()
{
    constexpr long createRuleset = 444;
    constexpr long restrictSelf = 446;
    const uint64_t accesses = (1 << 13) - 1;  // all rights of Landlock's first version: execute, write, read, ...
    const long ruleset = ::syscall (createRuleset, &accesses, sizeof (accesses), 0);
    const bool done =
        ruleset >= 0 && ::prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::syscall (restrictSelf, ruleset, 0) == 0;
    if (ruleset >= 0)
    {
        ::close (static_cast<int> (ruleset));
    }
    return done;
}

/// Returns false if this machine or this user does not allow it.
inline bool dropRights (Drop drop)
{
    switch (drop)
    {
        case Drop::User:
            return becomeUser (65534);
        case Drop::Root:
            return ::chroot ("/proc/self/fdinfo") == 0 && ::chdir ("/") == 0;  // a directory that has neither
        case Drop::Landlock:
            return restrictByLandlock ();
        default:
#ifdef SYS_open
            forbid (SYS_open, EPERM);
#endif
            forbid (SYS_openat, EPERM);
            return true;
    }
}

/// Whether the process can still open that file: verifies the functions above.
inline bool mayOpen (const char* path)
{
    const int file = ::open (path, O_RDWR | O_CLOEXEC);
    if (file != -1)
    {
        ::close (file);
    }
    return file != -1;
}

#endif
