// SPDX-License-Identifier: MIT
// joinmem gc: removes the segments that no process has open. The proof is the attach lock, which gc takes for an
// instant; an age or a process id proves nothing. Queues that have elements stay unless --with-elements is given.
#include "command.hpp"
#include "look/pattern.hpp"
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
    std::vector<std::string> patterns;
    std::string olderThan;
    bool dryRun = false;
    bool withElements = false;
    bool quiet = false;
    bool json = false;
    int64_t age = 0;  // nanoseconds
};

enum class Fate
{
    Removed,
    Kept,
    KeptFull,  // an unused queue with elements
    Foreign,   // a foreign file, or one that this user cannot open
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
    const std::string text = "no process has it open, " + bytesText (seen.info.size);
    return seen.info.pending == 0 ? text : text + ", " + elementsText (seen.info.pending) + " in it";
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
            return {Fate::Kept, "a process has just opened it"};
        case ENOENT:
        case EAGAIN:
            return {Fate::Kept, "another process used, removed or replaced it meanwhile"};
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
            return {Fate::Foreign, "apparently not a segment of joinmem"};
        case join::SegmentKind::Unreadable:
            return {Fate::Foreign, "this user may not open it"};
        case join::SegmentKind::Damaged:
            return {Fate::Kept, "damaged or from another version: joinmem rm removes it"};
        default:
            break;
    }
    if (!info.inUse.has_value ())
    {
        return {Fate::Kept, "its attach lock cannot be read"};
    }
    if (*info.inUse)
    {
        return {Fate::Kept, heldBy (seen)};
    }
    const uint64_t age = now > info.createdAt ? now - info.createdAt : 0;
    if (options.age != 0 && (info.createdAt == 0 || age < static_cast<uint64_t> (options.age)))
    {
        return {Fate::Kept, "created " + ageText (age) + " ago"};
    }
    if (info.pending != 0 && !options.withElements)
    {
        return {Fate::KeptFull, elementsText (info.pending) + " in it: --with-elements removes it"};
    }
    return options.dryRun ? Verdict {Fate::Removed, left (seen)} : remove (seen);
}

// The output, line by line or as one JSON document, and the totals.
class Report
{
public:
    explicit Report (const Options& options)
    : _options (options)
    {
    }

    void add (const Seen& seen, const Verdict& verdict)
    {
        const bool removed = verdict.fate == Fate::Removed;
        _failed = _failed || verdict.fate == Fate::Failed;
        _full += verdict.fate == Fate::KeptFull ? 1 : 0;
        _count += removed ? 1 : 0;
        _bytes += removed ? seen.info.allocated : 0;
        if (_options.json)
        {
            _list.push_back ({{"name", nameText (seen.name)},
                              {"removed", removed && !_options.dryRun},
                              {"garbage", removed},
                              {"size", seen.info.size},
                              {"pending", seen.info.pending},
                              {"why", verdict.why}});
        }
        else if (seen.info.kind == join::SegmentKind::Other && _options.patterns.empty ())
        {
            // A foreign file, and the command line has no pattern that selects it.
        }
        else if (verdict.fate == Fate::Failed)
        {
            std::cerr << "joinmem: " << nameText (seen.name) << ": " << verdict.why << '\n';
        }
        else if (!_options.quiet)
        {
            std::cout << (!removed          ? "kept"
                          : _options.dryRun ? "would remove"
                                            : "removed")
                      << ' ' << nameText (seen.name) << ": " << verdict.why << '\n';
        }
    }

    Status finish () const
    {
        if (_options.json)
        {
            std::cout << _list.dump (2) << '\n';
        }
        else if (!_options.quiet)
        {
            std::cout << _count << (_count == 1 ? " segment, " : " segments, ") << bytesText (_bytes)
                      << (_options.dryRun ? " would be freed" : " freed");
            if (_full != 0)
            {
                std::cout << "; " << _full << (_full == 1 ? " unused queue has" : " unused queues have") << " elements";
            }
            std::cout << '\n';
        }
        return _failed ? Failed : Done;
    }

private:
    const Options& _options;
    nlohmann::ordered_json _list = nlohmann::ordered_json::array ();
    uint64_t _bytes = 0;
    std::size_t _count = 0;
    std::size_t _full = 0;
    bool _failed = false;
};

Status run (const Options& options)
{
    Report report (options);
    Patterns patterns (options.patterns);
    const uint64_t now = today ();
    for (const Seen& seen : seeAll (&patterns))
    {
        report.add (seen, judge (seen, options, now));
    }
    return report.finish ();
}
}  // namespace gc

void addGc (CLI::App& app, int* status)
{
    CLI::App* command = app.add_subcommand ("gc", "Remove the segments that no process has open.");
    const auto options = std::make_shared<gc::Options> ();
    command->add_option ("PATTERN", options->patterns, "select names that match, such as 'test-*' (default: all)");
    command->add_flag ("-n,--dry-run", options->dryRun, "print what would be removed, and remove nothing");
    command->add_option ("--older-than", options->olderThan, "remove only segments older than this: 90s, 10m, 2h, 1d");
    command->add_flag ("--with-elements", options->withElements, "also remove queues that have elements");
    const CLI::Option* empty =
        command->add_flag ("--empty", "keep queues that have elements (the default)")->group ("");
    command->add_flag ("-q,--quiet", options->quiet, "print failures only");
    command->add_flag ("--json", options->json, "print a JSON array of names and verdicts");
    command->footer ("Each process that has a segment open, in any container, holds a shared lock on\n"
                     "its file. gc removes a segment only while it holds that lock exclusively.\n"
                     "Example: joinmem gc --older-than 1h 'test-*'");
    command->callback ([=] {
        if (options->withElements && empty->count () != 0)
        {
            throw Stop (Usage, "--with-elements removes the queues that --empty keeps: use only one of them");
        }
        options->age = options->olderThan.empty () ? 0 : readDuration (options->olderThan, "--older-than");
        *status = gc::run (*options);
    });
}

}  // namespace tool
