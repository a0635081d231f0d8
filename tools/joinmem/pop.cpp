// SPDX-License-Identifier: MIT
// joinmem pop: moves the elements of a queue to standard output.
#include "command.hpp"

#include "show/text.hpp"
#include "stream/descriptors.hpp"
#include "stream/ending.hpp"
#include "stream/formats.hpp"
#include "stream/framing.hpp"
#include "stream/options.hpp"
#include "stream/waiting.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include <unistd.h>

namespace tool
{
namespace stream
{
namespace
{
// How many elements to pop: --count; else, with --follow, all that will ever come; else those in the queue now.
uint64_t wanted (const join::AnyQueue& queue, const Options& options) noexcept
{
    return options.count != 0 ? options.count : options.follow ? UINT64_MAX : queue.pending ();
}

void popElements (join::AnyQueue& queue, const Options& options)
{
    Output output (STDOUT_FILENO);
    Consumer consumer (queue, options, output);
    Batch batch (queue.elementSize ());
    const std::unique_ptr<Unpacker> unpacker = unpackerOf (options, queue.elementSize ());
    const uint64_t all = wanted (queue, options);
    uint64_t done = 0;
    while (done < all)
    {
        const uint64_t n = consumer.pop (batch.at (0), std::min (batch.most (), all - done));
        if (n == 0)
        {
            break;
        }
        unpacker->unpack (output, batch.at (0), n);
        done += n;
    }
    if (done == 0 && options.count == 0 && !options.follow)
    {
        std::cerr << "joinmem: " << printable (std::string (queue.name ()))
                  << (queue.stats ().shutDown ? " is empty and shut down: no more elements will come\n"
                                              : " is empty: --follow waits for elements\n");
    }
    if (options.count != 0 && done < all)
    {
        throw Stop (ShutDown, std::string (queue.name ()) + ": shut down after " + std::to_string (done) + " of "
                                  + std::to_string (all) + " elements");
    }
}

// Shuts the queue down and, without --keep, removes its name. @return 0, or -1 with lastError
int finish (join::AnyQueue& queue, const Options& options) noexcept
{
    queue.shutdown ();
    return options.keep ? 0 : removeName (queue);
}

void copyStream (Consumer& consumer, StreamUnpacker& unpacker, Output& output, const join::AnyQueue& queue)
{
    Batch batch (queue.elementSize ());
    while (!unpacker.ended ())
    {
        // Pops a single element until it is known to be a stream: of anything else no more is taken.
        const uint64_t n = consumer.pop (batch.at (0), unpacker.begun () ? batch.most () : 1);
        if (n == 0)
        {
            throw Stop (Failed, std::string (queue.name ()) + ": the stream is incomplete: its producer "
                                    + (consumer.why () == Dry::Abandoned ? "was killed" : "gave up"));
        }
        unpacker.unpack (output, batch.at (0), n);
    }
}

// The rest of a stream is of no use to another consumer: once the stream has begun, a consumer that stops shuts the
// queue down, which ends the producer as well.
void popStream (join::AnyQueue& queue, const Options& options)
{
    Output output (STDOUT_FILENO);
    Consumer consumer (queue, options, output);
    StreamUnpacker unpacker (queue.elementSize ());
    try
    {
        copyStream (consumer, unpacker, output, queue);
    }
    catch (const Stop& stop)
    {
        const bool over = unpacker.begun () || consumer.why () != Dry::Empty;
        if (over || (stop.status == Failed && isStream (queue)))
        {
            finish (queue, options);
        }
        throw;
    }
    catch (const Quiet&)
    {
        if (unpacker.begun ())
        {
            finish (queue, options);
        }
        throw;
    }
    if (finish (queue, options) == -1)
    {
        stopFor (queue);
    }
}

void pop (Options& options, int* status)
{
    readTexts (&options);
    if (options.timeout && !options.follow && !options.bytes && options.count == 0)
    {
        throw Stop (Usage, "--timeout limits a wait: it needs --follow, --count or --bytes");
    }
    keepStandardOpen (STDOUT_FILENO);
    catchSignals ();
    try
    {
        const std::unique_ptr<join::AnyQueue> queue = openQueue (options);
        if (options.bytes)
        {
            popStream (*queue, options);
        }
        else
        {
            popElements (*queue, options);
        }
    }
    catch (const Quiet& end)
    {
        *status = end.status;
    }
}
}  // namespace
}  // namespace stream

void addPop (CLI::App& app, int* status)
{
    CLI::App* command = app.add_subcommand ("pop", "Move the elements of a queue to standard output.");
    auto options = std::make_shared<stream::Options> ();
    stream::addOptions (*command, options.get ());
    command->add_flag ("--follow", options->follow, "wait for more elements until the queue is shut down");
    command->add_flag ("--keep", options->keep, "with --bytes: keep the name of the queue at the end of the stream");
    command->footer ("See joinmem-pop(1).\n"
                     "Example: joinmem pop --bytes backup | tar x");
    command->callback ([options, status] { stream::pop (*options, status); });
}

}  // namespace tool
