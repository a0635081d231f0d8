// SPDX-License-Identifier: MIT
#include "measure.hpp"

#include "harness/clock.hpp"
#include "harness/figure.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>

namespace bench
{
namespace
{
constexpr std::size_t line = 64;

// A number without a pattern for the prefetcher, in two or three cycles.
inline uint64_t scatter (uint64_t i)
{
    i *= 0x9E3779B97F4A7C15u;
    return i ^ (i >> 29);
}

// Reads a word in a random line; the line depends on the value of the previous load.
double chase (void* address, std::size_t bytes, uint64_t loads)
{
    const volatile uint64_t* words = static_cast<uint64_t*> (address);
    const uint64_t mask = bytes / line - 1;
    uint64_t value = 0;
    const double start = now ();
    for (uint64_t i = 0; i < loads; ++i)
    {
        value = words[((scatter (i) + value) & mask) * (line / sizeof (uint64_t))];
    }
    return (now () - start) / static_cast<double> (loads);
}

double scatterWrites (void* address, std::size_t bytes, uint64_t stores)
{
    volatile uint64_t* words = static_cast<uint64_t*> (address);
    const uint64_t mask = bytes / line - 1;
    const double start = now ();
    for (uint64_t i = 0; i < stores; ++i)
    {
        words[(scatter (i) & mask) * (line / sizeof (uint64_t))] = i;
    }
    return static_cast<double> (stores) / (now () - start) * 1e9;
}

// From /proc/self/smaps. A heap's block has neighbours in its mapping: the result is at most the whole block.
double hugeShareOf (const void* address, std::size_t bytes)
{
    const std::size_t from = reinterpret_cast<std::size_t> (address);
    std::ifstream smaps ("/proc/self/smaps");
    std::string text;
    std::size_t kilobytes = 0;
    bool ours = false;
    while (std::getline (smaps, text))
    {
        std::size_t low = 0;
        std::size_t high = 0;
        std::size_t count = 0;
        if (std::sscanf (text.c_str (), "%zx-%zx ", &low, &high) == 2)
        {
            ours = low < from + bytes && from < high;
        }
        else if (ours
                 && (std::sscanf (text.c_str (), "AnonHugePages: %zu", &count) == 1
                     || std::sscanf (text.c_str (), "ShmemPmdMapped: %zu", &count) == 1
                     || std::sscanf (text.c_str (), "Private_Hugetlb: %zu", &count) == 1))
        {
            kilobytes += count;
        }
    }
    return std::min (1.0, static_cast<double> (kilobytes) * 1024 / static_cast<double> (bytes));
}

void access (void* address, std::size_t bytes, uint64_t accesses, Sample* sample)
{
    sample->hugeShare = hugeShareOf (address, bytes);
    chase (address, bytes, accesses / 4 + 1);
    sample->latency = chase (address, bytes, accesses);
    scatterWrites (address, bytes, accesses / 4 + 1);
    sample->writes = scatterWrites (address, bytes, accesses);
}
}  // namespace

double now ()
{
    return static_cast<double> (harness::nanosNow ());
}

void touch (void* address, std::size_t bytes)
{
    volatile char* p = static_cast<char*> (address);
    for (std::size_t at = 0; at < bytes; at += basePage)
    {
        p[at] = 1;
    }
}

unsigned repetitions (std::size_t bytes)
{
    constexpr std::size_t budget = std::size_t (256) << 20;
    return static_cast<unsigned> (std::clamp (budget / bytes, std::size_t (1), std::size_t (300)));
}

Sample measure (const Contender& contender, std::size_t bytes, uint64_t accesses)
{
    const std::unique_ptr<Way> way = contender.way ();
    const unsigned count = repetitions (bytes);
    Sample sample;
    std::vector<double> ready;
    std::vector<double> freed;
    for (unsigned i = 0; i <= count; ++i)
    {
        const double start = now ();
        void* address = way->make (bytes);
        touch (address, bytes);
        const double written = now ();
        if (i == count)
        {
            access (address, bytes, accesses, &sample);
        }
        const double end = now ();
        way->free ();
        const double gone = now ();
        if (i == 0)
        {
            sample.first = written - start;
            continue;
        }
        ready.push_back (written - start);
        freed.push_back (gone - end);
    }
    sample.ready = harness::median (ready);
    sample.free = harness::median (freed);
    return sample;
}

}  // namespace bench
