// SPDX-License-Identifier: MIT
/// Prints a placement report as text: what was requested, what memory it got, and why they differ.
#ifndef EXAMPLES_REPORT_HPP
#define EXAMPLES_REPORT_HPP

#include <join/memory.hpp>
#include <join/placement.hpp>

#include <iomanip>
#include <ostream>

namespace report
{
/// A number of bytes in the largest unit that divides it.
inline std::string bytes (uint64_t n)
{
    static const char* const units[] = {" bytes", " KiB", " MiB", " GiB"};
    int unit = 0;
    while (n != 0 && n % 1024 == 0 && unit < 3)
    {
        n /= 1024;
        ++unit;
    }
    return std::to_string (n) + units[unit];
}

/// The kernel or the rules of a container may hide a value: "not known".
inline std::string bytes (const std::optional<uint64_t>& n)
{
    return n ? bytes (*n) : "not known";
}

inline void showRequested (std::ostream& out, const join::Placement& placement)
{
    static const char* const huge[] = {"if they cost no memory", "never", "required"};
    out << "  requested  " << bytes (placement.size)
        << (placement.shared ? ", shared as " + placement.name : ", private")
        << "; huge pages: " << huge[static_cast<unsigned> (placement.requestedHuge) % 3];
    if (placement.requestedPageSize != 0)
    {
        out << " (" << bytes (placement.requestedPageSize) << ")";
    }
    if (placement.requestedNode >= 0)
    {
        out << "; node " << placement.requestedNode;
    }
    out << (placement.requestedPrefault ? "; prefaulted" : "; allocated on first touch")
        << (placement.requestedLock ? "; locked\n" : "\n");
}

inline void got (std::ostream& out, const join::Placement& placement)
{
    out << "  got        " << bytes (placement.residentBytes) << " in RAM (" << placement.backing << ")\n"
        << "             smallest page: " << bytes (placement.pageSize) << "\n"
        << "             on huge pages: " << bytes (placement.hugeBytes);
    if (placement.hugeBytes && placement.size != 0)
    {
        double share = 100.0 * static_cast<double> (*placement.hugeBytes) / static_cast<double> (placement.size);
        out << std::fixed << std::setprecision (1) << " (" << share << " %)";
    }
    out << "\n             by NUMA node:  ";
    if (!placement.nodes)
    {
        out << "not known";
    }
    else
    {
        const char* between = "";
        for (const join::NodeBytes& node : *placement.nodes)
        {
            out << between << bytes (node.bytes) << " on node " << node.node;
            between = ", ";
        }
    }
    out << "\n             locked:        " << bytes (placement.lockedBytes) << "\n";
}

inline void print (std::ostream& out, const join::Placement& placement)
{
    showRequested (out, placement);
    got (out, placement);
    if (placement.fallbacks.empty ())
    {
        bool rest =
            placement.requestedHuge == join::HugePages::Prefer && placement.hugeBytes.value_or (0) != placement.size;
        out << "  why        as requested"
            << (rest ? "; the rest that is smaller than a huge page is on base pages\n" : "\n");
    }
    const char* label = "  why        ";
    for (const join::Fallback& fallback : placement.fallbacks)
    {
        out << label << fallback.reason;
        if (fallback.error != 0)
        {
            out << " [errno " << fallback.error << "]";
        }
        out << "\n";
        label = "             ";
    }
}
}  // namespace report

#endif
