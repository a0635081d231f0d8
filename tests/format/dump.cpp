// SPDX-License-Identifier: MIT
// Prints the segment of the example in docs/reference/segment-format.md as hexdump(1) -C would, without what differs
// between runs.
#include <join/queue.hpp>

#include "../segment_file.hpp"

#include <cctype>
#include <cstdio>
#include <cstring>
#include <string>
#include <unistd.h>

using namespace join;

namespace
{
constexpr std::size_t line = 16;

void printLine (std::size_t at, const unsigned char* bytes)
{
    std::printf ("%08zx ", at);
    for (std::size_t i = 0; i < line; ++i)
    {
        std::printf ("%s%02x", i == line / 2 ? "  " : " ", bytes[i]);
    }
    std::printf ("  |");
    for (std::size_t i = 0; i < line; ++i)
    {
        std::printf ("%c", std::isprint (bytes[i]) != 0 ? bytes[i] : '.');
    }
    std::printf ("|\n");
}

void print (const unsigned char* bytes, std::size_t size)
{
    bool repeated = false;
    for (std::size_t at = 0; at < size; at += line)
    {
        const bool same = at != 0 && std::memcmp (bytes + at, bytes + at - line, line) == 0;
        if (!same)
        {
            printLine (at, bytes + at);
        }
        else if (!repeated)
        {
            std::printf ("*\n");
        }
        repeated = same;
    }
    std::printf ("%08zx\n", size);
}
}  // namespace

int main ()
{
    const std::string name = "/joinmem-test-" + std::to_string (::getpid ()) + "-dump";
    QueueOptions options;
    options.maxProducers = 1;
    options.typeId = 7;
    {
        ShmMem::Mpsc::Queue<uint64_t> queue (4, name, MemOptions (), options);
        uint64_t popped = 0;
        const bool done = queue.tryPush (11) == 0 && queue.tryPush (22) == 0 && queue.tryPush (33) == 0
                          && queue.tryPop (popped) == 0 && popped == 11;
        SegmentFile segment (name);
        ShmMem::unlink (name);
        if (!done)
        {
            return 1;
        }
        auto* control = static_cast<detail::Control*> (segment.get ());
        control->identity.creatorPid = 0;
        control->identity.createdAt = 0;
        reinterpret_cast<detail::Slot*> (control + 1)->pid = 0;
        print (static_cast<const unsigned char*> (segment.get ()), control->identity.segmentSize);
    }
    return 0;
}
