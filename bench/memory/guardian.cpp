// SPDX-License-Identifier: MIT
#include "guardian.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace bench
{
namespace
{
const char* const poolSize = "/proc/sys/vm/nr_hugepages";
const char* const poolFree = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";

long numberIn (const char* path)
{
    std::ifstream file (path);
    long number = -1;
    file >> number;
    return file ? number : -1;
}

bool writeNumber (const char* path, long number)
{
    std::ofstream file (path);
    file << number << std::flush;
    return file.good ();
}

// Ignores the signals that end a foreground job, since they end the bench that this process watches.
[[noreturn]] void watch (int alive, int ready, const std::string& segment, long before)
{
    ::setsid ();
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
    {
        ::signal (signal, SIG_IGN);
    }
    const int nothing = ::open ("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd : {0, 1, 2})
    {
        ::dup2 (nothing, fd);  // so that the bench's pipes close with it
    }
    ::close (ready);
    char byte = 0;
    while (::read (alive, &byte, 1) == -1 && errno == EINTR)
    {
    }
    ::shm_unlink (segment.c_str ());
    if (before >= 0 && numberIn (poolSize) != before)
    {
        writeNumber (poolSize, before);
    }
    ::_exit (0);
}
}  // namespace

Guardian::Guardian (const std::string& segment)
{
    int ends[2];
    int ready[2];
    if (::pipe2 (ends, O_CLOEXEC) != 0 || ::pipe2 (ready, O_CLOEXEC) != 0)
    {
        throw std::system_error (errno, std::system_category (), "pipe");
    }
    const long before = numberIn (poolSize);
    _child = ::fork ();
    if (_child == -1)
    {
        throw std::system_error (errno, std::system_category (), "fork");
    }
    if (_child == 0)
    {
        ::close (ends[1]);
        ::close (ready[0]);
        watch (ends[0], ready[1], segment, before);
    }
    ::close (ends[0]);
    ::close (ready[1]);
    char byte = 0;
    while (::read (ready[0], &byte, 1) == -1 && errno == EINTR)  // until the guardian ignores fatal signals
    {
    }
    ::close (ready[0]);
    _alive = ends[1];
}

Guardian::~Guardian ()
{
    ::close (_alive);
    while (::waitpid (_child, nullptr, 0) == -1 && errno == EINTR)
    {
    }
}

std::string Guardian::reserve (std::size_t pages)
{
    const long wanted = static_cast<long> (pages);
    const long free = numberIn (poolFree);
    if (free >= wanted)
    {
        return "";
    }
    if (free < 0)
    {
        return "this kernel has no pool of 2 MiB pages";
    }
    if (!writeNumber (poolSize, numberIn (poolSize) + wanted - free))
    {
        return std::string (poolSize) + " may not be written (only root may)";
    }
    const long got = numberIn (poolFree);
    return got >= wanted ? ""
                         : "only " + std::to_string (got) + " of " + std::to_string (wanted)
                               + " huge pages could be reserved: memory is fragmented";
}

}  // namespace bench
