// SPDX-License-Identifier: MIT
// The player's commands for memory.
#include "player.hpp"

#include <join/placement.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <utility>

namespace
{
std::string openShared (const Words& w)
{
    join::MemOptions options;
    options.readOnly = w[4] == "read";
    options.openMode = w[4] == "create"   ? join::OpenMode::CreateOnly
                       : w[4] == "either" ? join::OpenMode::CreateOrOpen
                                          : join::OpenMode::OpenOnly;
    auto memory = std::make_unique<PlayerMemory> ();
    memory->shared.emplace (number (w[3]), w[2], options);
    memory->readOnly = options.readOnly;
    const std::string line = ok (" ", memory->shared->created () ? 1 : 0, " ", memory->shared->size ());
    objectOf (w[1]) = Object {std::move (memory), nullptr, nullptr};
    return line;
}

std::string openLocal (const Words& w)
{
    auto memory = std::make_unique<PlayerMemory> ();
    memory->local.emplace (number (w[2]));
    const std::string line = ok (" ", memory->local->size ());
    objectOf (w[1]) = Object {std::move (memory), nullptr, nullptr};
    return line;
}

/// get () checks one address: so both ends are requested.
void* rangeOf (PlayerMemory& memory, uint64_t offset, uint64_t count)
{
    memory.any ().get (count > 1 ? offset + count - 1 : offset);
    return memory.any ().get (offset);
}

std::string writeBytes (const Words& w)
{
    PlayerMemory& memory = memoryOf (w[1]);
    const std::vector<unsigned char> bytes = bytesOf (w[3]);
    void* to = rangeOf (memory, number (w[2]), bytes.size ());
    if (memory.readOnly)
    {
        throw Refused {EROFS};  // a write would raise SIGSEGV
    }
    std::copy (bytes.begin (), bytes.end (), static_cast<unsigned char*> (to));
    return "ok";
}

std::string readBytes (const Words& w)
{
    const uint64_t count = number (w[3]);
    return ok (" ", hexOf (rangeOf (memoryOf (w[1]), number (w[2]), count), count));
}

template <typename Range, typename ToText>
std::string listOf (const Range& range, ToText toText)
{
    std::string list;
    for (const auto& one : range)
    {
        list += (list.empty () ? "" : ",") + toText (one);
    }
    return "[" + list + "]";
}

std::string placementOf (const Words& w)
{
    const join::Placement p = memoryOf (w[1]).any ().placement ();
    const auto truth = [] (bool value) { return std::string (value ? "true" : "false"); };
    const auto text = [] (const std::string& value) { return '"' + value + '"'; };
    const auto known = [] (const std::optional<uint64_t>& n) { return n ? std::to_string (*n) : std::string ("null"); };
    const char* const huge[] = {"prefer", "never", "require"};
    const std::map<std::string, std::string> values = {
        {"requested_huge", text (huge[static_cast<unsigned> (p.requestedHuge)])},
        {"requested_page_size", std::to_string (p.requestedPageSize)},
        {"requested_node", p.requestedNode == -1 ? "null" : std::to_string (p.requestedNode)},
        {"requested_prefault", truth (p.requestedPrefault)},
        {"requested_lock", truth (p.requestedLock)},
        {"shared", truth (p.shared)},
        {"created", truth (p.created)},
        {"name", p.shared ? text (p.name) : "null"},
        {"size", std::to_string (p.size)},
        {"backing", text (p.backing)},
        {"page_size", known (p.pageSize)},
        {"huge_bytes", known (p.hugeBytes)},
        {"resident_bytes", known (p.residentBytes)},
        {"locked_bytes", known (p.lockedBytes)},
        {"nodes", p.nodes ? listOf (*p.nodes, [] (auto& n) { return std::to_string (n.node); }) : "null"},
        {"node_bytes", p.nodes ? listOf (*p.nodes, [] (auto& n) { return std::to_string (n.bytes); }) : "null"},
        {"fallback_errnos", listOf (p.fallbacks, [] (auto& f) { return std::to_string (f.error); })},
        {"fallback_reasons", listOf (p.fallbacks, [&] (auto& f) { return text (f.reason); })},
    };
    const auto found = values.find (w[2]);
    return found != values.end () ? ok (" ", found->second) : throw Refused {ENOENT};
}

/// Ends an initialisation that has failed.
struct Abandoned
{
};

/// Runs the commands between "initialise" and "initialised" inside of the callback that initialises.
std::string initialise (const Words& w)
{
    PlayerMemory& memory = memoryOf (w[1]);
    const auto serve = [&] {
        reply ("ok 1");
        Words words;
        while (readWords (&words))
        {
            if (words.size () == 4 && words[0] == "initialised" && words[1] == w[1])
            {
                return words[3] == "1" ? void () : throw Abandoned ();
            }
            reply (answer (words));
        }
        std::exit (0);
    };
    if (!memory.shared)
    {
        throw Refused {EINVAL};  // LocalMem has no initialise ()
    }
    try
    {
        return check (memory.shared->initialise (serve, number (w[2]))) == 1 ? "ok" : "ok 0";
    }
    catch (const Abandoned&)
    {
        return "ok";
    }
}

std::string initialised (const Words&)
{
    throw Refused {EINVAL};  // initialise () serves this command where there is something to end
}

std::string unlinkName (const Words& w)
{
    check (join::ShmMem::unlink (w[1]));
    return "ok";
}
}  // namespace

const std::vector<Command> memoryCommands = {
    {"shm", 5, openShared},          {"local", 3, openLocal},       {"write", 4, writeBytes},
    {"read", 4, readBytes},          {"placement", 3, placementOf}, {"initialise", 3, initialise},
    {"initialised", 4, initialised}, {"unlink", 2, unlinkName},
};
