// SPDX-License-Identifier: MIT
// What the kernel reports about pages, nodes and huge pages, by raw system calls and /proc and without the library, to
// compare the library's answers with it.
#ifndef JOIN_TESTS_VM_KERNEL_HPP
#define JOIN_TESTS_VM_KERNEL_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace kernel
{
constexpr std::size_t page = 4096;
constexpr std::size_t MiB = std::size_t (1) << 20;
constexpr std::size_t GiB = std::size_t (1) << 30;
constexpr std::size_t huge = 2 * MiB;

/// The guest's nodes: the first and the last with memory, one without memory (or -1), the number after the last.
struct Nodes
{
    int near = -1;
    int far = -1;
    int memless = -1;
    int absent = 0;
};
const Nodes& nodes ();

/// The page's node, or minus an errno if there is no page (ENOENT; EFAULT for the zero page and on Linux 6.1).
int nodeOf (const void* address);
bool isThere (const void* address);

/// The number of base pages of the range on the node, and the number that exist.
std::size_t pagesOn (const void* address, std::size_t bytes, int node);
std::size_t pagesThere (const void* address, std::size_t bytes);

/// MPOL_BIND, by a raw system call. @return 0 or an errno
int bind (void* address, std::size_t bytes, int node);

/// The mode of the policy at the address (0 default, 2 BIND) and its only node, or -1.
int policyMode (const void* address);
int policyNode (const void* address);

/// This process and its children allocate new pages from this node alone while the object lives.
struct PagesFrom
{
    explicit PagesFrom (int node);
    ~PagesFrom ();
};

/// This process prefers new pages from the node; -1: no preference. @return whether the kernel agrees
bool preferred (int node);

/// Anonymous memory, or a mapping of the file; ends the check on failure.
char* map (std::size_t bytes, int file = -1);
int memoryFile (std::size_t bytes, unsigned flags = 0);
void touch (void* address, std::size_t bytes, char value = 1);
bool holds (const void* address, std::size_t bytes, char value);

/// A field of smaps in bytes, summed over the mappings within the range: "AnonHugePages", "ShmemPmdMapped",
/// "Private_Hugetlb", "Shared_Hugetlb", "Rss".
uint64_t smaps (const void* address, std::size_t bytes, const char* field);

/// A field of the node's meminfo, in bytes.
uint64_t nodeMemory (int node, const char* field);

/// Pages of the pool: of the node, -1 for the machine; `file` is "nr_hugepages" or "free_hugepages".
int pool (int node, const char* file, std::size_t pageSize = huge);
void setPool (int node, int pages, std::size_t pageSize = huge);

std::string read (const std::string& path);
bool write (const std::string& path, const std::string& text);

/// A counter of /proc/vmstat since boot: "pgmigrate_success".
uint64_t vmstat (const char* field);

/// Gives up root and all capabilities permanently.
void becomeNobody ();
}  // namespace kernel

#endif
