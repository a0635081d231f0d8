// SPDX-License-Identifier: MIT
// joinmem gc: removes what nobody has open. The proof is the lease, taken for an instant; never an age or a pid by itself.
#include "command.hpp"
#include "look/seen.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>
#include <join/error.hpp>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <iostream>
#include <memory>

namespace tool
{
namespace gc
{
struct Options
{
    std::string olderThan;
    bool dryRun = false;
    bool empty = false;
    bool json = false;
    int64_t age = 0;  // nanoseconds
};

enum class Fate
{
    Removed,
    Kept,
    Foreign,  // none of our business
    Failed,
};

struct Verdict
{
    Fate fate;
    std::string why;
};

std::string heldBy (const Seen& seen)
{
    const uint32_t users = seen.info.users.value_or (0);
    return users == 0 ? "in use" : "in use by " + std::to_string (users) + (users == 1 ? " user" : " users");
}

std::string left (const Seen& seen)
{
    std::string text = "nobody has it open, " + bytesText (seen.info.size);
    if (seen.info.pending != 0)
    {
        text +=
            ", " + std::to_string (seen.info.pending) + (seen.info.pending == 1 ? " element" : " elements") + " in it";
    }
    return text;
}

Verdict remove (const Seen& seen)
{
    if (join::removeUnused (seen.info) == 0)
    {
        return {Fate::Removed, left (seen)};
    }
    switch (join::lastError.value ())
    {
        case EBUSY:
            return {Fate::Kept, "somebody opened it just now"};
        case ENOENT:
        case EAGAIN:
            return {Fate::Kept, "used, removed or replaced by somebody else meanwhile"};
        case EACCES:
        case EPERM:
        case EROFS:
            return {Fate::Kept, printable (join::lastError.message ())};
        default:
            return {Fate::Failed, printable (join::lastError.message ())};
    }
}

Verdict judge (const Seen& seen, const Options& options, uint64_t now)
{
    const join::SegmentInfo& info = seen.info;
    switch (info.kind)
    {
        case join::SegmentKind::Other:
            return {Fate::Foreign, "none of ours, as far as that can be told"};
        case join::SegmentKind::Unreadable:
            return {Fate::Foreign, "not for this user to open"};
        case join::SegmentKind::Damaged:
            return {Fate::Kept, "damaged or of another version: joinmem rm removes it"};
        default:
            break;
    }
    if (!info.inUse.has_value ())
    {
        return {Fate::Kept, "its lease cannot be looked at"};
    }
    if (*info.inUse)
    {
        return {Fate::Kept, heldBy (seen)};
    }
    const uint64_t age = now > info.madeAt ? now - info.madeAt : 0;
    if (options.age != 0 && (info.madeAt == 0 || age < static_cast<uint64_t> (options.age)))
    {
        return {Fate::Kept, "made " + ageText (age) + " ago"};
    }
    if (options.empty && info.pending != 0)
    {
        return {Fate::Kept, std::to_string (info.pending) + " elements are in it"};
    }
    return options.dryRun ? Verdict {Fate::Removed, left (seen)} : remove (seen);
}

const char* wordOf (Fate fate, bool dryRun)
{
    return fate == Fate::Removed ? (dryRun ? "would remove" : "removed") : fate == Fate::Failed ? "failed" : "left";
}

Status run (const Options& options)
{
    nlohmann::ordered_json list = nlohmann::ordered_json::array ();
    Status status = Done;
    uint64_t bytes = 0;
    std::size_t count = 0;
    const uint64_t now = today ();
    for (const Seen& seen : seeAll ())
    {
        const Verdict verdict = judge (seen, options, now);
        const bool removed = verdict.fate == Fate::Removed;
        status = verdict.fate == Fate::Failed ? Failed : status;
        count += removed ? 1 : 0;
        bytes += removed ? seen.info.allocated : 0;
        if (options.json)
        {
            list.push_back ({{"name", nameText (seen.name)},
                             {"removed", removed && !options.dryRun},
                             {"garbage", removed},
                             {"size", seen.info.size},
                             {"why", verdict.why}});
        }
        else
        {
            std::cout << wordOf (verdict.fate, options.dryRun) << ' ' << nameText (seen.name) << ": " << verdict.why
                      << '\n';
        }
    }
    if (options.json)
    {
        std::cout << list.dump (2) << '\n';
    }
    else
    {
        std::cout << count << (count == 1 ? " segment, " : " segments, ") << bytesText (bytes)
                  << (options.dryRun ? " could be given back\n" : " given back\n");
    }
    return status;
}
}  // namespace gc

void addGc (CLI::App& app, int* status)
{
    CLI::App* command = app.add_subcommand ("gc", "Remove the segments that nobody has open, by proof.");
    const auto options = std::make_shared<gc::Options> ();
    command->add_flag ("-n,--dry-run", options->dryRun, "say what would be removed, and remove nothing");
    command->add_option ("--older-than", options->olderThan, "only what was made longer ago: 90s, 10m, 2h, 1d");
    command->add_flag ("--empty", options->empty, "leave queues that have elements");
    command->add_flag ("--json", options->json, "an array of names and verdicts");
    command->footer ("A segment is garbage where its lease, which all users of all containers hold, can be locked.\n"
                     "Example: joinmem gc --older-than 1h");
    command->callback ([=] {
        options->age = options->olderThan.empty () ? 0 : readDuration (options->olderThan, "--older-than");
        *status = gc::run (*options);
    });
}

}  // namespace tool
