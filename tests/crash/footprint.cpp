// SPDX-License-Identifier: MIT
// What a process holds: its mappings and descriptors, and the pages of a range.
#include "world.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace crash
{
void Footprint::settle ()
{
    const int large = 64 << 20;
    ::mallopt (M_MMAP_THRESHOLD, large / 2);
    ::mallopt (M_TRIM_THRESHOLD, large);
    ::mallopt (M_TOP_PAD, 1 << 20);
    void* volatile held = ::malloc (1 << 20);
    ::free (held);
}

void Footprint::take ()
{
    for (unsigned i = 0; i < 1024; ++i)
    {
        const uint64_t bit = uint64_t (1) << i % 64;
        const bool open = ::fcntl (static_cast<int> (i), F_GETFD) != -1;
        _descriptors[i / 64] = open ? _descriptors[i / 64] | bit : _descriptors[i / 64] & ~bit;
    }
    const int file = ::open ("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    _length = 0;
    ssize_t got = 1;
    while (got > 0 && _length < sizeof (_mappings))
    {
        got = ::read (file, _mappings + _length, sizeof (_mappings) - _length);
        _length += got > 0 ? static_cast<std::size_t> (got) : 0;
    }
    ::close (file);
    if (got != 0)
    {
        throw std::runtime_error ("/proc/self/maps cannot be read whole");
    }
}

std::string Footprint::differs (const Footprint& later) const
{
    const auto lines = [] (const Footprint& print) {
        std::vector<std::string> result;
        std::istringstream text (std::string (print._mappings, print._length));
        for (std::string line; std::getline (text, line);)
        {
            if (line.find ("[heap]") == std::string::npos && line.find ("[stack]") == std::string::npos)
            {
                result.push_back (line);
            }
        }
        std::sort (result.begin (), result.end ());
        return result;
    };
    const std::vector<std::string> before = lines (*this);
    const std::vector<std::string> after = lines (later);
    std::vector<std::string> difference;
    std::set_symmetric_difference (before.begin (), before.end (), after.begin (), after.end (),
                                   std::back_inserter (difference));
    if (!difference.empty ())
    {
        return std::to_string (after.size ()) + " mappings after " + std::to_string (before.size ()) + ": "
               + difference[0];
    }
    for (unsigned i = 0; i < 1024; ++i)
    {
        if (((_descriptors[i / 64] ^ later._descriptors[i / 64]) >> i % 64 & 1) != 0)
        {
            return "descriptor " + std::to_string (i) + " was left open, or closed";
        }
    }
    return "";
}

Backing backingOf (const void* address, uint64_t size)
{
    const uint64_t from = reinterpret_cast<uint64_t> (address);
    Backing sum;
    bool inside = false;
    std::ifstream lines ("/proc/self/smaps");
    for (std::string line; std::getline (lines, line);)
    {
        unsigned long long first = 0;
        unsigned long long last = 0;
        char key[64];
        if (::sscanf (line.c_str (), "%llx-%llx ", &first, &last) == 2)
        {
            inside = first < from + size && last > from;
        }
        else if (inside && ::sscanf (line.c_str (), "%63[^:]: %llu kB", key, &first) == 2)
        {
            const std::string field = key;
            const bool pool = field == "Private_Hugetlb" || field == "Shared_Hugetlb";
            sum.resident += field == "Rss" || pool ? first * 1024 : 0;
            sum.huge += field == "AnonHugePages" || field == "ShmemPmdMapped" || pool ? first * 1024 : 0;
            sum.locked += field == "Locked" || pool ? first * 1024 : 0;  // pages of the pool never leave RAM
        }
    }
    return sum;
}

bool filledWith (const void* address, uint64_t size, unsigned char value)
{
    const unsigned char* bytes = static_cast<const unsigned char*> (address);
    return size == 0 || (bytes[0] == value && ::memcmp (bytes, bytes + 1, size - 1) == 0);
}

}  // namespace crash
