// SPDX-License-Identifier: MIT
/// A placement report as text for people: what was asked for, what was got, and why they differ.
#ifndef EXAMPLES_REPORT_HPP
#define EXAMPLES_REPORT_HPP

#include <join/memory.hpp>

#include <iomanip>
#include <ostream>

namespace report
{
/// An amount of bytes in the largest unit that leaves no rest.
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

/// "cannot be known here" is an answer too: the kernel, or a container's rules, may hide it.
inline std::string bytes (const join::detail::Maybe<uint64_t>& n)
{
    return n ? bytes (*n) : "cannot be known here";
}

inline void asked (std::ostream& out, const join::Placement& placement)
{
    static const char* const huge[] = {"where they cost no memory", "never", "all of it"};
    out << "  asked for  " << bytes (placement.size)
        << (placement.shared ? ", shared as " + placement.name : ", private")
        << "; huge pages: " << huge[static_cast<unsigned> (placement.askedHuge) % 3];
    if (placement.askedPageSize != 0)
    {
        out << " (" << bytes (placement.askedPageSize) << ")";
    }
    if (placement.askedNode >= 0)
    {
        out << "; node " << placement.askedNode;
    }
    out << (placement.askedPrefault ? "; in place at once" : "; in place when touched")
        << (placement.askedLock ? "; locked\n" : "\n");
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
        out << "cannot be known here";
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
    asked (out, placement);
    got (out, placement);
    if (placement.fallbacks.empty ())
    {
        bool rest =
            placement.askedHuge == join::HugePages::Prefer && placement.hugeBytes.value_or (0) != placement.size;
        out << "  why        as asked for" << (rest ? "; what is less than a huge page is on base pages\n" : "\n");
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
