// SPDX-License-Identifier: MIT
// Memory on one NUMA node, near the thread that uses it; and what to do where that cannot be had.
//     pin_node [NODE]
#include <join/memory.hpp>

#include <cstdlib>
#include <iostream>

// Bound before the first page is touched, so nothing has to be moved. Where the node cannot be had the program goes on
// anywhere and says so: a slower run is better than none, and a slow run that nobody was told of is the worst.
static join::LocalMem onNode (uint64_t size, int node)
{
    join::MemOptions options;
    options.node = node;
    try
    {
        return join::LocalMem (size, options);
    }
    catch (const std::system_error& error)
    {
        std::cout << "not on node " << node << ": " << error.what () << "\n";
        if (error.code () == join::Errc::OutOfMemory)
        {
            throw;  // no node will do for somebody who needs this much
        }
    }
    return join::LocalMem (size);
}

int main (int argc, char** argv)
{
    int node = argc > 1 ? std::atoi (argv[1]) : 0;
    join::LocalMem memory = onNode (8 << 20, node);

    // Memory that is there already is moved; 0 means that every page is on the node, verified.
    if (memory.mbind (node) == -1)
    {
        std::cout << "not moved: " << join::lastError.message () << "\n";
    }
    int found = memory.nodeOf (0);
    if (found == -1)
    {
        std::cout << "node not known: " << join::lastError.message () << "\n";
        return 0;
    }
    std::cout << "the memory is on node " << found << "\n";
    return 0;
}
