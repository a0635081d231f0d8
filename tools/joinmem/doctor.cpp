// SPDX-License-Identifier: MIT
// joinmem doctor: reports what this machine lacks for the library, the consequence, and the fix. The files in doctor/
// read facts first and judge them separately.
#include "command.hpp"
#include "doctor/facts.hpp"
#include "doctor/print.hpp"
#include "show/terminal.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

namespace tool
{
namespace doctor
{
namespace
{
struct Options
{
    bool json = false;
    bool all = false;
    bool brief = false;  // the default, without the hint at --all
    std::string root;
};

int statusOf (Verdict verdict)
{
    switch (verdict)
    {
        case Verdict::Missing:
            return Usage;
        case Verdict::Worse:
            return Failed;
        default:
            return Done;
    }
}

int examine (Options options)
{
    while (options.root.size () > 1 && options.root.back () == '/')
    {
        options.root.pop_back ();
    }
    options.root = options.root == "/" ? "/." : options.root;  // read its files as those of any other directory
    if (!options.root.empty () && !Source ("").isFolder (options.root))
    {
        throw Stop (NotThere,
                    options.root + " is not a directory: --root needs one with the structure of a root directory");
    }
    const Checks checks = judge (readFacts (Source (options.root)));
    if (options.json)
    {
        printJson (std::cout, checks, options.root);
    }
    else
    {
        Style style;
        style.colour = wantsColour ();
        style.all = options.all;
        style.hint = !options.all && !options.brief;
        style.width = onTerminal () ? std::min<std::size_t> (screenSize ().columns, 100) : 100;
        printText (std::cout, checks, options.root, style);
    }
    return statusOf (overall (checks));
}
}  // namespace
}  // namespace doctor

void addDoctor (CLI::App& app, int* status)
{
    const auto options = std::make_shared<doctor::Options> ();
    CLI::App* command = app.add_subcommand ("doctor", "Check the configuration of this machine and suggest fixes.");
    command->add_flag ("--all", options->all, "also print the checks that are fine or unknown");
    command->add_flag ("--json", options->json, "print one JSON document, see joinmem-doctor(1)");
    command->add_flag ("--brief", options->brief, "print only what is worse or missing (the default)")->group ("");
    command->add_option ("--root", options->root, "read the files of this directory instead")->group ("");
    command->footer ("The doctor changes nothing and needs no privilege.\n"
                     "Exit status: 0 all checks are fine; 1 something is worse: it works, but slower or\n"
                     "in a weaker mode; 2 something that the library promises is not available, or\n"
                     "the command line is wrong.\n"
                     "Example: joinmem doctor --all");
    command->callback ([options, status] { *status = doctor::examine (*options); });
}

}  // namespace tool
