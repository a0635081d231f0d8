// SPDX-License-Identifier: MIT
// The client in C++, with the classes; record.h describes what it does.
#include "record.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <join/memory.hpp>
#include <join/queue.hpp>
#include <map>
#include <stdexcept>
#include <utility>

[[noreturn]] static void fail ()
{
    throw std::system_error (join::lastError, join::lastError.message ());
}

static join::ShmMem open (uint64_t size, const std::string& name, join::OpenMode mode)
{
    join::MemOptions options;
    options.openMode = mode;
    return join::ShmMem (size, name, options);
}

static void writeAll (const std::string& name, const char* language)
{
    join::ShmMem memory = open (RECORD_SEGMENT, name, join::OpenMode::CreateOnly);
    auto* r = static_cast<record*> (memory.get ());
    r->magic = RECORD_MAGIC;
    r->count = RECORD_SEGMENT - RECORD_BYTES;
    r->below = -5;
    r->ratio = 0.1;
    std::snprintf (r->text, sizeof r->text, "written in %s", language);
    auto* bytes = static_cast<unsigned char*> (memory.get (RECORD_BYTES));
    for (uint32_t i = 0; i < r->count; ++i)
    {
        bytes[i] = static_cast<unsigned char> (31 * i + 7);
    }
    std::puts ("ready");
    std::fflush (stdout);
    std::getchar ();
    std::puts (r->reply);
    if (join::ShmMem::unlink (name) == -1)
    {
        fail ();
    }
}

static void readAll (const std::string& name, const char* language)
{
    join::ShmMem memory = open (0, name, join::OpenMode::OpenOnly);
    auto* r = static_cast<record*> (memory.get ());
    const auto* bytes = static_cast<const unsigned char*> (std::as_const (memory).get (RECORD_BYTES));
    std::printf ("%" PRIu64 " %" PRIx64 " %" PRIu32 " %" PRId32 " %.17g %" PRIu32 " %s\n", memory.size (), r->magic,
                 r->count, r->below, r->ratio, recordSum (bytes, r->count), r->text);
    std::snprintf (r->reply, sizeof r->reply, "read in %s", language);
}

// The errno that the C ABI has for the same failure, and the text of what () or message ().
template <typename Call>
static void printError (Call call)
{
    try
    {
        int failed = call ();
        std::printf ("%d %s\n", failed == -1 ? join::lastError.value () : 0, join::lastError.message ().c_str ());
    }
    catch (const std::system_error& error)
    {
        std::printf ("%d %s\n", error.code ().value (), error.what ());
    }
    catch (const std::out_of_range& error)
    {
        std::printf ("%d %s\n", ERANGE, error.what ());
    }
}

static void provoke (const std::string& name)
{
    join::ShmMem memory (4096, name);
    printError ([&] { return open (0, name + "-absent", join::OpenMode::OpenOnly).created () ? 0 : 1; });
    printError ([&] { return join::ShmMem (3 * 4096, name).created () ? 0 : 1; });
    printError ([&] { return memory.get (54321) == nullptr ? 0 : 1; });
    join::ShmMem::unlink (name);
    join::ShmMem elsewhere = std::move (memory);
    printError ([&] { return memory.mbind (0); });  // moved-from: a reported error, not undefined
}

static void provokeQueue (const std::string& name)
{
    struct Other
    {
        char bytes[16];
    };
    element e = {};
    join::ShmMem::Mpmc::Queue<element> queue (2, name);
    queue.tryPush (e);
    queue.tryPush (e);
    printError ([&] { return queue.tryPush (e); });
    printError ([&] { return join::ShmMem::Mpmc::Queue<Other> (2, name).created () ? 0 : 1; });
    queue.shutdown ();
    printError ([&] { return queue.tryPush (e); });
    join::ShmMem::unlink (name);
}

template <typename Queue>
static void pushAll (Queue& queue, uint64_t count, const std::string& language)
{
    constexpr std::chrono::nanoseconds timeout (QUEUE_TIMEOUT);
    uint64_t next = 0;
    for (bool one = true; next < count; one = !one)
    {
        element some[QUEUE_SOME] = {};
        uint64_t n = one ? 1 : std::min<uint64_t> (count - next, QUEUE_SOME);
        for (uint64_t i = 0; i < n; ++i, ++next)
        {
            some[i].number = next;
            some[i].check = (next + 1) * ELEMENT_FACTOR;
            language.copy (some[i].text, sizeof some[i].text);
        }
        int64_t done = one ? queue.push (some[0], timeout) + 1 : queue.push (some, n, timeout);
        if (done != static_cast<int64_t> (n))
        {
            fail ();
        }
    }
}

// What each language has pushed: the count and the sum.
using Writers = std::map<std::string, std::pair<uint64_t, uint64_t>>;

static void take (Writers& writers, const element& e)
{
    std::string text (e.text, sizeof e.text);
    text.resize (std::min (text.find ('\0'), text.size ()));
    auto& [count, sum] = writers[text];
    if (e.number != count || e.check != (e.number + 1) * ELEMENT_FACTOR)
    {
        throw std::runtime_error (std::to_string (e.number) + " of " + text + " after " + std::to_string (count));
    }
    ++count;
    sum += e.check;
}

template <typename Queue>
static void popAll (Queue& queue)
{
    constexpr std::chrono::nanoseconds timeout (QUEUE_TIMEOUT);
    element some[QUEUE_SOME];
    Writers writers;
    int64_t n = 1;
    for (bool one = true; n > 0; one = !one)
    {
        n = one ? queue.pop (some[0], timeout) + 1 : queue.popSome (some, QUEUE_SOME, timeout);
        for (int64_t i = 0; i < n; ++i)
        {
            take (writers, some[i]);
        }
    }
    if (join::lastError.value () != EPIPE)
    {
        fail ();
    }
    for (const auto& [text, pushed] : writers)
    {
        std::printf ("%s %" PRIu64 " %" PRIu64 "\n", text.c_str (), pushed.first, pushed.second);
    }
}

template <typename Queue>
static int onQueue (int argc, char** argv)
{
    Queue queue (QUEUE_CAPACITY, argv[3]);
    if (argc == 4 && std::strcmp (argv[1], "pop") == 0)
    {
        popAll (queue);
    }
    else if (argc >= 6 && std::strcmp (argv[1], "push") == 0)
    {
        pushAll (queue, std::strtoull (argv[4], nullptr, 10), argv[5]);
    }
    else
    {
        return 2;
    }
    if (argc == 7 && queue.shutdown () == -1)
    {
        fail ();
    }
    return 0;
}

static int onKind (int argc, char** argv)
{
    std::string kind = argv[2];
    return kind == "spsc"   ? onQueue<join::ShmMem::Spsc::Queue<element>> (argc, argv)
           : kind == "mpsc" ? onQueue<join::ShmMem::Mpsc::Queue<element>> (argc, argv)
                            : onQueue<join::ShmMem::Mpmc::Queue<element>> (argc, argv);
}

int main (int argc, char** argv)
{
    try
    {
        if (argc >= 4 && argv[1][0] == 'p')
        {
            return onKind (argc, argv);
        }
        if (argc == 4 && std::strcmp (argv[1], "write") == 0)
        {
            writeAll (argv[2], argv[3]);
        }
        else if (argc == 4 && std::strcmp (argv[1], "read") == 0)
        {
            readAll (argv[2], argv[3]);
        }
        else if (argc == 3 && std::strcmp (argv[1], "errors") == 0)
        {
            provoke (argv[2]);
            provokeQueue (argv[2]);
        }
        else
        {
            return 2;
        }
    }
    catch (const std::exception& error)
    {
        std::printf ("%s\n", error.what ());
        return 1;
    }
    return 0;
}
