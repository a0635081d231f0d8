// SPDX-License-Identifier: MIT
// Measures the time and the CPU time until memory is ready, that is, until every page has been written once, and
// compares the library with plain system calls. Each round measures all four ways, every second round in reverse order.
//     timing BYTES NAME      NAME: of the shared memory, which exists for a moment in each round
#include "rounds.hpp"

#include <join/memory.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace
{
constexpr uint64_t basePage = 4096;  // the smallest page size: touching more often costs little and changes nothing
constexpr int mostRounds = 9;
constexpr double enoughSeconds = 5;

std::string name;  // from the command line, so that the parent can remove it if this process is killed

void touch (void* memory, uint64_t size)
{
    auto* bytes = static_cast<volatile char*> (memory);
    for (uint64_t i = 0; i < size; i += basePage)
    {
        bytes[i] = 1;
    }
}

void* mapped (uint64_t size, int flags, int descriptor)
{
    void* memory = ::mmap (nullptr, size, PROT_READ | PROT_WRITE, flags, descriptor, 0);
    if (memory == MAP_FAILED)
    {
        throw std::system_error (errno, std::generic_category (), "mmap");
    }
    return memory;
}

double localMem (uint64_t size)
{
    auto start = std::chrono::steady_clock::now ();
    join::LocalMem memory (size);
    touch (memory.get (), size);
    return since (start);
}

double plainMmap (uint64_t size)
{
    auto start = std::chrono::steady_clock::now ();
    void* memory = mapped (size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    touch (memory, size);
    double seconds = since (start);
    ::munmap (memory, size);
    return seconds;
}

double shmMem (uint64_t size)
{
    auto start = std::chrono::steady_clock::now ();
    join::ShmMem memory (size, name);
    join::ShmMem::unlink (name);  // at once, so that the name cannot remain
    touch (memory.get (), size);
    return since (start);
}

double plainShm (uint64_t size)
{
    auto start = std::chrono::steady_clock::now ();
    int descriptor = ::shm_open (name.c_str (), O_RDWR | O_CREAT | O_EXCL, 0600);
    if (descriptor == -1)
    {
        throw std::system_error (errno, std::generic_category (), "shm_open");
    }
    ::shm_unlink (name.c_str ());
    if (::ftruncate (descriptor, static_cast<off_t> (size)) == -1)
    {
        throw std::system_error (errno, std::generic_category (), "ftruncate");
    }
    void* memory = mapped (size, MAP_SHARED, descriptor);
    ::close (descriptor);
    touch (memory, size);
    double seconds = since (start);
    ::munmap (memory, size);
    return seconds;
}

struct Way
{
    const char* what;
    double (*run) (uint64_t);
    Rounds ms;
    Rounds cpuMs;
};

using Ways = std::array<Way, 4>;

// A way is faster in the rounds in which the other takes longer.
void printVerdict (const Way& way, const Way& plain)
{
    std::printf ("  verdict: %s; %.2f times its time\n",
                 verdict (way.what, "the system calls", plain.ms.above (way.ms), way.ms.count ()).c_str (),
                 way.ms.median () / plain.ms.median ());
}

void print (const Ways& ways, uint64_t size)
{
    std::printf ("%.3f MiB, the size of the file. Medians of %zu rounds; each round measures all four.\n"
                 "  ms      from the first call until every page has been written once (least to most of the rounds)\n"
                 "  CPU ms  CPU time of all threads of this process meanwhile\n\n",
                 static_cast<double> (size) / (1 << 20), ways[0].ms.count ());
    std::printf ("  %-47s %9s %-20s%8s\n", "", "ms", "least to most", "CPU ms");
    for (const Way& way : ways)
    {
        char range[64];
        std::snprintf (range, sizeof range, "(%.3f to %.3f)", way.ms.least (), way.ms.most ());
        std::printf ("  %-47s %9.3f %-20s%8.3f\n", way.what, way.ms.median (), range, way.cpuMs.median ());
    }
    printVerdict (ways[0], ways[1]);
    printVerdict (ways[2], ways[3]);
}

void measure (uint64_t size)
{
    Ways ways {{{"LocalMem", localMem, {}, {}},
                {"private: mmap, then touched", plainMmap, {}, {}},
                {"ShmMem", shmMem, {}, {}},
                {"shared: shm_open, ftruncate, mmap, then touched", plainShm, {}, {}}}};
    auto start = std::chrono::steady_clock::now ();
    for (int round = 0; round < mostRounds && (round < 3 || since (start) < enoughSeconds); ++round)
    {
        // Measures the library first in the first round: if there is not enough memory, it fails with an error, and the
        // process is not killed.
        for (std::size_t i = 0; i < ways.size (); ++i)
        {
            Way& way = ways[round % 2 == 0 ? i : ways.size () - 1 - i];
            const double cpuBefore = cpuSeconds ();
            way.ms.add (way.run (size) * 1e3);
            way.cpuMs.add ((cpuSeconds () - cpuBefore) * 1e3);
        }
    }
    print (ways, size);
}
}  // namespace

int main (int argc, char** argv)
{
    uint64_t size = argc == 3 ? std::strtoull (argv[1], nullptr, 10) : 0;
    if (size == 0)
    {
        std::fprintf (stderr, "usage: timing BYTES NAME\n");
        return 2;
    }
    try
    {
        name = argv[2];
        measure (size);
    }
    catch (const std::exception& error)
    {
        std::fprintf (stderr, "demo, timing: %s\n", error.what ());
        return 1;
    }
    return std::fflush (stdout) == 0 ? 0 : 1;
}
