// SPDX-License-Identifier: MIT
// Containers of the standard library take their memory from LocalMem; each request reuses it.
// [readme]
#include <join/memory.hpp>

#include <iostream>
#include <map>
#include <memory_resource>
#include <string>
#include <vector>

static uint64_t handle (int request, std::pmr::memory_resource& arena)
{
    std::pmr::vector<int> numbers (&arena);
    std::pmr::map<int, std::pmr::string> names (&arena);  // the map passes the arena on to its strings
    for (int i = 0; i < 10000; ++i)
    {
        numbers.push_back (i * request);
        names[i] = "a text that is too long to lie in the string object";
    }
    return numbers.size () + names.size ();
}

int main ()
{
    try
    {
        join::LocalMem memory (4 << 20);
        std::pmr::monotonic_buffer_resource arena (memory.get (), memory.size (), std::pmr::null_memory_resource ());
        uint64_t elements = 0;
        for (int request = 0; request < 100; ++request)
        {
            elements += handle (request, arena);
            arena.release ();  // the next request begins at the start of the memory
        }
        std::cout << elements << " elements took turns in " << memory.size () << " bytes\n";
    }
    catch (const std::exception& error)  // std::bad_alloc: a request needed more than the memory has
    {
        std::cerr << "pmr: " << error.what () << "\n";
        return 1;
    }
}
// [/readme]
