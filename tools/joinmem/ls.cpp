// SPDX-License-Identifier: MIT
// joinmem ls: prints a line for each segment.
#include "command.hpp"
#include "look/seen.hpp"
#include "show/table.hpp"
#include "show/terminal.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace tool
{
namespace ls
{
struct Options
{
    std::vector<std::string> patterns;
    bool json = false;
    bool noHeader = false;
    bool ours = false;
};

// Only the beginning of a large segment is read: 256 MiB on base pages are 65 536 page table entries.
constexpr uint64_t looked = uint64_t (256) << 20;

const char* colourOf (const join::SegmentInfo& info)
{
    if (info.isQueue ())
    {
        return style::green;
    }
    switch (info.kind)
    {
        case join::SegmentKind::Memory:
            return style::cyan;
        case join::SegmentKind::Damaged:
            return style::red;
        default:
            return style::dim;
    }
}

std::vector<Cell> rowOf (const Seen& seen, uint64_t now)
{
    const join::SegmentInfo& info = seen.info;
    const join::SegmentPages pages = pagesOf (seen, looked);
    const bool queue = info.isQueue ();
    const auto dash = [] (bool known, const std::string& text) { return known && !text.empty () ? text : "-"; };
    const unsigned dead = seen.count (false);
    const bool full = queue && info.pending == info.capacity;
    const uint64_t age = info.createdAt != 0 && now > info.createdAt ? now - info.createdAt : 0;
    return {
        Cell (nameText (seen.name), style::bold),
        Cell (join::nameOf (info.kind), colourOf (info)),
        userText (info.owner),
        octalText (info.permissions),
        bytesText (info.size),
        dash (info.users.has_value (), std::to_string (info.users.value_or (0))),
        Cell (dash (queue, std::to_string (info.pending)), full ? style::yellow : ""),
        dash (queue, std::to_string (info.capacity)),
        dash (queue, std::to_string (info.elementSize)),
        dash (queue && seen.producersKnown, std::to_string (seen.count (true))),
        Cell (dash (queue && seen.producersKnown, std::to_string (dead)), dead != 0 ? style::red : ""),
        dash (info.createdAt != 0, ageText (age)),
        dash (true, pageText (pages)),
        dash (true, nodesText (pages)),
    };
}

void printTable (const std::vector<Seen>& all, const Options& options)
{
    Table table ({"<NAME", "<KIND", "<OWNER", "MODE", "SIZE", "USERS", "PENDING", "CAPACITY", "ELEMENT", "ALIVE",
                  "DEAD", "AGE", "PAGE", "NODE"});
    const uint64_t now = today ();
    for (const Seen& seen : all)
    {
        table.add (rowOf (seen, now));
    }
    table.print (std::cout, !options.noHeader, wantsColour (), onTerminal () ? screenSize ().columns : 0);
}

void printJson (const std::vector<Seen>& all)
{
    nlohmann::ordered_json list = nlohmann::ordered_json::array ();
    std::vector<const join::SegmentInfo*> segments;
    for (const Seen& seen : all)
    {
        segments.push_back (&seen.info);
    }
    const Holders holders (segments);
    for (const Seen& seen : all)
    {
        list.push_back (jsonOf (seen, pagesOf (seen, looked), holders));
    }
    std::cout << list.dump (2) << '\n';
}

Status run (const Options& options)
{
    Patterns patterns (options.patterns);
    std::vector<Seen> all = seeAll (&patterns);
    if (options.ours)
    {
        const auto foreign = [] (const Seen& seen) { return seen.info.kind == join::SegmentKind::Other; };
        all.erase (std::remove_if (all.begin (), all.end (), foreign), all.end ());
    }
    options.json ? printJson (all) : printTable (all, options);
    for (const std::string& pattern : patterns.unmatched ())
    {
        std::cout.flush ();
        std::cerr << "joinmem: no segment has the name " << printable (pattern) << '\n';
    }
    return patterns.unmatched ().empty () ? Done : NotThere;
}
}  // namespace ls

void addLs (CLI::App& app, int* status)
{
    CLI::App* command = app.add_subcommand ("ls", "List queues, memories and other files in shared memory.");
    const auto options = std::make_shared<ls::Options> ();
    command->add_option ("PATTERN", options->patterns, "select names that match, such as 'test-*' (default: all)");
    command->add_flag ("--json", options->json, "print everything as a JSON array");
    command->add_flag ("--no-header", options->noHeader, "omit the header line, for scripts");
    command->add_flag ("--ours", options->ours, "omit the files of other programs, kind \"other\"");
    command->footer (
        "ELEMENT and SIZE are in bytes. USERS counts the objects that have the segment open, ALIVE and DEAD the\n"
        "producers of a queue. PAGE is the smallest page size. A terminal shows the columns that fit, a pipe all.\n"
        "Example: joinmem ls --json | jq '.[] | select (.pending > 0) | .name'");
    command->callback ([=] { *status = ls::run (*options); });
}

}  // namespace tool
