// SPDX-License-Identifier: MIT
// What the subcommands share: their registration, the exception that ends them, and the exit statuses.
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
/// Exit statuses, as joinmem(1) lists them. `doctor` uses Failed for "worse" and Usage for "missing".
enum Status : int
{
    Done = 0,
    Failed = 1,      ///< any other failure
    Usage = 2,       ///< the command line is wrong
    BadName = 3,     ///< the name is not valid for a segment
    NotThere = 4,    ///< there is no segment of that name
    NotAllowed = 5,  ///< this user may not do that
    Vanished = 6,    ///< the segment was removed or replaced meanwhile
    NoQueue = 7,     ///< the segment is not a queue, or is damaged
    InUse = 8,       ///< other processes use it
    TimedOut = 9,    ///< the time of --timeout is up
    ShutDown = 10,   ///< the queue is shut down
};

/// Thrown to end a subcommand with an exit status and a sentence for standard error.
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

/// The exit status for an errno of the library.
Status statusOf (int error) noexcept;

/// Each function adds a subcommand to the program, with its options and help. The callback of the subcommand does the
/// work, prints to standard output, and sets *status if that is not Done; it throws Stop or std::system_error.
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
