// SPDX-License-Identifier: MIT
// Prints placement reports for private and shared memory: what was requested, what memory it got, and why.
//     placement [MiB]
#include "report.hpp"

#include <cstdlib>
#include <iostream>

int main (int argc, char** argv)
{
    uint64_t size = (argc > 1 ? std::strtoull (argv[1], nullptr, 10) : 64) << 20;
    try
    {
        std::cout << "private memory\n";
        report::print (std::cout, join::LocalMem (size).placement ());

        std::cout << "shared memory\n";
        join::ShmMem shared (size, "/example-placement");
        join::ShmMem::unlink (shared.name ());  // the memory stays while an object has it open
        report::print (std::cout, shared.placement ());

        std::cout << "private memory that must not be on huge pages\n";
        join::MemOptions options;
        options.huge = join::HugePages::Never;
        report::print (std::cout, join::LocalMem (size, options).placement ());
    }
    catch (const std::exception& error)
    {
        std::cerr << "placement: " << error.what () << "\n";
        return 1;
    }
    return 0;
}
