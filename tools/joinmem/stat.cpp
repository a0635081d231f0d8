// SPDX-License-Identifier: MIT
// joinmem stat: everything about one segment; with --watch as it goes on.
#include "command.hpp"
#include "look/seen.hpp"
#include "look/watch.hpp"
#include "show/terminal.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <memory>

namespace tool
{
namespace stat
{
struct Options
{
    std::string name;
    std::string interval;
    bool json = false;
    bool watch = false;
};

class Facts
{
public:
    void add (const char* key, const std::string& value, const char* colour = "")
    {
        constexpr std::size_t column = 14;
        const std::string label = std::string (key) + (*key != '\0' ? ":" : "");
        const bool coloured = wantsColour ();
        std::cout << (coloured ? style::bold : "") << label << (coloured ? style::plain : "")
                  << std::string (column - label.size (), ' ') << (coloured ? colour : "") << value
                  << (coloured && *colour != '\0' ? style::plain : "") << '\n';
    }
};

std::string hex (uint64_t number)
{
    char text[24];
    std::snprintf (text, sizeof (text), "%#llx", static_cast<unsigned long long> (number));
    return text;
}

std::string bytes (uint64_t count)
{
    const std::string shown = bytesText (count);
    return std::to_string (count) + (count < 1024 ? " bytes" : " bytes (" + shown + ")");
}

void showFile (const Seen& seen, Facts& facts)
{
    const join::SegmentInfo& info = seen.info;
    const bool ours = info.isQueue () || info.kind == join::SegmentKind::Memory;
    char permissions[8];
    std::snprintf (permissions, sizeof (permissions), "%03o", info.permissions);
    facts.add ("name", nameText (seen.name));
    facts.add ("kind", join::nameOf (info.kind), info.kind == join::SegmentKind::Damaged ? style::red : style::green);
    if (!info.fault.empty ())
    {
        facts.add ("fault", printable (info.fault), style::red);
    }
    facts.add ("file", printable (info.path) + ", inode " + std::to_string (info.inode));
    facts.add ("size", bytes (info.size) + ", " + bytesText (info.allocated) + " of it has pages");
    facts.add ("owner", "user " + std::to_string (info.owner) + ", permissions " + permissions);
    if (info.madeAt != 0)
    {
        const uint64_t now = today ();
        facts.add ("made", dateText (info.madeAt) + ", " + ageText (now > info.madeAt ? now - info.madeAt : 0) + " ago"
                               + (info.isQueue () ? ", by process " + std::to_string (info.maker) : ""));
    }
    facts.add ("users", !info.inUse.has_value ()   ? "not known"
                        : !*info.inUse             ? (ours ? "none: joinmem gc removes it" : "none of ours")
                        : !info.users.has_value () ? "somebody"
                                                   : std::to_string (*info.users) + " have it open");
}

void showPages (const join::SegmentPages& pages, Facts& facts)
{
    std::string text =
        pages.pageSize.has_value () ? "of " + bytesText (*pages.pageSize) + " at the smallest" : "not known";
    if (pages.hugeBytes.has_value ())
    {
        text += ", " + bytesText (*pages.hugeBytes) + " on huge ones";
    }
    facts.add ("pages", text);
    if (pages.nodes.has_value ())
    {
        std::string nodes;
        for (const join::NodeBytes& node : *pages.nodes)
        {
            nodes += (nodes.empty () ? "" : ", ") + bytesText (node.bytes) + " on " + std::to_string (node.node);
        }
        facts.add ("NUMA nodes", nodes.empty () ? "no page yet" : nodes);
    }
}

void showQueue (const Seen& seen, Facts& facts)
{
    const join::SegmentInfo& info = seen.info;
    const double share = static_cast<double> (info.pending) / static_cast<double> (info.capacity);
    facts.add ("elements",
               std::to_string (info.elementSize) + " bytes each, one every " + std::to_string (info.stride));
    facts.add ("fill", bar (share, 20) + ' ' + std::to_string (info.pending) + " of " + std::to_string (info.capacity),
               info.pending == info.capacity ? style::yellow : "");
    facts.add ("pushed", std::to_string (info.pushed));
    facts.add ("popped", std::to_string (info.popped));
    facts.add ("deaths", std::to_string (info.deaths) + " recovered from, " + std::to_string (info.holes) + " holes",
               info.deaths != 0 ? style::yellow : "");
    facts.add ("state", std::string (info.shutDown ? "shut down" : "open")
                            + (info.popperSleeps ? ", a popper sleeps" : "")
                            + (info.pusherSleeps ? ", a pusher sleeps" : ""));
    facts.add ("type id", info.typeId == 0 ? "none" : hex (info.typeId));
    facts.add ("tag", hex (info.tag));
    facts.add ("format", std::to_string (info.version >> 16) + '.' + std::to_string (info.version & 0xffff)
                             + ", features " + hex (info.compatible) + " and " + hex (info.incompatible));
    facts.add ("layout", "lanes from 768, "
                             + (info.wordsOffset != 0 ? "words from " + std::to_string (info.wordsOffset) + ", " : "")
                             + "elements from " + std::to_string (info.elementsOffset) + ", ends at "
                             + std::to_string (info.segmentSize));
    facts.add ("places", std::to_string (info.places));
    facts.add ("participants", !seen.participantsKnown      ? "not known"
                               : seen.participants.empty () ? "none"
                                                            : std::to_string (seen.participants.size ()));
    for (const join::Participant& one : seen.participants)
    {
        facts.add ("",
                   "place " + std::to_string (one.place) + ", process " + std::to_string (one.pid) + ", "
                       + (one.alive ? "alive" : "dead") + (one.inside ? ", inside a push" : ", idle"),
                   one.alive ? "" : style::red);
    }
}

void run (const Options& options)
{
    if (options.watch)
    {
        watch (options.name, options.interval.empty () ? 1'000'000'000 : readDuration (options.interval, "--watch"));
        return;
    }
    const Seen seen = see (options.name);
    const join::SegmentPages pages = pagesOf (seen, UINT64_MAX);
    if (options.json)
    {
        std::cout << jsonOf (seen, pages).dump (2) << '\n';
        return;
    }
    Facts facts;
    showFile (seen, facts);
    showPages (pages, facts);
    if (seen.info.isQueue ())
    {
        showQueue (seen, facts);
    }
}
}  // namespace stat

void addStat (CLI::App& app, int*)
{
    CLI::App* command = app.add_subcommand ("stat", "Show everything about one segment.");
    const auto options = std::make_shared<stat::Options> ();
    command->add_option ("NAME", options->name, "as \"ticks\" or \"/ticks\"")->required ();
    CLI::Option* json = command->add_flag ("--json", options->json, "as a JSON object");
    command
        ->add_option (
            "--watch", options->interval,
            "a queue as it goes on, every second or as often as that, until Ctrl-C: elements in and out a second")
        ->expected (0, 1)
        ->excludes (json);
    command->footer ("Example: joinmem stat ticks --watch 500ms");
    command->callback ([=] {
        options->watch = command->get_option ("--watch")->count () != 0;
        stat::run (*options);
    });
}

}  // namespace tool
