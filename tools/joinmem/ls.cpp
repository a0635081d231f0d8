// SPDX-License-Identifier: MIT
// joinmem ls: a line for each segment.
#include "command.hpp"
#include "look/seen.hpp"
#include "show/table.hpp"
#include "show/terminal.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace tool
{
namespace ls
{
struct Options
{
    bool json = false;
    bool noHeader = false;
    bool ours = false;
};

// Of a large one the beginning tells: 256 MiB on base pages are 65 536 entries of a page table.
constexpr uint64_t looked = uint64_t (256) << 20;

const char* colourOf (join::SegmentKind kind)
{
    switch (kind)
    {
        case join::SegmentKind::Spsc:
        case join::SegmentKind::Mpsc:
        case join::SegmentKind::Mpmc:
            return style::green;
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
    const uint64_t age = info.madeAt != 0 && now > info.madeAt ? now - info.madeAt : 0;
    return {
        Cell (nameText (seen.name), style::bold),
        Cell (join::nameOf (info.kind), colourOf (info.kind)),
        dash (queue, std::to_string (info.elementSize)),
        dash (queue, std::to_string (info.capacity)),
        Cell (dash (queue, std::to_string (info.pending)), full ? style::yellow : ""),
        dash (queue && seen.participantsKnown, std::to_string (seen.count (true))),
        Cell (dash (queue && seen.participantsKnown, std::to_string (dead)), dead != 0 ? style::red : ""),
        dash (true, pageText (pages)),
        dash (true, nodesText (pages)),
        bytesText (info.size),
        dash (info.madeAt != 0, ageText (age)),
        dash (info.users.has_value (), std::to_string (info.users.value_or (0))),
    };
}

void run (const Options& options)
{
    nlohmann::ordered_json list = nlohmann::ordered_json::array ();
    Table table (
        {"<NAME", "<KIND", "ELEMENT", "CAPACITY", "PENDING", "ALIVE", "DEAD", "PAGE", "NODE", "SIZE", "AGE", "USERS"});
    const uint64_t now = today ();
    for (const Seen& seen : seeAll ())
    {
        if (options.ours && seen.info.kind == join::SegmentKind::Other)
        {
            continue;
        }
        if (options.json)
        {
            list.push_back (jsonOf (seen, pagesOf (seen, looked)));
        }
        else
        {
            table.add (rowOf (seen, now));
        }
    }
    if (options.json)
    {
        std::cout << list.dump (2) << '\n';
        return;
    }
    table.print (std::cout, !options.noHeader, wantsColour ());
}
}  // namespace ls

void addLs (CLI::App& app, int*)
{
    CLI::App* command = app.add_subcommand ("ls", "List the queues and memories that one may see.");
    const auto options = std::make_shared<ls::Options> ();
    command->add_flag ("--json", options->json, "everything, as a JSON array");
    command->add_flag ("--no-header", options->noHeader, "lines alone, for scripts");
    command->add_flag ("--ours", options->ours, "without files that are none of ours, of kind \"other\"");
    command->footer ("ELEMENT and SIZE are bytes, PAGE the smallest page under it, USERS who has it open.\n"
                     "Example: joinmem ls --json | jq '.[] | select (.pending > 0) | .name'");
    command->callback ([=] { ls::run (*options); });
}

}  // namespace tool
