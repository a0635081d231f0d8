// SPDX-License-Identifier: MIT
// The owner of a segment, and the processes that have it open, as far as they are visible to this user.
#ifndef JOINMEM_TOOL_OWNERS_HPP
#define JOINMEM_TOOL_OWNERS_HPP

#include <join/inspect.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tool
{
/// The name of a user, or its id if it has none.
std::string userText (uint32_t user);

/// A process that has a segment mapped.
struct Holder
{
    int pid = 0;          ///< in the PID namespace of this program
    std::string program;  ///< the name of the process, made safe for a terminal
};

/// The processes that have segments mapped. The constructor reads them from /proc, without the processes of other users
/// that this user may not inspect, and without those of other containers.
class Holders
{
public:
    explicit Holders (const std::vector<const join::SegmentInfo*>& segments);

    /// Ordered by process id.
    const std::vector<Holder>& of (const join::SegmentInfo& segment) const;

private:
    using Key = std::pair<uint64_t, uint64_t>;

    void readProcess (int pid);

    std::map<Key, std::vector<Holder>> _all;
};

}  // namespace tool

#endif
