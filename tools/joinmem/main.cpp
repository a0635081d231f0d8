// SPDX-License-Identifier: MIT
// joinmem: shows, measures, moves and removes what is in shared memory. Each subcommand has a file; this one has what
// they share.
#include "command.hpp"
#include "show/text.hpp"

#include <CLI/CLI.hpp>
#include <join/error.hpp>
#include <join/memory.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

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
    std::cerr << "joinmem: " << printable (sentence) << '\n';  // it may contain names that another user chose
    return status;
}

// The sentence without the text of EBADMSG: "Bad message" only misleads.
std::string sentenceOf (const std::system_error& error)
{
    const std::string sentence = error.what ();
    const std::string words = ": " + error.code ().message ();
    const bool ends = sentence.size () > words.size ()
                      && sentence.compare (sentence.size () - words.size (), words.size (), words) == 0;
    return ends && error.code ().value () == EBADMSG ? sentence.substr (0, sentence.size () - words.size ()) : sentence;
}

// Reports output that could not be written: a full disk is a failure.
int flushed (int status)
{
    std::cout.flush ();
    if (!std::cout.good ())
    {
        return errno == EPIPE ? 0 : complain (Failed, "standard output cannot be written to");
    }
    return status;
}

// The subcommand that another program calls by this word.
const char* synonymOf (const std::string& word)
{
    static const struct
    {
        const char* word;
        const char* command;
    } synonyms[] = {
        {"list", "ls"},      {"dir", "ls"},        {"show", "stat"},       {"info", "stat"},  {"inspect", "stat"},
        {"watch", "top"},    {"monitor", "top"},   {"remove", "rm"},       {"delete", "rm"},  {"unlink", "rm"},
        {"clean", "gc"},     {"prune", "gc"},      {"collect", "gc"},      {"write", "push"}, {"send", "push"},
        {"put", "push"},     {"read", "pop"},      {"receive", "pop"},     {"get", "pop"},    {"cat", "pop"},
        {"check", "doctor"}, {"health", "doctor"}, {"benchmark", "bench"}, {"perf", "bench"},
    };
    for (const auto& one : synonyms)
    {
        if (word == one.word)
        {
            return one.command;
        }
    }
    return nullptr;
}

// The most similar word, if it is similar enough for a typing error; else "".
std::string nearest (const std::string& input, const std::vector<std::string>& words)
{
    std::string best;
    std::size_t least = input.size () < 4 ? 2 : 3;
    for (const std::string& word : words)
    {
        const std::size_t distance = distanceOf (input, word);
        if (distance < least)
        {
            least = distance;
            best = word;
        }
    }
    return best;
}

// Throws if the first word is not a subcommand.
void refuseUnknown (const CLI::App& app, int argc, char** argv)
{
    const std::string word = argc > 1 ? argv[1] : "";
    if (argc < 2)
    {
        throw Stop (Usage, "a subcommand is required, such as ls; see joinmem --help");
    }
    if (!word.empty () && word[0] == '-')
    {
        if (app.get_option_no_throw (word) == nullptr)
        {
            throw Stop (Usage, "there is no option " + word + " before a subcommand; see joinmem --help");
        }
        return;
    }
    std::vector<std::string> commands;
    for (const CLI::App* command : app.get_subcommands ([] (const CLI::App*) { return true; }))
    {
        if (command->get_name () == word)
        {
            return;
        }
        commands.push_back (command->get_name ());
    }
    const char* synonym = synonymOf (word);
    const std::string guess = synonym != nullptr ? synonym : nearest (word, commands);
    throw Stop (Usage, "there is no subcommand \"" + word + '"'
                           + (guess.empty () ? "" : ": did you mean \"" + guess + "\"?") + "; see joinmem --help");
}

// Prints one line, as for every other failure, with the option that was probably meant.
int complainOfUsage (const CLI::App& app, const CLI::ParseError& error)
{
    const auto used = app.get_subcommands ();
    const CLI::App& command = used.empty () ? app : *used.front ();
    std::string sentence = error.what ();
    std::string guess;
    const std::size_t option = sentence.find ("--");
    if (error.get_exit_code () == static_cast<int> (CLI::ExitCodes::ExtrasError) && option != std::string::npos)
    {
        std::vector<std::string> options;
        for (const CLI::Option* one : command.get_options ())
        {
            for (const std::string& name :
                 one->get_group ().empty () ? std::vector<std::string> () : one->get_lnames ())
            {
                options.push_back ("--" + name);
            }
        }
        guess = nearest (sentence.substr (option, sentence.find_first_of (" =", option) - option), options);
    }
    std::replace (sentence.begin (), sentence.end (), '\n', ' ');
    sentence += guess.empty () ? "" : ": did you mean " + guess + "?";
    return complain (
        Usage, (sentence + "; see joinmem " + (used.empty () ? "" : command.get_name () + " ") + "--help").c_str ());
}

int run (int argc, char** argv)
{
    int status = Done;
    CLI::App app ("Show, measure, move and remove shared memory and queues of libjoinmem.", "joinmem");
    app.set_version_flag ("--version", JOINMEM_TOOL_VERSION);
    app.require_subcommand (1);
    app.set_help_all_flag ("--help-all", "print the help of all subcommands");
    app.footer (
        "Exit status: 0 done, 1 failed, 2 wrong command line, 3 invalid name, 4 no such segment, 5 not allowed,\n"
        "6 removed or replaced meanwhile, 7 not a queue or damaged, 8 in use, 9 timed out, 10 shut down.\n"
        "See joinmem(1).\n"
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
        refuseUnknown (app, argc, argv);
        app.parse (argc, argv);
        return flushed (status);
    }
    catch (const CLI::ParseError& error)
    {
        return error.get_exit_code () == 0 ? app.exit (error), flushed (Done) : complainOfUsage (app, error);
    }
    catch (const Stop& stop)
    {
        return complain (stop.status, stop.what ());
    }
    catch (const std::system_error& error)
    {
        return complain (statusOf (error.code ().value ()), sentenceOf (error).c_str ());
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
