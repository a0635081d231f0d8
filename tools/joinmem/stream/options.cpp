// SPDX-License-Identifier: MIT
#include "options.hpp"

#include "../command.hpp"
#include "../look/seen.hpp"
#include "../show/text.hpp"

#include <join/inspect.hpp>

#include <CLI/CLI.hpp>

#include <cerrno>
#include <system_error>

namespace tool::stream
{
namespace
{
constexpr uint64_t streamMark = 0x4d'41'45'52'54'53'4d'4a;  // "JMSTREAM", its type and its tag
constexpr uint64_t usualCapacity = 1024;
constexpr uint32_t usualStreamSize = 4096;
constexpr uint32_t usualLineSize = 256;

join::QueueKind kindOf (const std::string& text) noexcept
{
    return text == "spsc"   ? join::QueueKind::Spsc
           : text == "mpsc" ? join::QueueKind::Mpsc
           : text == "mpmc" ? join::QueueKind::Mpmc
                            : join::QueueKind (0);
}

uint32_t permissionsOf (const Options& options)
{
    return options.permissions.empty () ? 0600 : static_cast<uint32_t> (std::stoul (options.permissions, nullptr, 8));
}

join::QueueOptions queueOptions (const Options& options) noexcept
{
    join::QueueOptions queue;
    queue.exclusive = true;  // two producers of a Spsc would mix their elements: the second one is refused
    queue.ownerDead = options.bytes;
    queue.typeId = options.bytes ? streamMark : 0;
    queue.tag = options.bytes ? streamMark : 0;
    return queue;
}

std::unique_ptr<join::AnyQueue> attach (const Options& options)
{
    join::MemOptions memory;
    memory.openMode = join::OpenMode::OpenOnly;
    memory.permissions = permissionsOf (options);
    return std::make_unique<join::AnyQueue> (kindOf (options.kind), options.capacity, options.elementSize, options.name,
                                             memory, queueOptions (options));
}

// The default kind is Mpmc, which any number of programs may use. A stream has one producer and one consumer: Spsc.
std::unique_ptr<join::AnyQueue> make (const Options& options)
{
    if (options.elementSize == 0 && (options.elements || options.hex))
    {
        throw Stop (Usage, "--elements and --hex need --element-size to create a queue");
    }
    const std::string kind = !options.kind.empty () ? options.kind : options.bytes ? "spsc" : "mpmc";
    const uint32_t usualSize = options.bytes ? usualStreamSize : usualLineSize;
    join::MemOptions memory;
    memory.openMode = join::OpenMode::CreateOnly;
    memory.permissions = permissionsOf (options);
    return std::make_unique<join::AnyQueue> (kindOf (kind), options.capacity != 0 ? options.capacity : usualCapacity,
                                             options.elementSize != 0 ? options.elementSize : usualSize, options.name,
                                             memory, queueOptions (options));
}

// Whether EINVAL means an invalid name, and not that the queue differs from the options.
bool isBadName (const std::string& name)
{
    try
    {
        join::inspect (name);
    }
    catch (const std::system_error& error)
    {
        return error.code ().value () == EINVAL;
    }
    return false;
}

// Throws if the name is known to belong to something other than a queue.
void refuseOther (const std::string& name)
{
    switch (see (name).info.kind)
    {
        case join::SegmentKind::Memory:
            throw Stop (NoQueue,
                        nameText (name) + " is memory, not a queue: joinmem stat " + nameText (name) + " shows it");
        case join::SegmentKind::Other:
            throw Stop (NoQueue, nameText (name) + " is a file of another program, not a queue: choose another name");
        default:
            break;
    }
}

// Tries again, a few times, if other processes create and remove the queue meanwhile.
std::unique_ptr<join::AnyQueue> attachOrMake (const Options& options)
{
    constexpr int maxTries = 8;
    for (int i = 1;; ++i)
    {
        int error = 0;
        try
        {
            return attach (options);
        }
        catch (const std::system_error& failure)
        {
            error = failure.code ().value ();
            if (error != ENOENT || !(options.create || options.bytes))
            {
                throw;
            }
        }
        try
        {
            return make (options);
        }
        catch (const std::system_error& failure)
        {
            if (failure.code ().value () != EEXIST || i == maxTries)
            {
                throw;
            }
        }
    }
}
}  // namespace

Format Options::format () const noexcept
{
    return bytes ? Format::Bytes : hex ? Format::Hex : elements ? Format::Elements : Format::Lines;
}

void addOptions (CLI::App& command, Options* options)
{
    command.add_option ("NAME", options->name, "the name of the queue")->required ();
    CLI::Option_group* formats = command.add_option_group ("Formats", "at most one of:");
    formats->add_flag ("--lines", options->lines, "an element is a line, padded with NUL bytes (the default)");
    formats->add_flag ("--elements", options->elements, "elements as raw bytes, one after the other");
    formats->add_flag ("--hex", options->hex, "an element is a line of two hexadecimal digits for each byte");
    formats->add_flag ("--bytes", options->bytes, "a stream of bytes, checked to be complete; implies --create");
    formats->require_option (0, 1);
    command.add_option ("--count", options->count, "move at most N elements")
        ->check (CLI::Range (uint64_t (1), UINT64_MAX).description (""))
        ->type_name ("N");
    command
        .add_option ("--timeout", options->timeoutText,
                     "limit of each wait, such as 500ms, 2s or 1m; then exit status 9")
        ->type_name ("TIME");
    command.add_flag ("--create", options->create, "create the queue if it does not exist");
    command.add_option ("--kind", options->kind, "kind of the new queue; an existing queue must have it")
        ->check (CLI::IsMember ({"spsc", "mpsc", "mpmc"}));
    command.add_option ("--capacity", options->capacity, "capacity in elements, rounded up to a power of two")
        ->check (CLI::Range (uint64_t (1), uint64_t (1) << 32).description (""))
        ->type_name ("N");
    command.add_option ("--element-size", options->elementSize, "size of an element in bytes, at most 65536")
        ->check (CLI::Range (uint32_t (1), uint32_t (65536)).description (""))
        ->type_name ("BYTES");
    command
        .add_option ("--permissions", options->permissions,
                     "permissions of the new queue; with bits for group or others, "
                     "also opens the queue of another user")
        ->type_name ("OCTAL");
}

void readTexts (Options* options)
{
    if (!options->timeoutText.empty ())
    {
        options->timeout = std::chrono::nanoseconds (readDuration (options->timeoutText, "--timeout"));
    }
    const std::string& octal = options->permissions;
    if (octal.find_first_not_of ("01234567") != std::string::npos || octal.size () > 4
        || permissionsOf (*options) > 0777)
    {
        throw Stop (Usage, "\"" + octal + "\" are not permissions: write three octal digits, as for chmod(1)");
    }
    if (options->bytes && options->count != 0)
    {
        throw Stop (Usage, "--count counts elements: it cannot be used with --bytes");
    }
    if (options->bytes && !options->kind.empty () && options->kind != "spsc")
    {
        throw Stop (Usage, "--bytes has one producer and one consumer: use --kind spsc");
    }
}

std::unique_ptr<join::AnyQueue> openQueue (const Options& options)
{
    std::unique_ptr<join::AnyQueue> queue;
    try
    {
        queue = attachOrMake (options);
    }
    catch (const std::system_error& error)
    {
        if (error.code ().value () == ENOENT && !options.create && !options.bytes)
        {
            throw Stop (NotThere, "there is no queue " + options.name + ": --create creates it");
        }
        if (error.code ().value () == EBADMSG)
        {
            refuseOther (options.name);
        }
        if (error.code ().value () == EINVAL && !isBadName (options.name))
        {
            throw Stop (Usage, error.what ());
        }
        throw;
    }
    if (options.bytes && queue->kind () != join::QueueKind::Spsc)
    {
        throw Stop (Usage, "--bytes has one producer and one consumer, but " + std::string (queue->name ())
                               + " is a queue for many: use a Spsc");
    }
    if (!options.bytes && isStream (*queue))
    {
        throw Stop (Usage,
                    std::string (queue->name ()) + " carries a stream, which single elements would break: use --bytes");
    }
    return queue;
}

bool isStream (const join::AnyQueue& queue) noexcept
{
    return queue.tag () == streamMark;
}

int removeName (const join::AnyQueue& queue) noexcept
{
    join::MemOptions look;
    look.prefault = false;
    look.permissions = 0666;  // also opens a queue of another user, as before
    try
    {
        const join::AnyQueue named (queue.name (), look);
        const join::QueueStats stats = named.stats ();
        if (!stats.shutDown || stats.popped != queue.stats ().popped)  // the number is final in a drained queue
        {
            return 0;
        }
    }
    catch (const std::exception&)
    {
        return 0;  // the name is gone, or refers to something else
    }
    return join::ShmMem::unlink (queue.name ());
}

}  // namespace tool::stream
