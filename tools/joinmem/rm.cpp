// SPDX-License-Identifier: MIT
// joinmem rm: names go, and who has the segments keeps them.
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

// A stranger's file is not removed by a slip: only where it is asked for.
Status removeOne (const std::string& name, const Options& options)
{
    const Seen seen = see (name);
    if (seen.info.kind == join::SegmentKind::Other && !options.force)
    {
        return complain (name, NoQueue, "this is none of ours, as far as that can be told: --force removes it");
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
            std::cout << ", which " << users << (users == 1 ? " user keeps" : " users keep") << " until they close it";
        }
        std::cout << '\n';
    }
    return Done;
}

// Each name is tried; the first failure is the status.
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
    CLI::App* command = app.add_subcommand ("rm", "Remove segments by name; who has them open keeps them.");
    const auto options = std::make_shared<rm::Options> ();
    command->add_option ("NAME", options->names, "as \"ticks\" or \"/ticks\"")->required ();
    command->add_flag ("-f,--force", options->force,
                       "also what is none of ours; a name that is not there is no failure");
    command->add_flag ("--unused", options->unused,
                       "only what is ours and nobody has open, else status 8; as gc, for these names");
    command->add_flag ("-q,--quiet", options->quiet, "do not say what was removed");
    command->footer ("Example: joinmem rm ticks orders");
    command->callback ([=] { *status = rm::run (*options); });
}

}  // namespace tool
