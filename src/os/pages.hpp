// SPDX-License-Identifier: MIT
// Pages of this process: mmap(2), madvise(2), mincore(2), mlock(2).
//
// As in all of os/, each function makes one system call and returns 0 or an errno, with results in out-parameters. None
// throws, prints, falls back or reads an option. Required everywhere: bytes > 0, and addresses and bytes that are
// multiples of the mapping's page size.
#ifndef JOIN_SRC_OS_PAGES_HPP
#define JOIN_SRC_OS_PAGES_HPP

#include <join/detail/abi.hpp>

#include <cstddef>
#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
namespace os
{
std::size_t basePageSize () noexcept;

/// Reserves address space, which cannot be accessed.
int reserve (std::size_t bytes, void** address) noexcept;

/// Makes part of a reservation private memory.
int openUp (void* address, std::size_t bytes) noexcept;

/// Maps private memory. hugeShift 0: base pages; else the binary logarithm of a page size of the hugetlb pool, which
/// fails now if the pool is empty.
int mapAnonymous (std::size_t bytes, int hugeShift, void** address) noexcept;

/// Maps a file shared: at *address, where it replaces what is mapped there; if that is null, where the kernel chooses.
int mapFile (int file, std::size_t bytes, bool writable, void** address) noexcept;

/// Moves a mapping to `target`, where it replaces what is mapped there.
int moveMapping (void* address, std::size_t bytes, void* target) noexcept;

int unmap (void* address, std::size_t bytes) noexcept;

/// Requests transparent huge pages for the range (MADV_HUGEPAGE), or excludes them (MADV_NOHUGEPAGE).
int adviseHuge (void* address, std::size_t bytes, bool wanted) noexcept;

/// Faults every page in. EFAULT: a touch would raise SIGBUS.
int populate (void* address, std::size_t bytes, bool writable) noexcept;

/// Makes huge pages of the existing pages, and fills the holes between them. 0 proves that the whole range is huge.
int collapse (void* address, std::size_t bytes) noexcept;

/// *all: whether every page of the range is mapped as a huge one. ENOTTY: before Linux 6.7.
int areHuge (void* address, std::size_t bytes, bool* all) noexcept;

/// Whether transparent huge pages are switched off for the process, prctl(2).
bool hugeForbidden () noexcept;

/// Writes one byte for each base page; its lowest bit is set if the page is in RAM.
int residency (void* address, std::size_t bytes, unsigned char* pages) noexcept;

/// wipeOnFork: a forked child gets zeros there. dropOnFork: it gets no mapping there.
int wipeOnFork (void* address, std::size_t bytes) noexcept;
int dropOnFork (void* address, std::size_t bytes) noexcept;

/// Maps the beginning of a file for reading, which keeps its open file description, and the locks of that, alive.
int mapForReading (int file, std::size_t bytes, void** address) noexcept;

int lockPages (const void* address, std::size_t bytes) noexcept;
int unlockPages (const void* address, std::size_t bytes) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
