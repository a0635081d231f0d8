// SPDX-License-Identifier: MIT
// Pages that were touched before mbind are on the node when it returns 0, page by page, whatever backs them.
#include "check.hpp"
#include "kernel.hpp"
#include "other.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

using namespace join;
using kernel::huge;
using kernel::page;

namespace
{
const int near = kernel::nodes ().near;
const int far = kernel::nodes ().far;

constexpr std::size_t some = 8 * kernel::MiB;

MemOptions basePages ()
{
    MemOptions options;
    options.huge = HugePages::Never;
    return options;
}

// The bytes on huge pages of any kind.
uint64_t hugeBytes (const void* address, std::size_t bytes)
{
    return kernel::smaps (address, bytes, "AnonHugePages") + kernel::smaps (address, bytes, "ShmemPmdMapped");
}

// All pages are on near; mbind then moves them to far and back, page by page, with their bytes.
void goesThereAndBack (Memory& memory)
{
    char* start = static_cast<char*> (memory.get ());
    const std::size_t bytes = memory.size ();
    const std::size_t pages = bytes / page;
    kernel::touch (start, bytes, 7);
    CHECK_EQUAL (kernel::pagesOn (start, bytes, near), pages);
    for (int node : {far, near, far, far})
    {
        CHECK_EQUAL (memory.mbind (node), 0);
        CHECK_EQUAL (kernel::pagesOn (start, bytes, node), pages);
        CHECK_EQUAL (kernel::policyMode (start), 2);
        CHECK_EQUAL (kernel::policyNode (start), node);
        CHECK (kernel::holds (start, bytes, 7));
        CHECK_EQUAL (memory.nodeOf (), node);
        CHECK_EQUAL (memory.nodeOf (bytes - 1), node);
        CHECK_EQUAL (memory.placement ().requestedNode, node);
    }
}
}  // namespace

GUARANTEE ("moves", "mbind moves touched base pages of LocalMem")
{
    kernel::PagesFrom from (near);
    LocalMem memory (some, basePages ());
    goesThereAndBack (memory);
    CHECK_EQUAL (hugeBytes (memory.get (), some), 0U);
}

GUARANTEE ("moves", "mbind moves touched base pages of ShmMem")
{
    kernel::PagesFrom from (near);
    ShmMem memory (some, "/moves", basePages ());
    ShmMem::unlink ("/moves");
    goesThereAndBack (memory);
}

GUARANTEE ("moves", "mbind moves LocalMem huge pages without splitting")
{
    kernel::PagesFrom from (near);
    LocalMem memory (some);
    CHECK_EQUAL (hugeBytes (memory.get (), some), some);
    goesThereAndBack (memory);
    CHECK_EQUAL (hugeBytes (memory.get (), some), some);
    CHECK_EQUAL (memory.pageSize (), huge);
}

GUARANTEE ("moves", "mbind moves ShmMem huge pages without splitting")
{
    kernel::PagesFrom from (near);
    ShmMem memory (some, "/moves");
    ShmMem::unlink ("/moves");
    CHECK_EQUAL (hugeBytes (memory.get (), some), some);
    goesThereAndBack (memory);
    CHECK_EQUAL (hugeBytes (memory.get (), some), some);
    CHECK_EQUAL (memory.pageSize (), huge);
}

GUARANTEE ("moves", "mbind moves huge pages and their base-page tail")
{
    kernel::PagesFrom from (near);
    LocalMem local (huge + 3 * page);
    goesThereAndBack (local);
    CHECK_EQUAL (hugeBytes (local.get (), local.size ()), huge);
    ShmMem shared (huge + 3 * page, "/moves");
    ShmMem::unlink ("/moves");
    goesThereAndBack (shared);
    CHECK_EQUAL (hugeBytes (shared.get (), shared.size ()), huge);
}

GUARANTEE ("moves", "locked memory moves and stays locked")
{
    kernel::PagesFrom from (near);
    LocalMem memory (some, basePages ());
    CHECK_EQUAL (memory.mlock (), 0);
    goesThereAndBack (memory);
    CHECK_EQUAL (kernel::smaps (memory.get (), some, "Locked"), some);
}

GUARANTEE ("moves", "read-only ShmMem moves like writable ShmMem")
{
    kernel::PagesFrom from (near);
    ShmMem memory (some, "/moves");
    MemOptions options;
    options.openMode = OpenMode::OpenOnly;
    options.readOnly = true;
    {
        ShmMem reader (some, "/moves", options);
        const void* start = static_cast<const ShmMem&> (reader).get ();
        CHECK_EQUAL (reader.mbind (far), 0);
        CHECK_EQUAL (kernel::pagesOn (start, some, far), some / page);
    }
    ShmMem::unlink ("/moves");
    CHECK_EQUAL (kernel::pagesOn (memory.get (), some, far), some / page);
}

GUARANTEE ("moves", "free mbind moves touched pages and faults none")
{
    for (int file : {-1, kernel::memoryFile (16 * page)})
    {
        char* start = kernel::map (16 * page, file);
        kernel::bind (start, 16 * page, near);
        kernel::touch (start, 4 * page);
        CHECK_EQUAL (kernel::pagesThere (start, 16 * page), 4U);
        CHECK_EQUAL (join::mbind (start, 15 * page + 1, far), 0);  // rounded up to pages
        CHECK_EQUAL (kernel::pagesThere (start, 16 * page), 4U);
        CHECK_EQUAL (kernel::pagesOn (start, 16 * page, far), 4U);
        unsigned char resident[16];
        CHECK (::mincore (start, 16 * page, resident) == 0);
        CHECK_EQUAL (resident[4] & 1, 0);
        CHECK_EQUAL (resident[15] & 1, 0);
        CHECK_EQUAL (kernel::policyNode (start + 15 * page), far);
        kernel::touch (start, 16 * page);
        CHECK_EQUAL (kernel::pagesOn (start, 16 * page, far), 16U);
    }
}

GUARANTEE ("moves", "free mbind binds only the given range")
{
    char* start = kernel::map (12 * page);
    kernel::bind (start, 12 * page, near);
    kernel::touch (start, 12 * page);
    CHECK_EQUAL (join::mbind (start + 4 * page, 4 * page, far), 0);
    CHECK_EQUAL (kernel::pagesOn (start, 4 * page, near), 4U);
    CHECK_EQUAL (kernel::pagesOn (start + 4 * page, 4 * page, far), 4U);
    CHECK_EQUAL (kernel::pagesOn (start + 8 * page, 4 * page, near), 4U);
    CHECK_EQUAL (kernel::policyNode (start + 8 * page), near);
}

GUARANTEE ("moves", "free mbind of half a huge page moves half")
{
    kernel::PagesFrom from (near);
    LocalMem memory (some);
    char* start = static_cast<char*> (memory.get ());
    kernel::touch (start, some, 3);
    CHECK_EQUAL (join::mbind (start, huge / 2, far), 0);
    CHECK_EQUAL (kernel::pagesOn (start, huge / 2, far), huge / 2 / page);
    CHECK (kernel::holds (start, some, 3));
}

GUARANTEE ("moves", "free mbind rejects invalid ranges")
{
    char* start = kernel::map (8 * page);
    kernel::bind (start, 8 * page, near);
    kernel::touch (start, 8 * page);
    CHECK_EQUAL (join::mbind (nullptr, page, far), -1);
    CHECK_EQUAL (lastError.value (), EFAULT);
    CHECK_EQUAL (join::mbind (start + 1, page, far), -1);
    CHECK_EQUAL (lastError.value (), EINVAL);
    CHECK_EQUAL (join::mbind (start, 0, far), -1);
    CHECK_EQUAL (lastError.value (), EINVAL);
    CHECK_EQUAL (join::mbind (start, UINT64_MAX, far), -1);
    CHECK_EQUAL (lastError.value (), EFAULT);
    CHECK (::munmap (start + 4 * page, page) == 0);
    CHECK_EQUAL (join::mbind (start, 8 * page, far), -1);
    CHECK_EQUAL (lastError.value (), EFAULT);
    CHECK_EQUAL (kernel::pagesOn (start, 4 * page, near), 4U);
}

GUARANTEE ("moves", "mbind moves file pages untouched through this mapping")
{
    const int file = kernel::memoryFile (16 * page);
    char* first = kernel::map (16 * page, file);
    kernel::bind (first, 16 * page, near);
    kernel::touch (first, 8 * page);
    CHECK (::munmap (first, 16 * page) == 0);
    char* second = kernel::map (16 * page, file);
    CHECK_EQUAL (join::mbind (second, 16 * page, far), 0);
    kernel::touch (second, 16 * page);  // maps the existing pages
    CHECK_EQUAL (kernel::pagesOn (second, 16 * page, far), 16U);
}

GUARANTEE ("moves", "inaccessible mapping's file pages move or mbind fails")
{
    const int file = kernel::memoryFile (16 * page);
    char* first = kernel::map (16 * page, file);
    kernel::bind (first, 16 * page, near);
    kernel::touch (first, 16 * page);
    char* second = kernel::map (16 * page, file);
    CHECK (::mprotect (second, 16 * page, PROT_NONE) == 0);
    const int result = join::mbind (second, 16 * page, far);
    CHECK (result == -1 || kernel::pagesOn (first, 16 * page, far) == 16U);
}

GUARANTEE ("moves", "memory only read so far is bound for writes")
{
    char* start = kernel::map (4 * huge);
    kernel::bind (start, 4 * huge, near);
    CHECK (kernel::holds (start, 4 * huge, 0));
    CHECK_EQUAL (join::mbind (start, 4 * huge, far), 0);
    kernel::touch (start, 4 * huge);
    CHECK_EQUAL (kernel::pagesOn (start, 4 * huge, far), 4 * huge / page);
}

GUARANTEE ("moves", "pages mapped twice by this process move")
{
    const int file = kernel::memoryFile (16 * page);
    char* first = kernel::map (16 * page, file);
    char* second = kernel::map (16 * page, file);
    kernel::bind (first, 16 * page, near);
    kernel::touch (first, 16 * page);
    kernel::touch (second, 16 * page);
    CHECK_EQUAL (join::mbind (second, 16 * page, far), 0);
    CHECK_EQUAL (kernel::pagesOn (second, 16 * page, far), 16U);
    CHECK_EQUAL (kernel::pagesOn (first, 16 * page, far), 16U);
}

GUARANTEE ("moves", "pinned pages fail with EBUSY, move after unpinning")
{
    kernel::PagesFrom from (near);
    LocalMem memory (64 * page, basePages ());
    char* start = static_cast<char*> (memory.get ());
    kernel::touch (start, 64 * page);
    int ends[2];
    CHECK (::pipe (ends) == 0);
    iovec pinned = {start + 5 * page, 3 * page};
    CHECK_EQUAL (::vmsplice (ends[1], &pinned, 1, 0), static_cast<ssize_t> (3 * page));
    CHECK_EQUAL (memory.mbind (far), -1);
    CHECK_EQUAL (lastError.value (), EBUSY);
    CHECK (lastError == Errc::InUse);
    CHECK (lastError.message ().find ("3 of 64 pages") != std::string::npos);
    CHECK_EQUAL (kernel::pagesOn (start, 64 * page, far), 61U);
    CHECK_EQUAL (kernel::policyNode (start + 5 * page), far);
    ::close (ends[0]);
    ::close (ends[1]);
    CHECK_EQUAL (memory.mbind (far), 0);
    CHECK_EQUAL (kernel::pagesOn (start, 64 * page, far), 64U);
}

GUARANTEE ("moves", "mbind and nodeOf on moved-from memory return EBADF")
{
    LocalMem memory (page);
    LocalMem taker (std::move (memory));
    CHECK_EQUAL (memory.mbind (far), -1);
    CHECK_EQUAL (lastError.value (), EBADF);
    CHECK_EQUAL (memory.nodeOf (), -1);
    CHECK_EQUAL (lastError.value (), EBADF);
    CHECK_EQUAL (taker.mbind (far), 0);
    CHECK_EQUAL (kernel::nodeOf (taker.get ()), far);
}
