// SPDX-License-Identifier: MIT
// Makes a segment and writes into it. memory.c and memory.py, run after it, find what it wrote.
// [readme]
#include <join/memory.hpp>

#include <iostream>

int main ()
{
    join::ShmMem memory (64 << 20, "/greeting");  // made, or opened if it is there; 64 MiB, every page in place
    char* text = static_cast<char*> (memory.get (4096));
    std::string_view ("hello from C++").copy (text, 64);
    std::cout << (memory.created () ? "made " : "opened ") << memory.name () << ", " << memory.size ()
              << " bytes on pages of " << memory.pageSize () << "\n";
}
// [/readme]
