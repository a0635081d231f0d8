// SPDX-License-Identifier: MIT
#include "options.hpp"

#include "../command.hpp"
#include "../show/text.hpp"

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
    queue.exclusive = true;  // two that push to a Spsc would tear its elements: the second one is refused
    queue.ownerDead = options.bytes;
    queue.typeId = options.bytes ? streamMark : 0;
    queue.tag = options.bytes ? streamMark : 0;
    return queue;
}

std::unique_ptr<join::AnyQueue> attach (const Options& options)
{
    join::MemOptions memory;
    memory.mode = join::OpenMode::OpenOnly;
    memory.permissions = permissionsOf (options);
    return std::make_unique<join::AnyQueue> (kindOf (options.kind), options.capacity, options.elementSize, options.name,
                                             memory, queueOptions (options));
}

// What was not said: Mpmc, which any number of programs may use, unless it is a stream, of one writer and one reader.
std::unique_ptr<join::AnyQueue> make (const Options& options)
{
    if (options.elementSize == 0 && (options.elements || options.hex))
    {
        throw Stop (Usage, "how large an element is has to be said to make a queue of them: --element-size");
    }
    const std::string kind = !options.kind.empty () ? options.kind : options.bytes ? "spsc" : "mpmc";
    const uint32_t usualSize = options.bytes ? usualStreamSize : usualLineSize;
    join::MemOptions memory;
    memory.mode = join::OpenMode::CreateOnly;
    memory.permissions = permissionsOf (options);
    return std::make_unique<join::AnyQueue> (kindOf (kind), options.capacity != 0 ? options.capacity : usualCapacity,
                                             options.elementSize != 0 ? options.elementSize : usualSize, options.name,
                                             memory, queueOptions (options));
}

// EINVAL: the name is none, or the queue that is there is another than the options say.
bool isBadName (const std::string& name)
{
    join::MemOptions look;
    look.mode = join::OpenMode::OpenOnly;
    look.readOnly = true;
    look.prefault = false;
    try
    {
        join::ShmMem (0, name, look);
    }
    catch (const std::system_error& error)
    {
        return error.code ().value () == EINVAL;
    }
    return false;
}

// Whoever comes and goes meanwhile is tried again, a few times.
std::unique_ptr<join::AnyQueue> attachOrMake (const Options& options)
{
    constexpr int triesMost = 8;
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
            if (failure.code ().value () != EEXIST || i == triesMost)
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
    command.add_option ("NAME", options->name, "the queue")->required ();
    CLI::Option_group* formats = command.add_option_group ("Formats", "of which there is one:");
    formats->add_flag ("--lines", options->lines, "an element is a line, filled up with NUL bytes (the default)");
    formats->add_flag ("--elements", options->elements, "elements as they are, one behind the other");
    formats->add_flag ("--hex", options->hex, "an element is a line, two hexadecimal digits a byte");
    formats->add_flag ("--bytes", options->bytes, "a stream of bytes, whose end and whole is told; implies --create");
    formats->require_option (0, 1);
    command.add_option ("--count", options->count, "no more than so many elements")
        ->check (CLI::Range (uint64_t (1), UINT64_MAX).description (""))
        ->type_name ("N");
    command.add_option ("--timeout", options->timeoutText, "of each wait: 500ms, 2s, 1m; then exit status 9")
        ->type_name ("TIME");
    command.add_flag ("--create", options->create, "make the queue where there is none");
    command.add_option ("--kind", options->kind, "of a queue that is made; one that is there must be it")
        ->check (CLI::IsMember ({"spsc", "mpsc", "mpmc"}));
    command.add_option ("--capacity", options->capacity, "elements, rounded up to a power of two")
        ->check (CLI::Range (uint64_t (1), uint64_t (1) << 32).description (""))
        ->type_name ("N");
    command.add_option ("--element-size", options->elementSize, "bytes, 65536 at most")
        ->check (CLI::Range (uint32_t (1), uint32_t (65536)).description (""))
        ->type_name ("BYTES");
    command
        .add_option ("--permissions", options->permissions,
                     "of a queue that is made; with bits for group or others "
                     "that of another user is opened, too")
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
        throw Stop (Usage, "\"" + octal + "\" are no permissions: write three octal digits, as of chmod(1)");
    }
    if (options->bytes && options->count != 0)
    {
        throw Stop (Usage, "--count is of elements, which --bytes has none of");
    }
    if (options->bytes && !options->kind.empty () && options->kind != "spsc")
    {
        throw Stop (Usage, "--bytes is of one writer and one reader: --kind spsc");
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
            throw Stop (NotThere, "there is no queue " + options.name + ": --create makes one");
        }
        if (error.code ().value () == EINVAL && !isBadName (options.name))
        {
            throw Stop (Usage, error.what ());
        }
        throw;
    }
    if (options.bytes && queue->kind () != join::QueueKind::Spsc)
    {
        throw Stop (Usage, "--bytes is of one writer and one reader, and " + std::string (queue->name ())
                               + " is a queue of many: take a Spsc");
    }
    if (!options.bytes && isStream (*queue))
    {
        throw Stop (Usage,
                    std::string (queue->name ()) + " is for a stream, which single elements would tear: --bytes");
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
    look.permissions = 0666;  // somebody else's, too, as it was opened before
    try
    {
        const join::AnyQueue named (queue.name (), look);
        const join::QueueStats there = named.stats ();
        if (!there.shutDown || there.popped != queue.stats ().popped)  // nobody pops any more: that number stays
        {
            return 0;
        }
    }
    catch (const std::exception&)
    {
        return 0;  // it is gone, or something else
    }
    return join::ShmMem::unlink (queue.name ());
}

}  // namespace tool::stream
