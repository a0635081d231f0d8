// SPDX-License-Identifier: MIT
#include "kernel_report.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace
{
std::ifstream opened (const std::string& path)
{
    std::ifstream file (path);
    if (!file)
    {
        throw std::runtime_error ("the test cannot read " + path);
    }
    return file;
}

// A line "Key:   123 kB" of an area; other lines are ignored.
void add (Smaps* sum, const std::string& line)
{
    const std::size_t colon = line.find (':');
    if (colon == std::string::npos)
    {
        return;
    }
    const std::string key = line.substr (0, colon);
    const uint64_t bytes = std::strtoull (line.c_str () + colon + 1, nullptr, 10) * KiB;
    if (key == "Rss")
    {
        sum->resident += bytes;
    }
    else if (key == "AnonHugePages" || key == "ShmemPmdMapped" || key == "FilePmdMapped")
    {
        sum->huge += bytes;
    }
    else if (key == "Private_Hugetlb" || key == "Shared_Hugetlb")
    {
        sum->resident += bytes;
        sum->huge += bytes;
        sum->pool += bytes;
    }
    else if (key == "Locked")
    {
        sum->locked += bytes;
    }
    else if (key == "KernelPageSize")
    {
        sum->kernelPage = sum->kernelPage == 0 ? bytes : std::min (sum->kernelPage, bytes);
    }
}
}  // namespace

Smaps smaps (const void* address, uint64_t size)
{
    const uint64_t first = reinterpret_cast<uint64_t> (address);
    std::ifstream file = opened ("/proc/self/smaps");
    Smaps sum;
    bool inside = false;
    for (std::string line; std::getline (file, line);)
    {
        unsigned long long from = 0;
        unsigned long long to = 0;
        if (std::sscanf (line.c_str (), "%llx-%llx ", &from, &to) == 2)
        {
            inside = from < first + size && to > first;
            sum.areas += inside ? 1 : 0;
            sum.mapped += inside ? to - from : 0;
        }
        else if (inside)
        {
            add (&sum, line);
        }
    }
    return sum;
}

uint64_t present (const void* address, uint64_t size)
{
    const int file = ::open ("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (file == -1)
    {
        throw std::runtime_error ("the test cannot read /proc/self/pagemap");
    }
    uint64_t bytes = 0;
    for (uint64_t at = 0; at < size; at += 4 * KiB)
    {
        uint64_t entry = 0;
        const uint64_t page = (reinterpret_cast<uint64_t> (address) + at) / (4 * KiB);
        if (::pread (file, &entry, sizeof (entry), static_cast<off_t> (page * sizeof (entry))) == sizeof (entry))
        {
            bytes += (entry >> 63) * 4 * KiB;
        }
    }
    ::close (file);
    return bytes;
}

uint64_t residentOfProcess ()
{
    std::ifstream file = opened ("/proc/self/smaps_rollup");
    Smaps sum;
    for (std::string line; std::getline (file, line);)
    {
        add (&sum, line);
    }
    return sum.resident;
}

uint64_t meminfo (const std::string& key)
{
    std::ifstream file = opened ("/proc/meminfo");
    for (std::string line; std::getline (file, line);)
    {
        if (line.compare (0, key.size () + 1, key + ":") == 0)
        {
            const uint64_t number = std::strtoull (line.c_str () + key.size () + 1, nullptr, 10);
            return line.find (" kB") != std::string::npos ? number * KiB : number;
        }
    }
    throw std::runtime_error ("no " + key + " in /proc/meminfo");
}

std::string valueOf (const std::string& path)
{
    std::ifstream file = opened (path);
    std::string line;
    std::getline (file, line);
    const std::size_t open = line.find ('[');
    const std::size_t close = line.find (']');
    return open != std::string::npos && close != std::string::npos ? line.substr (open + 1, close - open - 1) : line;
}

uint64_t numberOf (const std::string& path)
{
    return std::strtoull (valueOf (path).c_str (), nullptr, 10);
}

std::vector<std::string> entries (const std::string& folder)
{
    std::vector<std::string> names;
    DIR* dir = ::opendir (folder.c_str ());
    if (dir == nullptr)
    {
        return names;
    }
    while (const struct dirent* entry = ::readdir (dir))
    {
        const std::string name = entry->d_name;
        if (name != "." && name != "..")
        {
            names.push_back (name);
        }
    }
    ::closedir (dir);
    std::sort (names.begin (), names.end ());
    return names;
}

std::string belongings ()
{
    std::ostringstream text;
    for (const std::string& descriptor : entries ("/proc/self/fd"))
    {
        char target[256];
        const ssize_t length = ::readlink (("/proc/self/fd/" + descriptor).c_str (), target, sizeof (target));
        // The directory's own descriptor is closed by now.
        text << (length > 0 ? descriptor + " " + std::string (target, static_cast<std::size_t> (length)) + "\n" : "");
    }
    std::ifstream maps = opened ("/proc/self/maps");
    unsigned long long space = 0;
    for (std::string line; std::getline (maps, line);)
    {
        unsigned long long from = 0;
        unsigned long long to = 0;
        if (std::sscanf (line.c_str (), "%llx-%llx ", &from, &to) == 2 && line.find ("[heap]") == std::string::npos)
        {
            space += to - from;
        }
        if (line.find ("/dev/shm") != std::string::npos || line.find (" (deleted)") != std::string::npos)
        {
            text << line << "\n";
        }
    }
    text << space << " bytes mapped\n";
    const std::string own = "joinmem-test-" + std::to_string (::getpid ());
    for (const std::string& name : entries ("/dev/shm"))
    {
        // Names of tests that run at the same time come and go.
        text << (name.compare (0, own.size (), own) == 0 ? "/dev/shm/" + name + "\n" : "");
    }
    return text.str ();
}

uint64_t occupied (const std::string& path)
{
    struct stat facts;
    if (::stat (path.c_str (), &facts) == -1)
    {
        throw std::runtime_error ("the test cannot stat " + path);
    }
    return static_cast<uint64_t> (facts.st_blocks) * 512;
}

bool exists (const std::string& path)
{
    struct stat facts;
    return ::lstat (path.c_str (), &facts) == 0;
}
