// SPDX-License-Identifier: MIT
// Creates a queue between processes and pushes three ticks; spsc.c pops the first, spsc.py the others.
// [readme]
#include <join/queue.hpp>

#include <iostream>

struct Tick
{
    uint64_t number;
    double price;
};

int main ()
{
    join::ShmMem::Spsc::Queue<Tick> ticks (1024, "/example-ticks");  // creates the queue, or attaches to it
    for (uint64_t i = 1; i <= 3; ++i)
    {
        if (ticks.tryPush ({i, 100.5}) == -1)  // push () would wait for room
        {
            std::cerr << join::lastError.message () << "\n";
        }
    }
    std::cout << "C++ pushed, " << ticks.pending () << " of " << ticks.capacity () << " wait to be popped\n";
}
// [/readme]
