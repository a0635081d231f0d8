// SPDX-License-Identifier: MIT
// Creates a segment and writes a text into it. Run memory.c and memory.py afterwards to read it.
// [readme]
#include <join/memory.hpp>

#include <iostream>

int main ()
{
    join::ShmMem memory (64 << 20, "/greeting");  // creates or opens it: 64 MiB, all pages present
    char* text = static_cast<char*> (memory.get (4096));
    std::string_view ("hello from C++").copy (text, 64);
    std::cout << (memory.created () ? "created " : "opened ") << memory.name () << ", " << memory.size ()
              << " bytes on pages of " << memory.pageSize () << "\n";
}
// [/readme]
