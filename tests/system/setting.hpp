// SPDX-License-Identifier: MIT
// What a child changes in itself before the test: mounts, users, limits, filters. All of it ends with the child. Each
// function throws std::runtime_error if the change fails.
#ifndef JOIN_TESTS_SYSTEM_SETTING_HPP
#define JOIN_TESTS_SYSTEM_SETTING_HPP

#include <cstdint>
#include <string>
#include <sys/resource.h>

/// A user who owns nothing.
constexpr unsigned nobody = 65534;

/// Gives the process a mount namespace: later mounts are not seen outside. It contains no hugetlbfs.
void ownMounts ();

/// Mounts a new, empty /dev/shm for this process. @param options of the tmpfs, as "size=1m"
void ownShm (const std::string& options = "mode=1777");
void mountAt (const std::string& type, const std::string& folder, const std::string& options, unsigned long flags = 0);
void bindAt (const std::string& from, const std::string& folder);

/// Mounts a hugetlbfs that any user may write to, below a hidden /tmp. @return its directory
std::string ownHugetlbfs (const std::string& options);

/// Changes the user of the process for good. Such a process may not read much of its /proc/self (pagemap), unless it is
/// `dumpable`, as a process is that the user has started.
void become (unsigned user = nobody, bool dumpable = true);

/// Makes a process dumpable again.
void mayLookAgain ();

void limit (__rlimit_resource what, uint64_t soft);

/// From now on madvise(2) with this advice fails with `error`, as under a container's seccomp filter.
void refuseAdvice (unsigned advice, int error);

/// From now on creating an unnamed file (O_TMPFILE) fails with `error`, as under a security module; `namedToo`: any new
/// file.
void refuseNewFiles (int error, bool namedToo);

/// Disables transparent huge pages for this process, and collapsing too: prctl(PR_SET_THP_DISABLE).
void noTransparentPages ();

/// Makes the OOM killer choose this process first.
void preferredVictim ();

/// Whether this process has all rights of root; if not, the reason for the last line of a skipped test.
std::string missingRoot ();

constexpr unsigned adviceCollapse = 25;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

#endif
