// SPDX-License-Identifier: MIT
// Creates a queue from C++ for other programs to inspect: maker KIND NAME CAPACITY PUSHED POPPED. Each "+" of its input
// is one more push, each other byte a push and a pop; it exits at the end of its input.
#include <join/queue.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace
{
struct Tick
{
    uint64_t number;
    char text[16];
};

template <typename Kind>
int serve (char** words)
{
    join::QueueOptions options;
    options.tag = 42;
    options.typeId = 0x7151;
    join::MemOptions memory;
    const char* node = std::getenv ("JOINMEM_NODE");
    memory.numaNode = node != nullptr ? std::atoi (node) : -1;
    typename Kind::template Queue<Tick> queue (std::strtoull (words[3], nullptr, 10), words[2], memory, options);
    for (uint64_t i = std::strtoull (words[4], nullptr, 10); i > 0; --i)
    {
        const Tick tick = {i, "tick"};
        if (queue.push (tick) != 0)
        {
            return 1;
        }
    }
    for (uint64_t i = std::strtoull (words[5], nullptr, 10); i > 0; --i)
    {
        Tick tick;
        if (queue.pop (tick) != 0)
        {
            return 1;
        }
    }
    std::puts ("ready");
    std::fflush (stdout);
    char end;
    while (::read (STDIN_FILENO, &end, 1) > 0)
    {
        const Tick tick = {0, "more"};
        queue.tryPush (tick);
        Tick taken;
        end == '+' || queue.tryPop (taken) == 0 ? void () : void (std::puts ("empty"));
    }
    return 0;
}
}  // namespace

int main (int count, char** words)
{
    if (count != 6)
    {
        return 2;
    }
    return std::strcmp (words[1], "spsc") == 0   ? serve<join::ShmMem::Spsc> (words)
           : std::strcmp (words[1], "mpsc") == 0 ? serve<join::ShmMem::Mpsc> (words)
                                                 : serve<join::ShmMem::Mpmc> (words);
}
