// SPDX-License-Identifier: MIT
// What the doctor says about one thing: a check. Its id is for programs and stays what it is, see joinmem-doctor(1).
#ifndef JOINMEM_TOOL_DOCTOR_CHECK_HPP
#define JOINMEM_TOOL_DOCTOR_CHECK_HPP

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tool::doctor
{
/// From good to bad. Unknown does not count.
enum class Verdict : int
{
    Fine,     ///< as good as it gets, or merely worth knowing
    Unknown,  ///< could not be looked at
    Worse,    ///< works, but slower or in a documented weaker mode
    Missing,  ///< something that the library promises cannot be had
};

struct Check
{
    const char* id;
    const char* title;
    const char* section;
    Verdict verdict;
    std::string found;
    std::string consequence;  ///< for who uses the library
    std::string mend;         ///< a command, or where it is described; empty where there is nothing to mend
};

using Checks = std::vector<Check>;

/// What a check is about; its members make the check.
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

    Check worse (std::string found, std::string consequence, std::string mend) const
    {
        return Check {id, title, section, Verdict::Worse, std::move (found), std::move (consequence), std::move (mend)};
    }

    Check missing (std::string found, std::string consequence, std::string mend) const
    {
        return Check {
            id, title, section, Verdict::Missing, std::move (found), std::move (consequence), std::move (mend)};
    }
};

constexpr const char* machineSection = "Machine";
constexpr const char* hugeSection = "Huge pages";
constexpr const char* sharedSection = "Shared memory";
constexpr const char* callSection = "System calls";
constexpr const char* limitSection = "Limits";
constexpr const char* nodeSection = "NUMA";
constexpr const char* aroundSection = "Container and virtual machine";

/// The worst of all; Fine where there is nothing worse than Unknown.
Verdict overall (const Checks& checks);

const char* nameOf (Verdict verdict);

/// For who reads: "63.2 MiB", "8 MiB", "no limit".
std::string sizeText (uint64_t bytes);

}  // namespace tool::doctor

#endif
