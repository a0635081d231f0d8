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
ordered_json orNull (const std::optional<T>& value)
{
    return value.has_value () ? ordered_json (*value) : ordered_json ();
}

// JSON is UTF-8, but a name may consist of any bytes.
ordered_json text (const std::string& any)
{
    return printable (any);
}

// A 64-bit number, and the same as text: readers that use doubles lose digits above 2^53.
void addWide (ordered_json& json, const char* key, uint64_t value)
{
    json[key] = value;
    json[std::string (key) + "_hex"] = hexText (value);
}

void addNodes (ordered_json& json, const SegmentPages& pages)
{
    json["nodes"] = json["node_bytes"] = pages.nodes.has_value () ? ordered_json::array () : ordered_json ();
    for (const join::NodeBytes& node : pages.nodes.value_or (std::vector<join::NodeBytes> ()))
    {
        json["nodes"].push_back (node.node);
        json["node_bytes"].push_back (node.bytes);
    }
}

void addQueue (ordered_json& json, const Seen& seen)
{
    const SegmentInfo& info = seen.info;
    json["element_size"] = info.elementSize;
    json["stride"] = info.stride;
    json["capacity"] = info.capacity;
    json["pending"] = info.pending;
    addWide (json, "pushed", info.pushed);
    addWide (json, "popped", info.popped);
    addWide (json, "deaths", info.deaths);
    addWide (json, "skipped", info.skipped);
    json["shut_down"] = info.shutDown;
    json["consumer_sleeps"] = info.consumerSleeps;
    json["producer_sleeps"] = info.producerSleeps;
    json["element_watched"] = info.elementWatched;
    json["room_watched"] = info.roomWatched;
    addWide (json, "type_id", info.typeId);
    addWide (json, "tag", info.tag);
    json["version"] = info.version;
    json["version_text"] = std::to_string (info.version >> 16) + "." + std::to_string (info.version & 0xffff);
    json["compatible"] = info.compatible;
    json["incompatible"] = info.incompatible;
    json["slot_count"] = info.slotCount;
    json["sequences_offset"] = info.sequencesOffset;
    json["elements_offset"] = info.elementsOffset;
    json["segment_size"] = info.segmentSize;
    json["creator_pid"] = info.creatorPid;
    ordered_json list = ordered_json::array ();
    for (const join::Producer& one : seen.producers)
    {
        list.push_back ({{"slot", one.slot}, {"pid", one.pid}, {"alive", one.alive}, {"in_push", one.inPush}});
    }
    json["producers"] = seen.producersKnown ? list : ordered_json ();
}
}  // namespace seen

unsigned Seen::count (bool alive) const
{
    return static_cast<unsigned> (std::count_if (producers.begin (), producers.end (),
                                                 [=] (const join::Producer& one) { return one.alive == alive; }));
}

Seen see (const std::string& name)
{
    Seen seen;
    seen.name = name;
    seen.info = join::inspect (name);
    if (seen.info.isQueue ())
    {
        const auto list = join::inspectProducers (name);
        seen.producersKnown = list.has_value ();
        if (list.has_value ())
        {
            seen.producers.assign (list->begin (), list->end ());
        }
    }
    return seen;
}

std::vector<Seen> seeAll (Patterns* patterns)
{
    const auto found = join::segmentNames ();
    std::vector<std::string> names (found.begin (), found.end ());
    std::sort (names.begin (), names.end (), naturalLess);
    std::vector<Seen> all;
    for (const std::string& name : names)
    {
        if (patterns != nullptr && !patterns->match (name))
        {
            continue;
        }
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
            // The segment was removed, or has shrunk: keep what was read before.
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

double fillOf (const join::SegmentInfo& queue) noexcept
{
    return queue.capacity == 0 ? 0 : static_cast<double> (queue.pending) / static_cast<double> (queue.capacity);
}

nlohmann::ordered_json jsonOf (const Seen& it, const SegmentPages& pages, const Holders& holders)
{
    const SegmentInfo& info = it.info;
    seen::ordered_json json;
    json["name"] = nameText (it.name);
    json["kind"] = join::nameOf (info.kind);
    json["path"] = seen::text (info.path);
    json["fault"] = info.fault.empty () ? seen::ordered_json () : seen::text (info.fault);
    seen::addWide (json, "device", info.device);
    seen::addWide (json, "inode", info.inode);
    json["huge_page"] = info.hugePage == 0 ? seen::ordered_json () : seen::ordered_json (info.hugePage);
    seen::addWide (json, "size", info.size);
    seen::addWide (json, "allocated", info.allocated);
    json["page_size"] = seen::orNull (pages.pageSize);
    json["huge_bytes"] = seen::orNull (pages.hugeBytes);
    seen::addNodes (json, pages);
    json["owner"] = info.owner;
    json["permissions"] = info.permissions;
    json["permissions_octal"] = "0" + octalText (info.permissions);
    json["created_at"] = info.createdAt == 0 ? seen::ordered_json () : seen::ordered_json (info.createdAt);
    json["created_at_hex"] =
        info.createdAt == 0 ? seen::ordered_json () : seen::ordered_json (hexText (info.createdAt));
    json["in_use"] = seen::orNull (info.inUse);
    json["users"] = seen::orNull (info.users);
    json["user_pids"] = seen::ordered_json::array ();
    for (const Holder& holder : holders.of (info))
    {
        json["user_pids"].push_back (holder.pid);
    }
    if (info.isQueue ())
    {
        seen::addQueue (json, it);
    }
    return json;
}

}  // namespace tool
