// SPDX-License-Identifier: MIT
// System calls tried for real, in a process of its own: a filter that kills, the OOM killer, a page that is not to be
// had and a call that does not return end that one, and are a result as any other.
#ifndef JOINMEM_TOOL_DOCTOR_PROBE_HPP
#define JOINMEM_TOOL_DOCTOR_PROBE_HPP

#include <array>
#include <functional>
#include <string>

namespace tool::doctor
{
/// What a system call came to: 0, an errno, or one of these.
using Result = int;
constexpr Result notTried = -1;
constexpr Result killedBy = 10000;  ///< plus the signal: the process died of it

/// In the order in which the calls are made, so that the first one without a result is the one that killed.
using Results = std::array<Result, 8>;

/// Runs the body and brings back what it wrote. It must not throw, and is given five seconds.
Results attempt (const std::function<void (Results&)>& body);

inline bool wasKilled (Result result) noexcept
{
    return result >= killedBy;
}

/// What a call said: its result, or its errno.
Result resultOf (bool fine) noexcept;

/// "Operation not permitted (errno 1)", "killed by SIGSYS, as a seccomp filter does", "not tried".
std::string wordsFor (Result result);

}  // namespace tool::doctor

#endif
