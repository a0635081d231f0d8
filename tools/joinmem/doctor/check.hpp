// SPDX-License-Identifier: MIT
// A check: the doctor's report on one thing. Its id is for programs and never changes, see joinmem-doctor(1).
#ifndef JOINMEM_TOOL_DOCTOR_CHECK_HPP
#define JOINMEM_TOOL_DOCTOR_CHECK_HPP

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tool::doctor
{
/// From good to bad. Unknown does not affect the overall verdict.
enum class Verdict : int
{
    Fine,     ///< as good as possible, or merely informative
    Unknown,  ///< could not be checked
    Worse,    ///< works, but slower or in a weaker mode that is documented
    Missing,  ///< something that the library promises is not available
};

struct Check
{
    const char* id;
    const char* title;
    const char* section;
    Verdict verdict;
    std::string found;
    std::string consequence;  ///< for programs that use the library
    std::string fix;          ///< a command, or where the fix is described; empty: nothing to fix
};

using Checks = std::vector<Check>;

/// The subject of a check. Its member functions create the check.
struct Subject
{
    const char* id;
    const char* title;
    const char* section;

    Check fine (std::string found, std::string consequence) const
    {
        return Check {id, title, section, Verdict::Fine, std::move (found), std::move (consequence), ""};
    }

    Check unknown (std::string found, std::string consequence) const
    {
        return Check {id, title, section, Verdict::Unknown, std::move (found), std::move (consequence), ""};
    }

    Check worse (std::string found, std::string consequence, std::string fix) const
    {
        return Check {id, title, section, Verdict::Worse, std::move (found), std::move (consequence), std::move (fix)};
    }

    Check missing (std::string found, std::string consequence, std::string fix) const
    {
        return Check {
            id, title, section, Verdict::Missing, std::move (found), std::move (consequence), std::move (fix)};
    }
};

constexpr const char* machineSection = "Machine";
constexpr const char* hugeSection = "Huge pages";
constexpr const char* sharedSection = "Shared memory";
constexpr const char* callSection = "System calls";
constexpr const char* limitSection = "Limits";
constexpr const char* nodeSection = "NUMA";
constexpr const char* aroundSection = "Container and virtual machine";

/// The worst verdict of all checks; Fine if none is worse than Unknown.
Verdict overall (const Checks& checks);

const char* nameOf (Verdict verdict);

/// As people read it: "63.2 MiB", "8 MiB", "no limit".
std::string sizeText (uint64_t bytes);

}  // namespace tool::doctor

#endif
