// SPDX-License-Identifier: MIT
#include <join/memory.hpp>

#include <cstring>
#include <iostream>

int main ()
{
    join::LocalMem memory (1 << 20);
    std::memset (memory.get (), 1, memory.size ());
    join::LocalMem taken (std::move (memory));
    if (memory.mbind (0) != -1)
    {
        return 1;
    }
    std::cout << join::lastError.message () << "\n";
    return 0;
}
