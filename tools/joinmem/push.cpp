// SPDX-License-Identifier: MIT
// joinmem push: standard input into a queue.
#include "command.hpp"

#include "stream/descriptors.hpp"
#include "stream/ending.hpp"
#include "stream/formats.hpp"
#include "stream/framing.hpp"
#include "stream/options.hpp"
#include "stream/waiting.hpp"

#include <CLI/CLI.hpp>

#include <memory>

#include <unistd.h>

namespace tool
{
namespace stream
{
namespace
{
// What is complete is pushed before the input is found to be wrong.
bool packAndPush (Packer& packer, Input& input, Batch& batch, Pusher& pusher)
{
    bool more = false;
    batch.clear ();
    try
    {
        more = packer.pack (input, batch);
    }
    catch (const Stop&)
    {
        pusher.push (batch.at (0), batch.count ());
        throw;
    }
    pusher.push (batch.at (0), batch.count ());
    return more;
}

void pushElements (join::AnyQueue& queue, const Options& options)
{
    Input input (STDIN_FILENO);
    Pusher pusher (queue, options);
    Batch batch (queue.elementSize ());
    const std::unique_ptr<Packer> packer = packerOf (options, queue.elementSize ());
    while (options.count == 0 || pusher.pushed () < options.count)
    {
        batch.limit (options.count != 0 ? options.count - pusher.pushed () : UINT64_MAX);
        if (!packAndPush (*packer, input, batch, pusher))
        {
            break;
        }
    }
    if (options.shutdown)
    {
        queue.shutdown ();
    }
}

void pushMark (Mark mark, const StreamPacker& packer, Batch& batch, Pusher& pusher)
{
    batch.clear ();
    packer.addMark (mark, batch);
    pusher.push (batch.at (0), batch.count ());
}

// Whatever ends it before its end, the queue is shut down without the mark of the end: so its reader is told.
void pushStream (join::AnyQueue& queue, const Options& options)
{
    Input input (STDIN_FILENO);
    Pusher pusher (queue, options);
    Batch batch (queue.elementSize ());
    StreamPacker packer (queue.elementSize ());
    try
    {
        pushMark (Mark::Begin, packer, batch, pusher);
        while (packAndPush (packer, input, batch, pusher))
        {
        }
        pushMark (Mark::End, packer, batch, pusher);
    }
    catch (...)
    {
        if (pusher.pushed () != 0)  // else it is another's
        {
            queue.shutdown ();
        }
        if (pusher.lostReader ())
        {
            removeName (queue);
        }
        throw;
    }
    queue.shutdown ();
}

void push (Options& options, int* status)
{
    readTexts (&options);
    keepStandardOpen (STDIN_FILENO);
    catchSignals ();
    try
    {
        const std::unique_ptr<join::AnyQueue> queue = openQueue (options);
        if (options.bytes)
        {
            pushStream (*queue, options);
        }
        else
        {
            pushElements (*queue, options);
        }
    }
    catch (const Quiet& end)
    {
        *status = end.status;
    }
}
}  // namespace
}  // namespace stream

void addPush (CLI::App& app, int* status)
{
    CLI::App* command = app.add_subcommand ("push", "Move standard input into a queue.");
    auto options = std::make_shared<stream::Options> ();
    stream::addOptions (*command, options.get ());
    command->add_flag ("--truncate", options->truncate, "--lines: cut lines that are longer than an element");
    command->add_flag ("--shutdown", options->shutdown,
                       "shut the queue down at the end of the input, as --bytes does: nobody can push to it any more");
    command->footer ("See joinmem-push(1).\n"
                     "Example: tar c . | joinmem push --bytes backup");
    command->callback ([options, status] { stream::push (*options, status); });
}

}  // namespace tool
