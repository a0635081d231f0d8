// SPDX-License-Identifier: MIT
// Two processes share a map of Boost.Interprocess: the first one builds it, and both read it.
#include <join/memory.hpp>

#include <iostream>
#include <stdexcept>
#include <unistd.h>

#include <sys/wait.h>

// [readme]
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/map.hpp>
#include <boost/interprocess/containers/string.hpp>
#include <boost/interprocess/managed_external_buffer.hpp>

namespace bi = boost::interprocess;
using Buffer = bi::managed_external_buffer;
using Text = bi::basic_string<char, std::char_traits<char>, bi::allocator<char, Buffer::segment_manager>>;
using Entry = std::pair<const int, Text>;
using Table = bi::map<int, Text, std::less<int>, bi::allocator<Entry, Buffer::segment_manager>>;
constexpr uint64_t header = 64;  // its first four bytes record that the table is complete

static void build (join::ShmMem& memory)
{
    Buffer buffer (bi::create_only, memory.get (header), memory.size () - header);
    Table* table = buffer.construct<Table> ("table") (std::less<int> (), buffer.get_segment_manager ());
    table->emplace (1, Text ("the first entry, in shared memory", buffer.get_segment_manager ()));
    table->emplace (2, Text ("the second entry, in shared memory", buffer.get_segment_manager ()));
}

static int read ()  // 1: this process built the table
{
    join::ShmMem memory (1 << 20, "/example-table");
    const int built = memory.initialise ([&] { build (memory); });
    if (built == -1)
    {
        throw std::runtime_error (join::lastError.message ());
    }
    Buffer buffer (bi::open_only, memory.get (header), memory.size () - header);
    for (const Entry& entry : *buffer.find<Table> ("table").first)
    {
        std::cout << entry.first << ": " << entry.second << "\n";
    }
    return built;
}
// [/readme]

int main ()
{
    constexpr int failed = 2;
    const pid_t child = fork ();  // two processes that start at the same time
    int built = failed;
    try
    {
        built = read ();
    }
    catch (const std::exception& error)
    {
        std::cerr << "boost_map: " << error.what () << "\n";
    }
    if (child == 0)
    {
        return built;
    }
    int status = 0;
    const bool ended = waitpid (child, &status, 0) == child && WIFEXITED (status);
    join::ShmMem::unlink ("/example-table");
    if (!ended || built == failed || WEXITSTATUS (status) == failed)
    {
        return 1;
    }
    std::cout << "processes that built the table: " << built + WEXITSTATUS (status) << "\n";
}
