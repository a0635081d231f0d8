// SPDX-License-Identifier: MIT
// joinmem rm: removes names; a process that has the segment open keeps it.
#include "command.hpp"
#include "look/seen.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>
#include <join/memory.hpp>

#include <cerrno>
#include <iostream>
#include <memory>
#include <system_error>
#include <unistd.h>

namespace tool
{
namespace rm
{
struct Options
{
    std::vector<std::string> names;
    bool force = false;
    bool unused = false;
    bool quiet = false;
};

Status complain (const std::string& name, Status status, const std::string& sentence)
{
    std::cerr << "joinmem: " << nameText (name) << ": " << printable (sentence) << '\n';
    return status;
}

// Removes a foreign file only with --force, so that a typing error removes none.
Status removeOne (const std::string& name, const Options& options)
{
    const Seen seen = see (name);
    if (seen.info.kind == join::SegmentKind::Other && !options.force)
    {
        return complain (name, NoQueue, "this is apparently not a segment of joinmem: --force removes it");
    }
    const int result = options.unused ? join::removeUnused (name) : join::ShmMem::unlink (name);
    if (result == -1)
    {
        const int error = join::lastError.value ();
        const Status status = error == EAGAIN ? Vanished : error == EINVAL ? NoQueue : statusOf (error);
        return complain (name, status, join::lastError.message ());
    }
    if (!options.quiet)
    {
        const uint32_t users = seen.info.users.value_or (0);
        std::cout << "removed " << nameText (name);
        if (users != 0)
        {
            std::cout << "; " << users
                      << (users == 1 ? " user keeps the segment until it closes it"
                                     : " users keep the segment until they close it");
        }
        std::cout << '\n';
    }
    return Done;
}

// Tries each name; the first failure decides the exit status.
Status run (const Options& options)
{
    Status first = Done;
    for (const std::string& name : options.names)
    {
        Status status = Done;
        try
        {
            status = removeOne (name, options);
        }
        catch (const std::system_error& error)
        {
            status = statusOf (error.code ().value ());
            if (status != NotThere || !options.force)
            {
                std::cerr << "joinmem: " << printable (error.what ()) << '\n';
            }
            else
            {
                status = Done;
            }
        }
        first = first == Done ? status : first;
    }
    return first;
}
}  // namespace rm

void addRm (CLI::App& app, int* status)
{
    CLI::App* command = app.add_subcommand ("rm", "Remove segments by name; a process that has one open keeps it.");
    const auto options = std::make_shared<rm::Options> ();
    command->add_option ("NAME", options->names, "the name, such as \"ticks\" or \"/ticks\"")->required ();
    command->add_flag ("-f,--force", options->force,
                       "also remove files of other programs, and ignore names that do not exist");
    command->add_flag ("--unused", options->unused,
                       "remove only segments of joinmem that no process has open, as gc does; else status 8");
    command->add_flag ("-q,--quiet", options->quiet, "do not print what was removed");
    command->footer ("Example: joinmem rm ticks orders");
    command->callback ([=] { *status = rm::run (*options); });
}

}  // namespace tool
