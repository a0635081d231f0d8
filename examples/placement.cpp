// SPDX-License-Identifier: MIT
// Where did my memory go? Prints what was asked for, what was got and why, for private and for shared memory.
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
        join::ShmMem::unlink (shared.name ());  // the memory stays as long as somebody has it
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
