// SPDX-License-Identifier: MIT
// Memory on one NUMA node, near the thread that uses it, and what to do if the node is not available.
//     pin_node [NODE]
#include <join/memory.hpp>

#include <cstdlib>
#include <iostream>

// Binds the memory before the first page is touched, so that no page has to move. If the node is not available, the
// program reports that and continues on any node: it is slower, but it runs, and the report shows why it is slow.
static join::LocalMem onNode (uint64_t size, int node)
{
    join::MemOptions options;
    options.numaNode = node;
    try
    {
        return join::LocalMem (size, options);
    }
    catch (const std::system_error& error)
    {
        std::cout << "not on node " << node << ": " << error.what () << "\n";
        if (error.code () == join::Errc::OutOfMemory)
        {
            throw;  // no node has this much memory
        }
    }
    return join::LocalMem (size);
}

int main (int argc, char** argv)
{
    int node = argc > 1 ? std::atoi (argv[1]) : 0;
    join::LocalMem memory = onNode (8 << 20, node);

    // Moves existing pages; returns 0 only after checking that every page is on the node.
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
