// SPDX-License-Identifier: MIT
// What a child does to itself before the test: mounts, users, limits, filters. All of it ends with the child. Each
// throws std::runtime_error where it cannot be had.
#ifndef JOIN_TESTS_SYSTEM_SETTING_HPP
#define JOIN_TESTS_SYSTEM_SETTING_HPP

#include <cstdint>
#include <string>
#include <sys/resource.h>

/// The user who owns nothing.
constexpr unsigned nobody = 65534;

/// Mounts of its own: nothing that is mounted from now on is seen outside. No hugetlbfs among them.
void ownMounts ();

/// A new, empty /dev/shm of its own. @param options of the tmpfs, as "size=1m"
void ownShm (const std::string& options = "mode=1777");
void mountAt (const std::string& type, const std::string& folder, const std::string& options, unsigned long flags = 0);
void bindAt (const std::string& from, const std::string& folder);

/// A hugetlbfs that any user may write to, in a folder of its own below /tmp's hidden contents. @return the folder
std::string ownHugetlbfs (const std::string& options);

/// Gives the process to `user`, for good. A process that did that owns little of its /proc/self (pagemap), unless it is
/// `dumpable`, as one is that was started by that user.
void become (unsigned user = nobody, bool dumpable = true);

/// Makes a process that is not dumpable be it again.
void mayLookAgain ();

void limit (__rlimit_resource what, uint64_t soft);

/// madvise(2) with this advice fails with `error` from now on, as under a container's seccomp filter.
void refuseAdvice (unsigned advice, int error);

/// Transparent huge pages are off for this process, collapsing too: prctl(PR_SET_THP_DISABLE).
void noTransparentPages ();

/// The killer takes this process before any other.
void preferredVictim ();

/// Whether this process is root with what root may do; where not, why, for the last line of a skipped test.
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
