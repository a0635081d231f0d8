// SPDX-License-Identifier: MIT
// What the kernel reports about memory, files and descriptors, read here and not through the library: independent
// evidence.
#ifndef JOIN_TESTS_SYSTEM_KERNEL_REPORT_HPP
#define JOIN_TESTS_SYSTEM_KERNEL_REPORT_HPP

#include <cstdint>
#include <string>
#include <vector>

constexpr uint64_t KiB = uint64_t (1) << 10;
constexpr uint64_t MiB = uint64_t (1) << 20;
constexpr uint64_t GiB = uint64_t (1) << 30;

/// /proc/self/smaps, summed over the areas that overlap a range. Areas are counted whole: `mapped` shows whether they
/// are exactly the range.
struct Smaps
{
    unsigned areas = 0;
    uint64_t mapped = 0;
    uint64_t resident = 0;  ///< Rss, plus the pages of a pool, which Rss leaves out
    uint64_t huge = 0;      ///< on huge pages of any kind
    uint64_t pool = 0;      ///< on pages of a pool
    uint64_t locked = 0;
    uint64_t kernelPage = 0;  ///< the smallest
};

Smaps smaps (const void* address, uint64_t size);

/// Bytes of exactly this range that have a page (pagemap). Its area may cover more.
uint64_t present (const void* address, uint64_t size);

/// Resident bytes of the whole process, exact (smaps_rollup, and the pages of a pool).
uint64_t residentOfProcess ();

/// A line of /proc/meminfo in bytes, or of HugePages_* in pages.
uint64_t meminfo (const std::string& key);

/// The content of a file under /sys or /proc without its newline; of "a [b] c" the selected value.
std::string valueOf (const std::string& path);
uint64_t numberOf (const std::string& path);

/// Entries of a directory except . and .., sorted.
std::vector<std::string> entries (const std::string& folder);

/// What a process could leave behind: descriptors, areas of shared or huge memory, address space, names in /dev/shm.
std::string belongings ();

/// Bytes that a file occupies (st_blocks).
uint64_t occupied (const std::string& path);

bool exists (const std::string& path);

#endif
