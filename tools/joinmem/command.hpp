// SPDX-License-Identifier: MIT
// What the subcommands have in common: how they are added, how they end, and what they end with.
#ifndef JOINMEM_TOOL_COMMAND_HPP
#define JOINMEM_TOOL_COMMAND_HPP

#include <stdexcept>
#include <string>

namespace CLI
{
class App;
}

namespace tool
{
/// Exit statuses, as joinmem(1) lists them. `doctor` has Failed for "worse" and Usage for "missing".
enum Status : int
{
    Done = 0,
    Failed = 1,      ///< anything else that went wrong
    Usage = 2,       ///< the command line
    BadName = 3,     ///< no name of a segment
    NotThere = 4,    ///< no segment of that name
    NotAllowed = 5,  ///< this user may not
    Vanished = 6,    ///< it was there, and went or was replaced in the middle
    NoQueue = 7,     ///< it is no queue, or a damaged one
    InUse = 8,       ///< others have it in use
    TimedOut = 9,    ///< --timeout
    ShutDown = 10,   ///< nobody pushes to this queue any more
};

/// Thrown to end a subcommand with a sentence, which goes to standard error, and a status.
class Stop : public std::runtime_error
{
public:
    Stop (Status with, const std::string& sentence)
    : std::runtime_error (sentence)
    , status (with)
    {
    }

    const Status status;
};

/// The status that an errno of the library stands for.
Status statusOf (int error) noexcept;

/// Each adds its subcommand to the program, with its options and help. Its callback does the work, prints to standard
/// output, and sets *status where that is not Done; it throws Stop or std::system_error.
void addLs (CLI::App& app, int* status);
void addStat (CLI::App& app, int* status);
void addTop (CLI::App& app, int* status);
void addRm (CLI::App& app, int* status);
void addGc (CLI::App& app, int* status);
void addPush (CLI::App& app, int* status);
void addPop (CLI::App& app, int* status);
void addBench (CLI::App& app, int* status);
void addDoctor (CLI::App& app, int* status);

}  // namespace tool

#endif
