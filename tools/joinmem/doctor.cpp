// SPDX-License-Identifier: MIT
// joinmem doctor: what this machine gives to the library, what that means, and how to mend it. The files of doctor/
// read facts, and judge them apart from that.
#include "command.hpp"
#include "doctor/facts.hpp"
#include "doctor/print.hpp"
#include "show/terminal.hpp"

#include <CLI/CLI.hpp>

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
    bool brief = false;
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
    options.root = options.root == "/" ? "/." : options.root;  // its files, as of any other folder
    if (!options.root.empty () && !Source ("").isFolder (options.root))
    {
        throw Stop (NotThere, options.root + " is no folder: --root wants one that looks like a machine's");
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
        style.brief = options.brief;
        printText (std::cout, checks, options.root, style);
    }
    return statusOf (overall (checks));
}
}  // namespace
}  // namespace doctor

void addDoctor (CLI::App& app, int* status)
{
    const auto options = std::make_shared<doctor::Options> ();
    CLI::App* command =
        app.add_subcommand ("doctor", "Tell what this machine gives to the library, and how to mend it.");
    command->add_flag ("--json", options->json, "one JSON document, see joinmem-doctor(1)");
    command->add_flag ("--brief", options->brief, "only what is worse or missing");
    command->add_option ("--root", options->root, "look at the files of this folder instead")->group ("");
    command->footer (
        "Changes nothing, and needs no privilege.\n"
        "Exit status: 0 all is fine; 1 something is worse: it works, slower or in a weaker mode; 2 something is\n"
        "missing that the library promises, or the command line is wrong.\n"
        "Example: joinmem doctor --brief");
    command->callback ([options, status] { *status = doctor::examine (*options); });
}

}  // namespace tool
