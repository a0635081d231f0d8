// SPDX-License-Identifier: MIT
// Memory written the usual way: mmap; shm_open, ftruncate, mmap. These are planted violations: each test also runs with
// them and must find them faulty.
#ifndef JOIN_TESTS_SYSTEM_BASELINE_HPP
#define JOIN_TESTS_SYSTEM_BASELINE_HPP

#include "child.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

class BaselineMem
{
public:
    BaselineMem (uint64_t size, int file)
    : _size ((size + 4095) / 4096 * 4096)
    {
        const int flags = (file == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED) | MAP_POPULATE;
        _base = ::mmap (nullptr, _size, PROT_READ | PROT_WRITE, flags, file, 0);
        if (_base == MAP_FAILED)
        {
            throw std::system_error (errno, std::system_category (), "mmap");
        }
    }

    BaselineMem (const BaselineMem&) = delete;
    BaselineMem& operator= (const BaselineMem&) = delete;

    ~BaselineMem ()
    {
        ::munmap (_base, _size);
    }

    void* get (uint64_t offset = 0)
    {
        return static_cast<char*> (_base) + offset;
    }

    uint64_t size () const
    {
        return _size;
    }

    int mlock ()
    {
        if (::mlock (_base, _size) == 0)
        {
            return 0;
        }
        join::lastError = std::error_code (errno, std::system_category ());
        return -1;
    }

private:
    void* _base = nullptr;
    uint64_t _size = 0;
};

inline int baselineFile (uint64_t size, const std::string& name, const join::MemOptions& options)
{
    const int file = ::shm_open (name.c_str (), O_RDWR | O_CREAT, options.permissions);
    if (file == -1 || ::ftruncate (file, static_cast<off_t> (size)) == -1)
    {
        throw std::system_error (errno, std::system_category (), "shm_open");
    }
    return file;
}

// --- One body for all kinds: each makes memory of its kind ------------------------------------------------------

struct Local
{
    static constexpr bool shared = false;

    static join::LocalMem make (uint64_t size, const join::MemOptions& options = join::MemOptions ())
    {
        return join::LocalMem (size, options);
    }
};

struct Shared
{
    static constexpr bool shared = true;

    static join::ShmMem make (uint64_t size, const join::MemOptions& options = join::MemOptions ())
    {
        return join::ShmMem (size, segmentName (), options);
    }
};

struct BaselineLocal
{
    static constexpr bool shared = false;

    static BaselineMem make (uint64_t size, const join::MemOptions& = join::MemOptions ())
    {
        return BaselineMem (size, -1);
    }
};

struct BaselineShared
{
    static constexpr bool shared = true;

    static BaselineMem make (uint64_t size, const join::MemOptions& options = join::MemOptions ())
    {
        return BaselineMem (size, baselineFile (size, segmentName (), options));
    }
};

/// The segment of Shared and BaselineShared, removed at the end of the scope.
struct Unlinked
{
    Unlinked ()
    {
        remove ();
    }

    ~Unlinked ()
    {
        remove ();
    }

    static void remove ()
    {
        join::ShmMem::unlink (segmentName ());
    }
};

inline join::MemOptions asking (join::HugePages huge, uint64_t pageSize = 0)
{
    join::MemOptions options;
    options.huge = huge;
    options.hugePageSize = pageSize;
    return options;
}

/// The fallbacks that placement () reports: "ENOMEM message; ..." with numbers and words; empty if there were none.
template <typename Memory>
std::string fallbacksOf (const Memory& memory)
{
    std::string text;
    for (const join::Fallback& fallback : memory.placement ().fallbacks)
    {
        text += std::to_string (fallback.error) + " " + fallback.reason + "; ";
    }
    return text;
}

/// Writes every page and reads it back.
template <typename Memory>
bool holdsBytes (Memory& memory)
{
    for (uint64_t at = 0; at < memory.size (); at += 4096)
    {
        *static_cast<volatile uint64_t*> (memory.get (at)) = at + 1;
    }
    for (uint64_t at = 0; at < memory.size (); at += 4096)
    {
        if (*static_cast<volatile uint64_t*> (memory.get (at)) != at + 1)
        {
            return false;
        }
    }
    return true;
}

#endif
