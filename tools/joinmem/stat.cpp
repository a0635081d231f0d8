// SPDX-License-Identifier: MIT
// joinmem stat: shows everything about one segment; with --watch, live.
#include "command.hpp"
#include "look/seen.hpp"
#include "look/watch.hpp"
#include "show/terminal.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

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

std::string bytes (uint64_t count)
{
    const std::string shown = bytesText (count);
    return std::to_string (count) + (count < 1024 ? " bytes" : " bytes (" + shown + ")");
}

// "1 object has it open: process 123 (feed)"
std::string usersText (const Seen& seen, const std::vector<Holder>& holders)
{
    const join::SegmentInfo& info = seen.info;
    const bool ours = info.isQueue () || info.kind == join::SegmentKind::Memory;
    if (!info.inUse.has_value ())
    {
        return "not known";
    }
    if (!*info.inUse)
    {
        return !ours               ? "not known: other programs hold no attach lock"
               : info.pending == 0 ? "none: joinmem gc removes it"
                                   : "none: joinmem gc --with-elements removes it";
    }
    const uint32_t users = info.users.value_or (0);
    std::string text = users == 0   ? "some; their number is not known"
                       : users == 1 ? "1 object has it open"
                                    : std::to_string (users) + " objects have it open";
    const char* before = ": ";
    for (const Holder& holder : holders)
    {
        text += before + ("process " + std::to_string (holder.pid)) + " (" + holder.program + ')';
        before = ", ";
    }
    return holders.empty () ? text + ", in processes that are not visible to this user or from this container" : text;
}

void showFile (const Seen& seen, const Holders& holders, Facts& facts)
{
    const join::SegmentInfo& info = seen.info;
    facts.add ("name", nameText (seen.name));
    facts.add ("kind", join::nameOf (info.kind), info.kind == join::SegmentKind::Damaged ? style::red : style::green);
    if (!info.fault.empty ())
    {
        facts.add ("fault", printable (info.fault), style::red);
    }
    facts.add ("file", printable (info.path) + ", inode " + std::to_string (info.inode));
    facts.add ("size", bytes (info.size) + ", " + bytesText (info.allocated) + " of it in memory");
    facts.add ("owner", userText (info.owner) + " (user " + std::to_string (info.owner) + ')');
    facts.add ("permissions", octalText (info.permissions));
    if (info.createdAt != 0)
    {
        const uint64_t now = today ();
        facts.add ("created", dateText (info.createdAt) + ", "
                                  + ageText (now > info.createdAt ? now - info.createdAt : 0) + " ago"
                                  + (info.isQueue () ? ", by process " + std::to_string (info.creatorPid) : ""));
    }
    facts.add ("users", usersText (seen, holders.of (info)));
}

void showPages (const join::SegmentPages& pages, Facts& facts)
{
    const uint64_t huge = pages.hugeBytes.value_or (0);
    std::string text = pages.pageSize.has_value () ? "of " + bytesText (*pages.pageSize) : "not known";
    if (pages.pageSize.has_value () && pages.hugeBytes.has_value ())
    {
        text += huge == 0 ? ", no huge pages" : ", " + bytesText (huge) + " on huge pages";
    }
    facts.add ("pages", text);
    if (pages.nodes.has_value ())
    {
        std::string nodes;
        for (const join::NodeBytes& node : *pages.nodes)
        {
            nodes += (nodes.empty () ? "" : ", ") + bytesText (node.bytes) + " on node " + std::to_string (node.node);
        }
        facts.add ("NUMA nodes", nodes.empty () ? "no page yet" : nodes);
    }
}

std::string formatText (const join::SegmentInfo& info)
{
    std::string text = "version " + std::to_string (info.version >> 16) + '.' + std::to_string (info.version & 0xffff);
    text += info.compatible != 0 ? ", optional features " + hexText (info.compatible) : "";
    text += info.incompatible != 0 ? ", required features " + hexText (info.incompatible) : "";
    return text;
}

void showProducers (const Seen& seen, Facts& facts)
{
    facts.add ("slots", std::to_string (seen.info.slotCount)
                            + (seen.info.kind == join::SegmentKind::Spsc ? ", for the producer and the consumer"
                                                                         : " for producers"));
    facts.add ("producers", !seen.producersKnown      ? "not known"
                            : seen.producers.empty () ? "none"
                                                      : std::to_string (seen.producers.size ()));
    for (const join::Producer& one : seen.producers)
    {
        facts.add ("",
                   "slot " + std::to_string (one.slot) + ", process " + std::to_string (one.pid) + ", "
                       + (one.alive ? "alive" : "dead") + (one.inPush ? ", inside a push" : ", idle"),
                   one.alive ? "" : style::red);
    }
}

void showQueue (const Seen& seen, Facts& facts)
{
    const join::SegmentInfo& info = seen.info;
    facts.add ("elements",
               std::to_string (info.elementSize) + " bytes each, one every " + std::to_string (info.stride) + " bytes");
    facts.add ("fill",
               bar (fillOf (info), 20) + ' ' + std::to_string (info.pending) + " of " + std::to_string (info.capacity),
               info.pending == info.capacity ? style::yellow : "");
    facts.add ("pushed", std::to_string (info.pushed));
    facts.add ("popped", std::to_string (info.popped));
    facts.add ("deaths",
               std::to_string (info.deaths) + " recovered from, " + std::to_string (info.skipped) + " skipped cells",
               info.deaths != 0 ? style::yellow : "");
    facts.add ("state", std::string (info.shutDown ? "shut down" : "open")
                            + (info.consumerSleeps ? ", a consumer sleeps" : "")
                            + (info.producerSleeps ? ", a producer sleeps" : "")
                            + (info.elementWatched ? ", a wait set sleeps for an element" : "")
                            + (info.roomWatched ? ", a wait set sleeps for room" : ""));
    facts.add ("type id", info.typeId == 0 ? "none" : hexText (info.typeId));
    facts.add ("tag", info.tag == 0 ? "none" : hexText (info.tag));
    facts.add ("format", formatText (info));
    facts.add (
        "layout",
        "slots from byte 768, "
            + (info.sequencesOffset != 0 ? "sequence numbers from " + std::to_string (info.sequencesOffset) + ", " : "")
            + "elements from " + std::to_string (info.elementsOffset) + ", end at "
            + std::to_string (info.segmentSize));
    showProducers (seen, facts);
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
    const Holders holders ({&seen.info});
    if (options.json)
    {
        std::cout << jsonOf (seen, pages, holders).dump (2) << '\n';
        return;
    }
    Facts facts;
    showFile (seen, holders, facts);
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
    command->add_option ("NAME", options->name, "the name, such as \"ticks\" or \"/ticks\"")->required ();
    CLI::Option* json = command->add_flag ("--json", options->json, "print a JSON object");
    command
        ->add_option ("--watch", options->interval,
                      "show the rates of a queue live, each second or at this interval, until Ctrl-C")
        ->expected (0, 1)
        ->excludes (json);
    command->footer ("Example: joinmem stat ticks --watch 500ms");
    command->callback ([=] {
        options->watch = command->get_option ("--watch")->count () != 0;
        stat::run (*options);
    });
}

}  // namespace tool
