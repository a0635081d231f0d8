// SPDX-License-Identifier: MIT
#include "json.hpp"

#include <cstdio>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
namespace
{
// Bytes of the well-formed UTF-8 sequence at the front (RFC 3629), 0 where there is none.
std::size_t sequence (std::string_view text)
{
    const auto byte = [&] (std::size_t i) { return i < text.size () ? static_cast<unsigned char> (text[i]) : 0U; };
    const auto follows = [&] (std::size_t i) { return (byte (i) & 0xC0U) == 0x80U; };
    const unsigned first = byte (0);
    const unsigned second = byte (1);
    if (first < 0x80)
    {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF)
    {
        return follows (1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF)
    {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second > 0x9F;
        return follows (1) && follows (2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4)
    {
        const bool outside = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
        return follows (1) && follows (2) && follows (3) && !outside ? 4 : 0;
    }
    return 0;
}

// One object being written.
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

    void addKnown (const char* key, const join::detail::Maybe<uint64_t>& value)
    {
        add (key, value ? std::to_string (*value) : "null");
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

void addNodes (Object& object, const Placement& placement)
{
    if (!placement.nodes)
    {
        object.add ("nodes", "null");
        object.add ("node_bytes", "null");
        return;
    }
    object.addList ("nodes", *placement.nodes, [] (const NodeBytes& n) { return std::to_string (n.node); });
    object.addList ("node_bytes", *placement.nodes, [] (const NodeBytes& n) { return std::to_string (n.bytes); });
}
}  // namespace

std::string quoted (std::string_view text)
{
    std::string result = "\"";
    while (!text.empty ())
    {
        const std::size_t length = sequence (text);
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
    object.addText ("asked_huge", wordOf (placement.askedHuge));
    object.addNumber ("asked_page_size", placement.askedPageSize);
    object.add ("asked_node", placement.askedNode >= 0 ? std::to_string (placement.askedNode) : "null");
    object.addTruth ("asked_prefault", placement.askedPrefault);
    object.addTruth ("asked_lock", placement.askedLock);
    object.addTruth ("shared", placement.shared);
    object.addTruth ("created", placement.created);
    object.add ("name", placement.shared ? quoted (placement.name) : "null");
    object.addNumber ("size", placement.size);
    object.addText ("backing", placement.backing);
    object.addKnown ("page_size", placement.pageSize);
    object.addKnown ("huge_bytes", placement.hugeBytes);
    object.addKnown ("resident_bytes", placement.residentBytes);
    object.addKnown ("locked_bytes", placement.lockedBytes);
    addNodes (object, placement);
    object.addList ("fallback_errnos", placement.fallbacks,
                    [] (const Fallback& f) { return std::to_string (f.error); });
    object.addList ("fallback_reasons", placement.fallbacks, [] (const Fallback& f) { return quoted (f.reason); });
    return object.done ();
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
