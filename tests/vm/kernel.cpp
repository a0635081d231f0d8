// SPDX-License-Identifier: MIT
#include "kernel.hpp"

#include "check.hpp"

#include <cerrno>
#include <cinttypes>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <grp.h>
#include <linux/mempolicy.h>
#include <sstream>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace kernel
{
namespace
{
constexpr std::size_t maxNodes = 1024;
constexpr std::size_t wordBits = sizeof (unsigned long) * CHAR_BIT;

struct Mask
{
    explicit Mask (int node)
    {
        if (node >= 0)
        {
            words[static_cast<std::size_t> (node) / wordBits] = 1UL << (static_cast<std::size_t> (node) % wordBits);
        }
    }

    unsigned long words[maxNodes / wordBits] = {};
};

std::string nodeFile (int node, const std::string& file)
{
    return "/sys/devices/system/node/node" + std::to_string (node) + "/" + file;
}

Nodes findNodes ()
{
    Nodes found;
    while (::access (nodeFile (found.absent, "meminfo").c_str (), R_OK) == 0)
    {
        if (nodeMemory (found.absent, "MemTotal") == 0)
        {
            found.memless = found.absent;
        }
        else
        {
            found.near = found.near < 0 ? found.absent : found.near;
            found.far = found.absent;
        }
        ++found.absent;
    }
    return found;
}

std::string poolFile (int node, const char* file, std::size_t pageSize)
{
    const std::string tail = "hugepages/hugepages-" + std::to_string (pageSize / 1024) + "kB/" + file;
    return node < 0 ? "/sys/kernel/mm/" + tail : nodeFile (node, tail);
}

// Calls visit (answer) for each base page of the range.
template <typename Visit>
void eachPage (const void* address, std::size_t bytes, Visit visit)
{
    constexpr std::size_t batch = 4096;
    std::vector<const char*> pages;
    std::vector<int> answers (batch);
    const char* next = static_cast<const char*> (address);
    const char* end = next + bytes;
    while (next < end)
    {
        pages.clear ();
        for (; pages.size () < batch && next < end; next += page)
        {
            pages.push_back (next);
        }
        if (::syscall (SYS_move_pages, 0, pages.size (), pages.data (), nullptr, answers.data (), 0) < 0)
        {
            check::broken (__FILE__, __LINE__, std::string ("move_pages: ") + std::strerror (errno));
        }
        for (std::size_t i = 0; i < pages.size (); ++i)
        {
            visit (answers[i]);
        }
    }
}
}  // namespace

const Nodes& nodes ()
{
    static const Nodes found = findNodes ();
    return found;
}

int nodeOf (const void* address)
{
    int node = 0;
    eachPage (address, 1, [&] (int answer) { node = answer; });
    return node;
}

bool isThere (const void* address)
{
    return nodeOf (address) >= 0;
}

std::size_t pagesOn (const void* address, std::size_t bytes, int node)
{
    std::size_t count = 0;
    eachPage (address, bytes, [&] (int answer) { count += answer == node ? 1 : 0; });
    return count;
}

std::size_t pagesThere (const void* address, std::size_t bytes)
{
    std::size_t count = 0;
    eachPage (address, bytes, [&] (int answer) { count += answer >= 0 ? 1 : 0; });
    return count;
}

int bind (void* address, std::size_t bytes, int node)
{
    const Mask mask (node);
    return ::syscall (SYS_mbind, address, bytes, MPOL_BIND, mask.words, maxNodes + 1, 0) == 0 ? 0 : errno;
}

int policyMode (const void* address)
{
    int mode = -1;
    ::syscall (SYS_get_mempolicy, &mode, nullptr, 0UL, address, MPOL_F_ADDR);
    return mode;
}

int policyNode (const void* address)
{
    int mode = -1;
    Mask mask (-1);
    ::syscall (SYS_get_mempolicy, &mode, mask.words, maxNodes + 1, address, MPOL_F_ADDR);
    int found = -1;
    for (int node = 0; node < static_cast<int> (maxNodes); ++node)
    {
        const std::size_t bit = static_cast<std::size_t> (node);
        if ((mask.words[bit / wordBits] >> (bit % wordBits) & 1) != 0)
        {
            if (found >= 0)
            {
                return -1;
            }
            found = node;
        }
    }
    return found;
}

PagesFrom::PagesFrom (int node)
{
    const Mask mask (node);
    CHECK (::syscall (SYS_set_mempolicy, MPOL_BIND, mask.words, maxNodes + 1) == 0);
}

PagesFrom::~PagesFrom ()
{
    ::syscall (SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0UL);
}

bool preferred (int node)
{
    const Mask mask (node);
    const int mode = node < 0 ? MPOL_DEFAULT : MPOL_PREFERRED;
    return ::syscall (SYS_set_mempolicy, mode, node < 0 ? nullptr : mask.words, node < 0 ? 0UL : maxNodes + 1) == 0;
}

char* map (std::size_t bytes, int file)
{
    const int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void* address = ::mmap (nullptr, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
    CHECK (address != MAP_FAILED);
    return static_cast<char*> (address);
}

int memoryFile (std::size_t bytes, unsigned flags)
{
    const int file = ::memfd_create ("check", flags);
    CHECK (file >= 0);
    CHECK (::ftruncate (file, static_cast<off_t> (bytes)) == 0);
    return file;
}

void touch (void* address, std::size_t bytes, char value)
{
    for (std::size_t i = 0; i < bytes; i += page)
    {
        static_cast<volatile char*> (address)[i] = value;
    }
}

bool holds (const void* address, std::size_t bytes, char value)
{
    for (std::size_t i = 0; i < bytes; i += page)
    {
        if (static_cast<const volatile char*> (address)[i] != value)
        {
            return false;
        }
    }
    return true;
}

uint64_t smaps (const void* address, std::size_t bytes, const char* field)
{
    const uint64_t first = reinterpret_cast<uint64_t> (address);
    const std::size_t length = std::strlen (field);
    std::ifstream file ("/proc/self/smaps");
    std::string line;
    bool inside = false;
    uint64_t sum = 0;
    while (std::getline (file, line))
    {
        uint64_t begin = 0;
        uint64_t end = 0;
        char permission = 0;
        if (std::sscanf (line.c_str (), "%" SCNx64 "-%" SCNx64 " %c", &begin, &end, &permission) == 3)
        {
            inside = begin < first + bytes && end > first;
        }
        else if (inside && line.compare (0, length, field) == 0 && line[length] == ':')
        {
            sum += std::strtoull (line.c_str () + length + 1, nullptr, 10) * 1024;
        }
    }
    return sum;
}

uint64_t nodeMemory (int node, const char* field)
{
    std::ifstream file (nodeFile (node, "meminfo"));
    std::string line;
    while (std::getline (file, line))
    {
        const std::size_t at = line.find (std::string (" ") + field + ":");
        if (at != std::string::npos)
        {
            return std::strtoull (line.c_str () + line.find (':') + 1, nullptr, 10) * 1024;
        }
    }
    return 0;
}

int pool (int node, const char* file, std::size_t pageSize)
{
    const std::string text = read (poolFile (node, file, pageSize));
    return text.empty () ? -1 : std::atoi (text.c_str ());
}

void setPool (int node, int pages, std::size_t pageSize)
{
    write (poolFile (node, "nr_hugepages", pageSize), std::to_string (pages));
    CHECK_EQUAL (pool (node, "nr_hugepages", pageSize), pages);
}

std::string read (const std::string& path)
{
    std::ifstream file (path);
    std::stringstream text;
    text << file.rdbuf ();
    return text.str ();
}

bool write (const std::string& path, const std::string& text)
{
    const int file = ::open (path.c_str (), O_WRONLY);
    const bool written = file >= 0 && ::write (file, text.data (), text.size ()) == static_cast<ssize_t> (text.size ());
    const int error = errno;
    ::close (file);
    errno = error;
    return written;
}

uint64_t vmstat (const char* field)
{
    std::ifstream file ("/proc/vmstat");
    std::string name;
    uint64_t value = 0;
    while (file >> name >> value)
    {
        if (name == field)
        {
            return value;
        }
    }
    return 0;
}

void becomeNobody ()
{
    CHECK (::setgroups (0, nullptr) == 0);
    CHECK (::setresgid (65534, 65534, 65534) == 0);
    CHECK (::setresuid (65534, 65534, 65534) == 0);
    CHECK (::prctl (PR_SET_DUMPABLE, 1) == 0);  // otherwise /proc/self belongs to root
}
}  // namespace kernel
