// SPDX-License-Identifier: MIT
// joinmem: what is in shared memory, seen, measured, moved and removed. One file a subcommand; here is what they share.
#include "command.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>
#include <join/error.hpp>
#include <join/memory.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <system_error>

namespace tool
{
Status statusOf (int error) noexcept
{
    switch (error)
    {
        case EINVAL:
        case ENAMETOOLONG:
            return BadName;
        case ENOENT:
            return NotThere;
        case EACCES:
        case EPERM:
        case EROFS:
            return NotAllowed;
        case EBADMSG:
            return NoQueue;
        case EBUSY:
        case EEXIST:
            return InUse;
        case ETIMEDOUT:
            return TimedOut;
        case EPIPE:
            return ShutDown;
        default:
            return Failed;
    }
}

namespace
{
int complain (int status, const char* sentence)
{
    std::cout.flush ();
    std::cerr << "joinmem: " << printable (sentence) << '\n';  // names are in it, of whoever
    return status;
}

// What is printed is there, or the failure is told: a full disk is no success.
int flushed (int status)
{
    std::cout.flush ();
    if (!std::cout.good ())
    {
        return errno == EPIPE ? 0 : complain (Failed, "standard output cannot be written to");
    }
    return status;
}

int run (int argc, char** argv)
{
    int status = Done;
    CLI::App app ("Shared memory and queues of libjoinmem: seen, measured, moved and removed.", "joinmem");
    app.set_version_flag ("--version", JOINMEM_TOOL_VERSION);
    app.require_subcommand (1);
    app.set_help_all_flag ("--help-all", "the help of all subcommands");
    app.footer (
        "Exit status: 0 done, 1 failed, 2 usage, 3 bad name, 4 not there, 5 not allowed, 6 vanished meanwhile,\n"
        "7 no queue or a damaged one, 8 in use, 9 timed out, 10 shut down. See joinmem(1).\n"
        "Example: joinmem ls");
    addLs (app, &status);
    addStat (app, &status);
    addTop (app, &status);
    addRm (app, &status);
    addGc (app, &status);
    addPush (app, &status);
    addPop (app, &status);
    addBench (app, &status);
    addDoctor (app, &status);
    try
    {
        app.parse (argc, argv);
        return flushed (status);
    }
    catch (const CLI::ParseError& error)
    {
        return app.exit (error) == 0 ? flushed (Done) : Usage;
    }
    catch (const Stop& stop)
    {
        return complain (stop.status, stop.what ());
    }
    catch (const std::system_error& error)
    {
        return complain (statusOf (error.code ().value ()), error.what ());
    }
    catch (const std::exception& error)
    {
        return complain (Failed, error.what ());
    }
}
}  // namespace
}  // namespace tool

int main (int argc, char** argv)
{
    return tool::run (argc, argv);
}
