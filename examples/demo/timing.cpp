// SPDX-License-Identifier: MIT
// How long it takes to have memory ready, that is until every page of it has been written once; beside the plain system
// calls for the same size. Rounds of all four, one after the other, the order turned round each time; medians.
//     timing BYTES NAME      NAME is of shared memory, there for a moment each round
#include <join/memory.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace
{
constexpr uint64_t basePage = 4096;  // no page is smaller: touching more often costs little and changes nothing
constexpr int mostRounds = 9;
constexpr double enoughSeconds = 5;

std::string name;  // from the command line, so that whoever started us can remove it when we are killed

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

double since (std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double> (std::chrono::steady_clock::now () - start).count ();
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
    join::ShmMem::unlink (name);  // at once, so that nothing can leave the name behind
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
    std::vector<double> seconds;
};

double median (std::vector<double> values)
{
    std::sort (values.begin (), values.end ());
    std::size_t half = values.size () / 2;
    return values.size () % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void print (const std::array<Way, 4>& ways, uint64_t size)
{
    std::printf ("time until %.3f MiB are ready, every page written once (median of %zu rounds, least to most)\n",
                 static_cast<double> (size) / (1 << 20), ways[0].seconds.size ());
    for (const Way& way : ways)
    {
        auto range = std::minmax_element (way.seconds.begin (), way.seconds.end ());
        std::printf ("  %-48s %9.3f ms  (%.3f to %.3f)\n", way.what, median (way.seconds) * 1e3, *range.first * 1e3,
                     *range.second * 1e3);
    }
}

void measure (uint64_t size)
{
    std::array<Way, 4> ways {{{"LocalMem", localMem, {}},
                              {"private: mmap, then touched", plainMmap, {}},
                              {"ShmMem", shmMem, {}},
                              {"shared: shm_open, ftruncate, mmap, then touched", plainShm, {}}}};
    auto start = std::chrono::steady_clock::now ();
    for (int round = 0; round < mostRounds && (round < 3 || since (start) < enoughSeconds); ++round)
    {
        // The library first in the first round: where the memory is not there, it says so instead of being killed.
        for (std::size_t i = 0; i < ways.size (); ++i)
        {
            Way& way = ways[round % 2 == 0 ? i : ways.size () - 1 - i];
            way.seconds.push_back (way.run (size));
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
