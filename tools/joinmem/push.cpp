// SPDX-License-Identifier: MIT
// joinmem push: moves standard input into a queue.
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
// Pushes the complete elements even if the input after them is wrong. @return false at the end of the input
bool packAndPush (Packer& packer, Input& input, Batch& batch, Producer& producer)
{
    bool more = false;
    batch.clear ();
    try
    {
        more = packer.pack (input, batch);
    }
    catch (const Stop&)
    {
        producer.push (batch.at (0), batch.count ());
        throw;
    }
    producer.push (batch.at (0), batch.count ());
    return more;
}

void pushElements (join::AnyQueue& queue, const Options& options)
{
    Input input (STDIN_FILENO);
    Producer producer (queue, options);
    Batch batch (queue.elementSize ());
    const std::unique_ptr<Packer> packer = packerOf (options, queue.elementSize ());
    while (options.count == 0 || producer.pushed () < options.count)
    {
        batch.limit (options.count != 0 ? options.count - producer.pushed () : UINT64_MAX);
        if (!packAndPush (*packer, input, batch, producer))
        {
            break;
        }
    }
    if (options.shutdown)
    {
        queue.shutdown ();
    }
}

void pushMark (Mark mark, const StreamPacker& packer, Batch& batch, Producer& producer)
{
    batch.clear ();
    packer.addMark (mark, batch);
    producer.push (batch.at (0), batch.count ());
}

// On any failure it shuts the queue down without the end mark, so that the consumer notices that the stream is
// incomplete.
void pushStream (join::AnyQueue& queue, const Options& options)
{
    Input input (STDIN_FILENO);
    Producer producer (queue, options);
    Batch batch (queue.elementSize ());
    StreamPacker packer (queue.elementSize ());
    try
    {
        pushMark (Mark::Begin, packer, batch, producer);
        while (packAndPush (packer, input, batch, producer))
        {
        }
        pushMark (Mark::End, packer, batch, producer);
    }
    catch (...)
    {
        if (producer.pushed () != 0)  // else the queue may belong to another producer
        {
            queue.shutdown ();
        }
        if (producer.lostReader ())
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
    command->add_flag ("--truncate", options->truncate, "with --lines: cut lines that are longer than an element");
    command->add_flag ("--shutdown", options->shutdown,
                       "shut the queue down at the end of the input, as --bytes does; later pushes fail");
    command->footer ("See joinmem-push(1).\n"
                     "Example: tar c . | joinmem push --bytes backup");
    command->callback ([options, status] { stream::push (*options, status); });
}

}  // namespace tool
