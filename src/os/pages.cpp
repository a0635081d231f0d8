// SPDX-License-Identifier: MIT
// mmap(2), mremap(2), madvise(2), mincore(2), mlock(2), and PAGEMAP_SCAN of /proc/self/pagemap.
#include "pages.hpp"

#include "descriptors.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
namespace
{
// The headers of older systems lack these advices; the numbers are part of the kernel's ABI.
constexpr int populateRead = 22;
constexpr int populateWrite = 23;
constexpr int collapseAdvice = 25;

int errnoUnless (bool fine) noexcept
{
    return fine ? 0 : errno;
}

int map (void* where, std::size_t bytes, int protection, int flags, int file, void** address) noexcept
{
    void* p = ::mmap (where, bytes, protection, flags, file, 0);
    if (p == MAP_FAILED)
    {
        return errno;
    }
    *address = p;
    return 0;
}
}  // namespace

std::size_t basePageSize () noexcept
{
    static std::atomic<std::size_t> known {0};  // constant-initialised: no guard that a forked child could wait for
    std::size_t size = known.load (std::memory_order_relaxed);  // [page size] all threads store the same value
    if (size == 0)
    {
        size = static_cast<std::size_t> (::sysconf (_SC_PAGESIZE));
        known.store (size, std::memory_order_relaxed);  // [page size] see above
    }
    return size;
}

int reserve (std::size_t bytes, void** address) noexcept
{
    // Without MAP_NORESERVE, so that openUp () accounts for the memory later.
    return map (nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, address);
}

int openUp (void* address, std::size_t bytes) noexcept
{
    return errnoUnless (::mprotect (address, bytes, PROT_READ | PROT_WRITE) == 0);
}

int mapAnonymous (std::size_t bytes, int hugeShift, void** address) noexcept
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    if (hugeShift != 0)
    {
        flags |= MAP_HUGETLB | (hugeShift << MAP_HUGE_SHIFT);
    }
    return map (nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, address);
}

int mapFile (int file, std::size_t bytes, bool writable, void** address) noexcept
{
    const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    return map (*address, bytes, protection, MAP_SHARED | (*address != nullptr ? MAP_FIXED : 0), file, address);
}

int moveMapping (void* address, std::size_t bytes, void* target) noexcept
{
    return errnoUnless (::mremap (address, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target) != MAP_FAILED);
}

int unmap (void* address, std::size_t bytes) noexcept
{
    return errnoUnless (::munmap (address, bytes) == 0);
}

int adviseHuge (void* address, std::size_t bytes, bool wanted) noexcept
{
    return errnoUnless (::madvise (address, bytes, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) == 0);
}

int populate (void* address, std::size_t bytes, bool writable) noexcept
{
    return errnoUnless (::madvise (address, bytes, writable ? populateWrite : populateRead) == 0);
}

int collapse (void* address, std::size_t bytes) noexcept
{
    return errnoUnless (::madvise (address, bytes, collapseAdvice) == 0);
}

int areHuge (void* address, std::size_t bytes, bool* all) noexcept
{
    // PAGEMAP_SCAN (Linux 6.7), which older headers lack: see admin-guide/mm/pagemap of the kernel's documentation.
    struct Region
    {
        uint64_t start, end, categories;
    };
    struct Scan
    {
        uint64_t size, flags, start, end, walkEnd, vector, vectorLength, maxPages;
        uint64_t categoryInverted, categoryMask, categoryAnyOf, returnMask;
    };
    constexpr uint64_t isHuge = uint64_t (1) << 6;
    int file = -1;
    if (int error = keepDescriptor (::open ("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), &file))
    {
        return error;
    }
    Region region = {};
    Scan scan = {};
    scan.size = sizeof (scan);
    scan.start = reinterpret_cast<uintptr_t> (address);
    scan.end = scan.start + bytes;
    scan.vector = reinterpret_cast<uintptr_t> (&region);
    scan.vectorLength = 1;
    scan.categoryMask = isHuge;
    scan.returnMask = isHuge;
    const int count = ::ioctl (file, _IOWR ('f', 16, Scan), &scan);
    const int error = count == -1 ? errno : 0;
    ::close (file);
    *all = count == 1 && region.start == scan.start && region.end == scan.end;
    return error;
}

bool hugeForbidden () noexcept
{
    return ::prctl (PR_GET_THP_DISABLE, 0, 0, 0, 0) > 0;
}

int residency (void* address, std::size_t bytes, unsigned char* pages) noexcept
{
    return errnoUnless (::mincore (address, bytes, pages) == 0);
}

int wipeOnFork (void* address, std::size_t bytes) noexcept
{
    return errnoUnless (::madvise (address, bytes, MADV_WIPEONFORK) == 0);
}

int dropOnFork (void* address, std::size_t bytes) noexcept
{
    return errnoUnless (::madvise (address, bytes, MADV_DONTFORK) == 0);
}

int mapForReading (int file, std::size_t bytes, void** address) noexcept
{
    // Without MAP_NORESERVE a file on a hugetlbfs would reserve pages of the pool.
    return map (nullptr, bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE, file, address);
}

int lockPages (const void* address, std::size_t bytes) noexcept
{
    return errnoUnless (::mlock (address, bytes) == 0);
}

int unlockPages (const void* address, std::size_t bytes) noexcept
{
    return errnoUnless (::munlock (address, bytes) == 0);
}

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join
