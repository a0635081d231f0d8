// SPDX-License-Identifier: MIT
#include "seen.hpp"

#include "../show/text.hpp"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

namespace tool
{
using join::SegmentInfo;
using join::SegmentKind;
using join::SegmentPages;

namespace seen
{
using nlohmann::ordered_json;

template <typename T>
ordered_json orNull (const join::detail::Maybe<T>& value)
{
    return value.has_value () ? ordered_json (*value) : ordered_json ();
}

// JSON is UTF-8, and a name may be any bytes.
ordered_json text (const std::string& any)
{
    return printable (any);
}

void addQueue (ordered_json& json, const Seen& seen)
{
    const SegmentInfo& info = seen.info;
    json["element_size"] = info.elementSize;
    json["stride"] = info.stride;
    json["capacity"] = info.capacity;
    json["pending"] = info.pending;
    json["pushed"] = info.pushed;
    json["popped"] = info.popped;
    json["deaths"] = info.deaths;
    json["holes"] = info.holes;
    json["shut_down"] = info.shutDown;
    json["popper_sleeps"] = info.popperSleeps;
    json["pusher_sleeps"] = info.pusherSleeps;
    json["type_id"] = info.typeId;
    json["tag"] = info.tag;
    json["version"] = std::to_string (info.version >> 16) + "." + std::to_string (info.version & 0xffff);
    json["compatible"] = info.compatible;
    json["incompatible"] = info.incompatible;
    json["places"] = info.places;
    json["words_offset"] = info.wordsOffset;
    json["elements_offset"] = info.elementsOffset;
    json["segment_size"] = info.segmentSize;
    json["maker"] = info.maker;
    ordered_json list = ordered_json::array ();
    for (const join::Participant& one : seen.participants)
    {
        list.push_back ({{"place", one.place}, {"pid", one.pid}, {"alive", one.alive}, {"inside", one.inside}});
    }
    json["participants"] = seen.participantsKnown ? list : ordered_json ();
}
}  // namespace seen

unsigned Seen::count (bool alive) const
{
    return static_cast<unsigned> (std::count_if (participants.begin (), participants.end (),
                                                 [=] (const join::Participant& one) { return one.alive == alive; }));
}

Seen see (const std::string& name)
{
    Seen seen;
    seen.name = name;
    seen.info = join::inspect (name);
    if (seen.info.isQueue ())
    {
        constexpr std::size_t most = 1022;
        seen.participants.resize (most);
        const int64_t count = join::inspectParticipants (name, seen.participants.data (), most);
        seen.participantsKnown = count >= 0;
        seen.participants.resize (count > 0 ? static_cast<std::size_t> (count) : 0);
    }
    return seen;
}

std::vector<Seen> seeAll ()
{
    std::vector<Seen> all;
    for (const std::string& name : join::segmentNames ())
    {
        try
        {
            all.push_back (see (name));
        }
        catch (const std::system_error& error)
        {
            const int code = error.code ().value ();
            if (code != ENOENT && code != EINVAL && code != ENAMETOOLONG)
            {
                throw;
            }
        }
    }
    return all;
}

SegmentPages pagesOf (const Seen& seen, uint64_t most)
{
    if (seen.info.kind != SegmentKind::Unreadable && seen.info.kind != SegmentKind::Other)
    {
        try
        {
            return join::inspectPages (seen.name, most);
        }
        catch (const std::system_error&)
        {
            // It has gone, or shrunk: what is shown of it is from before.
        }
    }
    return SegmentPages ();
}

std::string nodesText (const SegmentPages& pages)
{
    std::string result;
    if (pages.nodes.has_value ())
    {
        const auto& nodes = *pages.nodes;
        for (std::size_t i = 0; i < nodes.size (); ++i)
        {
            std::size_t last = i;
            while (last + 1 < nodes.size () && nodes[last + 1].node == nodes[last].node + 1)
            {
                ++last;
            }
            result += (result.empty () ? "" : ",") + std::to_string (nodes[i].node);
            result += last == i ? "" : "-" + std::to_string (nodes[last].node);
            i = last;
        }
    }
    return result;
}

std::string pageText (const SegmentPages& pages)
{
    if (!pages.pageSize.has_value ())
    {
        return "";
    }
    const bool both = *pages.pageSize <= 65536 && pages.hugeBytes.value_or (0) != 0;
    return bytesText (*pages.pageSize) + (both ? "+huge" : "");
}

std::string nameText (const std::string& name)
{
    return printable (!name.empty () && name[0] == '/' ? name.substr (1) : name);
}

nlohmann::ordered_json jsonOf (const Seen& it, const SegmentPages& pages)
{
    const SegmentInfo& info = it.info;
    seen::ordered_json json;
    json["name"] = nameText (it.name);
    json["kind"] = join::nameOf (info.kind);
    json["path"] = seen::text (info.path);
    json["fault"] = info.fault.empty () ? seen::ordered_json () : seen::text (info.fault);
    json["device"] = info.device;
    json["inode"] = info.inode;
    json["huge_page"] = info.hugePage == 0 ? seen::ordered_json () : seen::ordered_json (info.hugePage);
    json["size"] = info.size;
    json["allocated"] = info.allocated;
    json["page_size"] = seen::orNull (pages.pageSize);
    json["huge_bytes"] = seen::orNull (pages.hugeBytes);
    json["nodes"] = seen::ordered_json ();
    if (pages.nodes.has_value ())
    {
        json["nodes"] = seen::ordered_json::array ();
        for (const join::NodeBytes& node : *pages.nodes)
        {
            json["nodes"].push_back ({{"node", node.node}, {"bytes", node.bytes}});
        }
    }
    json["owner"] = info.owner;
    json["permissions"] = info.permissions;
    json["made_at"] = info.madeAt == 0 ? seen::ordered_json () : seen::ordered_json (info.madeAt);
    json["in_use"] = seen::orNull (info.inUse);
    json["users"] = seen::orNull (info.users);
    if (info.isQueue ())
    {
        seen::addQueue (json, it);
    }
    return json;
}

}  // namespace tool
