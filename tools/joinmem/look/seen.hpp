// SPDX-License-Identifier: MIT
// A segment as the subcommands show it.
#ifndef JOINMEM_TOOL_SEEN_HPP
#define JOINMEM_TOOL_SEEN_HPP

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
    std::vector<join::Participant> participants;
    bool participantsKnown = false;

    unsigned count (bool alive) const;
};

/// What there is of that name. What cannot be read of the rest is left out.
/// @throw std::system_error as join::inspect
Seen see (const std::string& name);

/// All that there is, in the order of names; what vanishes meanwhile is none.
std::vector<Seen> seeAll ();

/// Its pages, or nothing where they cannot be looked at.
/// @param most bytes that are looked at
join::SegmentPages pagesOf (const Seen& seen, uint64_t most);

/// "0", "0-1", "0,2"; "" where it is not known.
std::string nodesText (const join::SegmentPages& pages);

/// "4K", "2M"; "4K+huge" where both; "" where it is not known.
std::string pageText (const join::SegmentPages& pages);

/// The name without its slash, as a terminal may have it.
std::string nameText (const std::string& name);

nlohmann::ordered_json jsonOf (const Seen& seen, const join::SegmentPages& pages);

}  // namespace tool

#endif
