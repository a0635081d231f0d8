// SPDX-License-Identifier: MIT
// Writes flat JSON objects (RFC 8259) of segments, their pages and placement reports.
#include "json.hpp"

#include "base/failure.hpp"
#include "base/utf8.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
namespace
{
// A JSON object that is being written.
class Object
{
public:
    void add (const char* key, const std::string& value)
    {
        _text += (_text.size () > 1 ? "," : "") + quoted (key) + ":" + value;
    }

    void addText (const char* key, std::string_view value)
    {
        add (key, quoted (value));
    }

    void addNumber (const char* key, uint64_t value)
    {
        add (key, std::to_string (value));
    }

    void addTruth (const char* key, bool value)
    {
        add (key, value ? "true" : "false");
    }

    template <typename Number>
    void addKnown (const char* key, const std::optional<Number>& value)
    {
        add (key, value ? std::to_string (*value) : "null");
    }

    // Adds null if the number is not known for this segment.
    void addNumberIf (bool known, const char* key, uint64_t value)
    {
        add (key, known ? std::to_string (value) : "null");
    }

    // Adds a number of 64 bits, and the same as text: readers that store numbers as doubles lose digits above 2^53.
    void addWideIf (bool known, const char* key, uint64_t value)
    {
        char text[24];
        std::snprintf (text, sizeof (text), "\"0x%llx\"", static_cast<unsigned long long> (value));
        addNumberIf (known, key, value);
        add ((std::string (key) + "_hex").c_str (), known ? text : "null");
    }

    void addTruthIf (bool known, const char* key, bool value)
    {
        add (key, !known ? "null" : value ? "true" : "false");
    }

    template <typename Array, typename ToText>
    void addList (const char* key, const Array& array, ToText toText)
    {
        std::string list = "[";
        for (const auto& element : array)
        {
            list += (list.size () > 1 ? "," : "") + toText (element);
        }
        add (key, list + "]");
    }

    std::string done ()
    {
        return _text + "}";
    }

private:
    std::string _text = "{";
};

const char* wordOf (HugePages huge)
{
    return huge == HugePages::Prefer ? "prefer" : huge == HugePages::Never ? "never" : "require";
}

void addNodes (Object& object, const std::optional<std::vector<NodeBytes>>& nodes)
{
    if (!nodes)
    {
        object.add ("nodes", "null");
        object.add ("node_bytes", "null");
        return;
    }
    object.addList ("nodes", *nodes, [] (const NodeBytes& n) { return std::to_string (n.node); });
    object.addList ("node_bytes", *nodes, [] (const NodeBytes& n) { return std::to_string (n.bytes); });
}

void addQueue (Object& object, const SegmentInfo& info)
{
    const bool queue = info.isQueue ();
    object.addNumberIf (queue, "version", info.version);
    object.addNumberIf (queue, "compatible", info.compatible);
    object.addNumberIf (queue, "incompatible", info.incompatible);
    object.addNumberIf (queue, "element_size", info.elementSize);
    object.addNumberIf (queue, "stride", info.stride);
    object.addNumberIf (queue, "slot_count", info.slotCount);
    object.addNumberIf (queue, "capacity", info.capacity);
    object.addWideIf (queue, "type_id", info.typeId);
    object.addWideIf (queue, "tag", info.tag);
    object.addNumberIf (queue, "sequences_offset", info.sequencesOffset);
    object.addNumberIf (queue, "elements_offset", info.elementsOffset);
    object.addNumberIf (queue, "segment_size", info.segmentSize);
    object.add ("creator_pid", queue ? std::to_string (info.creatorPid) : "null");
    object.addTruthIf (queue, "consumer_sleeps", info.consumerSleeps);
    object.addTruthIf (queue, "producer_sleeps", info.producerSleeps);
    object.addTruthIf (queue, "element_watched", info.elementWatched);
    object.addTruthIf (queue, "room_watched", info.roomWatched);
    object.addTruthIf (queue, "shut_down", info.shutDown);
    object.addNumberIf (queue, "pending", info.pending);
    object.addWideIf (queue, "pushed", info.pushed);
    object.addWideIf (queue, "popped", info.popped);
    object.addWideIf (queue, "deaths", info.deaths);
    object.addWideIf (queue, "skipped", info.skipped);
}
}  // namespace

int64_t writeText (std::string_view from, char* text, uint64_t size) noexcept
{
    if (text == nullptr && size != 0)
    {
        return fail (EINVAL, "the text is null, but its size is %llu: give a buffer, or size 0",
                     static_cast<unsigned long long> (size));
    }
    if (size != 0)
    {
        const std::size_t length = from.size () < size ? from.size () : static_cast<std::size_t> (size - 1);
        if (length != 0)  // the data of an empty name may be null, which memcpy must not get
        {
            std::memcpy (text, from.data (), length);
        }
        text[length] = '\0';
    }
    return static_cast<int64_t> (from.size ());
}

std::string jsonOf (const SegmentInfo& info)
{
    Object object;
    object.addText ("kind", nameOf (info.kind));
    object.addText ("path", info.path);
    object.add ("fault", info.fault.empty () ? "null" : quoted (info.fault));
    object.addWideIf (true, "size", info.size);
    object.addWideIf (true, "allocated", info.allocated);
    object.addNumberIf (info.hugePage != 0, "huge_page", info.hugePage);
    object.addWideIf (true, "device", info.device);
    object.addWideIf (true, "inode", info.inode);
    object.addWideIf (info.createdAt != 0, "created_at", info.createdAt);
    object.addNumber ("owner", info.owner);
    char octal[16];
    std::snprintf (octal, sizeof (octal), "%04o", info.permissions);
    object.addNumber ("permissions", info.permissions);
    object.addText ("permissions_octal", octal);
    object.addTruthIf (info.inUse.has_value (), "in_use", info.inUse.value_or (false));
    object.addKnown ("users", info.users);
    addQueue (object, info);
    return object.done ();
}

std::string jsonOf (const SegmentPages& pages)
{
    Object object;
    object.addKnown ("page_size", pages.pageSize);
    object.addKnown ("huge_bytes", pages.hugeBytes);
    addNodes (object, pages.nodes);
    return object.done ();
}

std::string quoted (std::string_view text)
{
    std::string result = "\"";
    while (!text.empty ())
    {
        const std::size_t length = characterLength (text);
        const char c = text.front ();
        if (length == 0)
        {
            result += "\\ufffd";
        }
        else if (c == '"' || c == '\\')
        {
            result += '\\';
            result += c;
        }
        else if (length == 1 && static_cast<unsigned char> (c) < 0x20)
        {
            char escape[8];
            std::snprintf (escape, sizeof (escape), "\\u%04x", static_cast<unsigned> (static_cast<unsigned char> (c)));
            result += escape;
        }
        else
        {
            result.append (text.substr (0, length));
        }
        text.remove_prefix (length == 0 ? 1 : length);
    }
    return result + "\"";
}

std::string jsonOf (const Placement& placement)
{
    Object object;
    object.addText ("requested_huge", wordOf (placement.requestedHuge));
    object.addNumber ("requested_page_size", placement.requestedPageSize);
    object.add ("requested_node", placement.requestedNode >= 0 ? std::to_string (placement.requestedNode) : "null");
    object.addTruth ("requested_prefault", placement.requestedPrefault);
    object.addTruth ("requested_lock", placement.requestedLock);
    object.addTruth ("shared", placement.shared);
    object.addTruth ("created", placement.created);
    object.add ("name", placement.shared ? quoted (placement.name) : "null");
    object.addNumber ("size", placement.size);
    object.addText ("backing", placement.backing);
    object.addKnown ("page_size", placement.pageSize);
    object.addKnown ("huge_bytes", placement.hugeBytes);
    object.addKnown ("resident_bytes", placement.residentBytes);
    object.addKnown ("locked_bytes", placement.lockedBytes);
    addNodes (object, placement.nodes);
    object.addList ("fallback_errnos", placement.fallbacks,
                    [] (const Fallback& f) { return std::to_string (f.error); });
    object.addList ("fallback_reasons", placement.fallbacks, [] (const Fallback& f) { return quoted (f.reason); });
    return object.done ();
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
