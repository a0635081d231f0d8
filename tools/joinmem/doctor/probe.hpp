// SPDX-License-Identifier: MIT
// Tries real system calls in a separate process. A filter that kills, the OOM killer, a page that cannot be allocated
// and a call that does not return end only that process, and are reported as a result like any other.
#ifndef JOINMEM_TOOL_DOCTOR_PROBE_HPP
#define JOINMEM_TOOL_DOCTOR_PROBE_HPP

#include <array>
#include <functional>
#include <string>

namespace tool::doctor
{
/// The result of a system call: 0, an errno, or one of these.
using Result = int;
constexpr Result notTried = -1;
constexpr Result killedBy = 10000;  ///< plus the number of the signal that killed the process

/// In the order of the calls: the first one without a result is the one that killed the process.
using Results = std::array<Result, 8>;

/// Runs the body in a child process and returns the results that it wrote. The body must not throw, and is killed after
/// five seconds.
Results attempt (const std::function<void (Results&)>& body);

inline bool wasKilled (Result result) noexcept
{
    return result >= killedBy;
}

/// 0 if the call succeeded, else its errno.
Result resultOf (bool fine) noexcept;

/// "Operation not permitted (errno 1)", "killed by SIGSYS, as a seccomp filter does", "not tried".
std::string wordsFor (Result result);

}  // namespace tool::doctor

#endif
