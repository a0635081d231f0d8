// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include "../command.hpp"
#include "harness/clock.hpp"
#include "queues.hpp"

#include <cerrno>
#include <fcntl.h>
#include <join/memory.hpp>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

namespace tool::bench
{
namespace
{
constexpr uint64_t sizesOfMemory[] = {4096, 2 << 20, 64 << 20};

// Writes to every page; 4096 is the smallest page size.
void touch (void* memory, uint64_t bytes)
{
    volatile char* const at = static_cast<char*> (memory);
    for (uint64_t i = 0; i < bytes; i += 4096)
    {
        at[i] = 1;
    }
}

double microsSince (uint64_t start)
{
    return static_cast<double> (harness::nanosNow () - start) * 1e-3;
}

double readyLocal (MemoryRow& row)
{
    const uint64_t start = harness::nanosNow ();
    join::LocalMem memory (row.bytes);
    touch (memory.get (), row.bytes);
    const double micros = microsSince (start);
    row.pageSize = memory.pageSize ();
    return micros;
}

double readyShared (MemoryRow& row)
{
    const std::string name = freshName ();
    join::MemOptions options;
    options.openMode = join::OpenMode::CreateOnly;
    const uint64_t start = harness::nanosNow ();
    join::ShmMem memory (row.bytes, name, options);
    touch (memory.get (), row.bytes);
    const double micros = microsSince (start);
    join::ShmMem::unlink (name);
    row.pageSize = memory.pageSize ();
    return micros;
}

// @return 0 or an errno
int touchMapped (uint64_t bytes, int flags, int fd, uint64_t start, double* micros)
{
    void* const memory = ::mmap (nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (memory == MAP_FAILED)
    {
        return errno;
    }
    touch (memory, bytes);
    *micros = microsSince (start);
    ::munmap (memory, bytes);
    return 0;
}

double timeOr (int error, double micros)
{
    if (error != 0)
    {
        throw std::system_error (error, std::system_category (), "mmap");
    }
    return micros;
}

double plainLocal (uint64_t bytes)
{
    double micros = 0;
    const int error = touchMapped (bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1, harness::nanosNow (), &micros);
    return timeOr (error, micros);
}

// Without fallocate, a touch without space is a SIGBUS: so it requires twice the space in advance.
double plainShared (uint64_t bytes)
{
    struct statvfs space = {};
    if (::statvfs ("/dev/shm", &space) != 0 || (space.f_blocks != 0 && space.f_bavail * space.f_frsize < 2 * bytes))
    {
        throw std::runtime_error ("/dev/shm has less than twice that size free");
    }
    const std::string name = "/" + freshName ();
    const uint64_t start = harness::nanosNow ();
    const int fd = ::shm_open (name.c_str (), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1)
    {
        throw std::system_error (errno, std::system_category (), "shm_open");
    }
    double micros = 0;
    const int error =
        ::ftruncate (fd, static_cast<off_t> (bytes)) == 0 ? touchMapped (bytes, MAP_SHARED, fd, start, &micros) : errno;
    ::close (fd);
    ::shm_unlink (name.c_str ());
    return timeOr (error, micros);
}

// Repeats small sizes more often: a single one ends before the caches are warm.
unsigned timesOf (uint64_t bytes)
{
    return bytes <= 4096 ? 100 : bytes <= 2 << 20 ? 10 : 1;
}

// Adds the median of several repetitions as a round. Records an error instead of throwing, so that a machine with
// little memory still gets the other figures.
template <typename Once>
void addRound (Signals& signals, uint64_t bytes, Figure* figure, std::string* error, Once once)
{
    Figure times;
    try
    {
        for (unsigned i = 0; i < timesOf (bytes) && error->empty (); ++i)
        {
            signals.look ();
            times.rounds.push_back (once ());
        }
    }
    catch (const Stop&)
    {
        throw;
    }
    catch (const std::runtime_error& wrong)
    {
        *error = wrong.what ();
    }
    if (error->empty ())
    {
        figure->rounds.push_back (times.median ());
    }
}
}  // namespace

std::vector<MemoryRow> measureMemory (const Plan& plan, Signals& signals, Progress& progress)
{
    std::vector<MemoryRow> rows;
    for (bool shared : {false, true})
    {
        for (uint64_t bytes : sizesOfMemory)
        {
            progress.step ("memory");
            MemoryRow row;
            row.shared = shared;
            row.bytes = bytes;
            for (unsigned round = 0; round < plan.rounds; ++round)
            {
                addRound (signals, bytes, &row.ready, &row.error,
                          [&] { return shared ? readyShared (row) : readyLocal (row); });
                addRound (signals, bytes, &row.plain, &row.plainError,
                          [&] { return shared ? plainShared (bytes) : plainLocal (bytes); });
            }
            rows.push_back (row);
        }
    }
    return rows;
}

}  // namespace tool::bench
