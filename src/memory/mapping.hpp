// SPDX-License-Identifier: MIT
// The implementation of a Memory: a range of address space, what backs it, and the steps that local and shared memory
// have in common. Policy is here and in local.cpp and shared_*.cpp; os/ only makes the system calls.
#ifndef JOIN_SRC_MEMORY_MAPPING_HPP
#define JOIN_SRC_MEMORY_MAPPING_HPP

#include "base/failure.hpp"
#include "memory/populate.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

namespace join
{
inline namespace JOIN_ABI
{
class Content;

enum class Backing
{
    Anonymous,
    Pool,  ///< reserved huge pages, private
    Tmpfs,
    Hugetlbfs,  ///< reserved huge pages, by name
    File,       ///< a /dev/shm that is not a tmpfs
};

struct Mapping
{
    static constexpr int unchanged = -2;

    MemOptions options;                      ///< as the constructor got them
    std::atomic<int> node {unchanged};       ///< requested since by mbind (), which several threads may call at a time
    std::atomic<int> lockState {unchanged};  ///< since mlock () 1, since munlock () 0
    char* base = nullptr;                    ///< the address that the user gets
    uint64_t requested = 0;                  ///< of a segment: bytes as requested; 0: the size of the segment
    std::size_t bytes = 0;                   ///< the requested bytes, rounded up to base pages
    std::size_t backed = 0;                  ///< bytes mapped from base on; more than `bytes` if Require rounds up
    void* reserved = nullptr;  ///< the address for munmap; includes the alignment before base and the guard after it
    std::size_t reservedBytes = 0;  ///< munmap of a huge page with another length fails with EINVAL, and leaks it
    Backing backing = Backing::Anonymous;
    bool shared = false;
    bool created = true;
    bool hugeRefused = false;  ///< only getting huge pages failed, nothing else
    std::string name;          ///< with the leading slash
    std::string path;          ///< of the segment's file, at the time that it was made or opened
    uint64_t device = 0;       ///< of the segment's file
    uint64_t inode = 0;
    std::vector<Fallback> fallbacks;
    int constructor = 0;         ///< the process that constructs the contents; a forked child is another
    int constructing = -1;       ///< descriptor with the lock for that; -1: none
    Content* content = nullptr;  ///< of a segment that is not all zeros, while it is made or opened

    Mapping () = default;
    Mapping (const Mapping&) = delete;
    Mapping& operator= (const Mapping&) = delete;
    ~Mapping ();

    /// Releases the address space. The options and the fallbacks stay.
    void release () noexcept;

    /// Reserves inaccessible address space for `backed` bytes at a multiple of `alignment`, and a guard page after it.
    Failure reserveAligned (std::size_t alignment);

    /// Releases the lock for constructing the contents, if this process holds it.
    void stopConstructing () noexcept;

    /// Records a step that failed, for Placement::fallbacks.
    void note (const Failure& failure);

    /// Records why a step was not tried, for Placement::fallbacks.
    void decide (const char* reason);

    bool pooled () const noexcept
    {
        return backing == Backing::Pool || backing == Backing::Hugetlbfs;
    }

    /// Whether making it takes memory now instead of at a later touch.
    bool fills () const noexcept
    {
        return options.prefault || options.lock || options.huge == HugePages::Require;
    }

    int requestedNode () const noexcept
    {
        const int changed = node.load ();
        return changed == unchanged ? options.numaNode : changed;
    }

    bool requestedLock () const noexcept
    {
        const int changed = lockState.load ();
        return changed == unchanged ? options.lock : changed != 0;
    }

    bool writable () const noexcept
    {
        return !options.readOnly;
    }
};

/// Bytes from which the size of a huge page matters on any machine.
constexpr std::size_t hugeEnough = std::size_t (2) << 20;

constexpr std::size_t roundUp (std::size_t bytes, std::size_t unit) noexcept
{
    return (bytes + unit - 1) / unit * unit;
}

/// The default page size of the hugetlb pool, bytes; 0 if the kernel has none.
std::size_t poolPage () noexcept;

/// The huge page size that the options request, bytes; 0 if the machine has none or the options want none.
std::size_t wantedPage (const MemOptions& options) noexcept;

/// Binds a range that has not been touched to the requested node, if there is one.
Failure bindFresh (const MemOptions& options, void* address, std::size_t bytes, bool pooled);

/// Locks the range with mlock(2). The message of a failure contains the limit.
Failure lockRange (const void* address, std::size_t bytes);

/// The failure to get huge pages of that size, with each setting and its value.
Failure noHugePages (std::size_t page, std::size_t bytes, bool shared);

/// The failure to read the size of huge pages, if they are wanted and it could not be read; none without huge pages.
Failure unreadableHugePages (const Mapping& mapping) noexcept;

/// The failure to map memory, with RLIMIT_AS or RLIMIT_DATA if they are set.
Failure noAddresses (int error, std::size_t bytes) noexcept;

/// The path of a setting of the hugetlb pool for that page size, such as ".../hugepages-2048kB/nr_hugepages".
struct PoolKnob
{
    explicit PoolKnob (std::size_t page, const char* file = "nr_hugepages") noexcept;

    char path[96];
};

/// Makes the memory of a LocalMem: fills in the mapping, whose `options` is set. @throw std::bad_alloc
Failure makeLocal (uint64_t size, Mapping* mapping);

}  // namespace JOIN_ABI
}  // namespace join

#endif
