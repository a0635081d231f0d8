// SPDX-License-Identifier: MIT
// A segment as the subcommands show it.
#ifndef JOINMEM_TOOL_SEEN_HPP
#define JOINMEM_TOOL_SEEN_HPP

#include "owners.hpp"
#include "pattern.hpp"

#include <join/inspect.hpp>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace tool
{
struct Seen
{
    std::string name;
    join::SegmentInfo info;
    std::vector<join::Producer> producers;
    bool producersKnown = false;

    unsigned count (bool alive) const;
};

/// Reads the segment of that name. Details that cannot be read are omitted.
/// @throw std::system_error as join::inspect
Seen see (const std::string& name);

/// Reads all segments whose names match, in natural order of names. A segment that vanishes meanwhile is omitted.
/// @param patterns null: all names
std::vector<Seen> seeAll (Patterns* patterns = nullptr);

/// The pages of a segment; empty if they cannot be read.
/// @param most maximum number of bytes to read
join::SegmentPages pagesOf (const Seen& seen, uint64_t most);

/// "0", "0-1", "0,2"; "" if not known.
std::string nodesText (const join::SegmentPages& pages);

/// "4K", "2M"; "4K+huge" for both; "" if not known.
std::string pageText (const join::SegmentPages& pages);

/// The name without its slash, made safe for a terminal.
std::string nameText (const std::string& name);

nlohmann::ordered_json jsonOf (const Seen& seen, const join::SegmentPages& pages, const Holders& holders);

/// The fill level of a queue, 0 to 1.
double fillOf (const join::SegmentInfo& queue) noexcept;

}  // namespace tool

#endif
