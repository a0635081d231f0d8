// SPDX-License-Identifier: MIT
// Pages of this process: mmap(2), madvise(2), mincore(2), mlock(2).
//
// As all of os/: one call a function; 0 or an errno comes back, results by out-parameter; nothing throws, prints, falls
// back or reads an option. Required everywhere: bytes > 0, addresses and bytes in whole pages of the mapping.
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

/// Address space that nobody else gets, and that cannot be touched.
int reserve (std::size_t bytes, void** address) noexcept;

/// Makes part of a reservation private memory.
int openUp (void* address, std::size_t bytes) noexcept;

/// Private memory; hugeShift 0: base pages, else of the reserved pool: an empty one fails now.
int mapAnonymous (std::size_t bytes, int hugeShift, void** address) noexcept;

/// A file, shared; at *address in place of what is there, or wherever the kernel likes when that is null.
int mapFile (int file, std::size_t bytes, bool writable, void** address) noexcept;

/// Moves a mapping onto `target`, in place of what is there.
int moveMapping (void* address, std::size_t bytes, void* target) noexcept;

int unmap (void* address, std::size_t bytes) noexcept;

int adviseHuge (void* address, std::size_t bytes, bool wanted) noexcept;

/// Faults every page in: EFAULT where a touch would be a SIGBUS.
int populate (void* address, std::size_t bytes, bool writable) noexcept;

/// Makes huge pages of what is there, and fills the holes between: 0 says that all is huge.
int collapse (void* address, std::size_t bytes) noexcept;

/// Whether every page of the range is mapped as a huge one. ENOTTY: before Linux 6.7.
int areHuge (void* address, std::size_t bytes, bool* all) noexcept;

/// Whether the process may not have transparent huge pages, by prctl(2).
bool hugeForbidden () noexcept;

/// A byte a base page, its lowest bit set where the page is in RAM.
int residency (void* address, std::size_t bytes, unsigned char* pages) noexcept;

/// A forked child finds zeros there; or, of the second, nothing at all.
int wipeOnFork (void* address, std::size_t bytes) noexcept;
int dropOnFork (void* address, std::size_t bytes) noexcept;

/// A page-aligned part of a file, to be read only: what keeps its description, and the locks on that, alive.
int mapForReading (int file, std::size_t bytes, void** address) noexcept;

int lockPages (const void* address, std::size_t bytes) noexcept;
int unlockPages (const void* address, std::size_t bytes) noexcept;

}  // namespace os
}  // namespace JOIN_ABI
}  // namespace join

#endif
