// SPDX-License-Identifier: MIT
// The client in C++, on the classes; record.h says what it does.
#include "record.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <join/memory.hpp>
#include <stdexcept>
#include <utility>

static join::ShmMem open (uint64_t size, const std::string& name, join::OpenMode mode)
{
    join::MemOptions options;
    options.mode = mode;
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
        throw std::system_error (join::lastError, join::lastError.message ());
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

// The errno that the C ABI has for the same failure, and what () or message ().
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
    printError ([&] { return memory.mbind (0); });  // moved from: said so, and not undefined
}

int main (int argc, char** argv)
{
    try
    {
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
