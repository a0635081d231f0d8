// SPDX-License-Identifier: MIT
// What stands behind a Memory: a range of address space, what backs it, and the steps that local and shared memory make
// alike. Policy is here and in local.cpp, shared_*.cpp; os/ only calls.
#ifndef JOIN_SRC_MAPPING_HPP
#define JOIN_SRC_MAPPING_HPP

#include "failure.hpp"
#include "populate.hpp"

#include <join/memory.hpp>

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
    File,       ///< a /dev/shm that is no tmpfs
};

struct Mapping
{
    MemOptions asked;
    char* base = nullptr;           ///< what the user gets
    std::size_t bytes = 0;          ///< as asked for, in whole base pages
    std::size_t backed = 0;         ///< bytes from base on that are mapped: more where Require rounds up
    void* reserved = nullptr;       ///< what munmap gets: alignment before it and a guard behind belong to it
    std::size_t reservedBytes = 0;  ///< remembered: a huge page's munmap with another length is EINVAL, and a leak
    Backing backing = Backing::Anonymous;
    bool shared = false;
    bool created = true;
    bool hugeRefused = false;  ///< what failed was to get huge pages, and nothing else
    std::string name;          ///< with its slash
    std::vector<Fallback> fallbacks;
    Content* content = nullptr;  ///< of a segment that is more than zeros, while it is made

    Mapping () = default;
    Mapping (const Mapping&) = delete;
    Mapping& operator= (const Mapping&) = delete;
    ~Mapping ();

    /// Gives the address space back; what was asked for and the fallbacks stay.
    void release () noexcept;

    /// Address space for `backed` bytes at a multiple of `alignment`, not to be touched yet, with a guard behind it.
    Failure reserveAligned (std::size_t alignment);

    void note (const Failure& failure);

    /// A step that was not tried, and why.
    void decide (const char* reason);

    bool pooled () const noexcept
    {
        return backing == Backing::Pool || backing == Backing::Hugetlbfs;
    }

    /// Whether making it takes memory now, and not at a later touch.
    bool fills () const noexcept
    {
        return asked.prefault || asked.lock || asked.huge == HugePages::Require;
    }

    bool writable () const noexcept
    {
        return !asked.readOnly;
    }
};

/// From here on memory is large enough for a huge page of any machine to matter.
constexpr std::size_t hugeEnough = std::size_t (2) << 20;

constexpr std::size_t roundUp (std::size_t bytes, std::size_t unit) noexcept
{
    return (bytes + unit - 1) / unit * unit;
}

/// The pool's default page, bytes; 0 where the kernel has none.
std::size_t poolPage () noexcept;

/// The huge page that the options mean; 0 where there is none or none is wanted.
std::size_t wantedPage (const MemOptions& options) noexcept;

/// Binds a range that has not been touched to the asked node, where one was asked for.
Failure bindFresh (const MemOptions& asked, void* address, std::size_t bytes, bool pooled);

/// mlock with the limit in its message.
Failure lockRange (const void* address, std::size_t bytes);

/// Why huge pages of that size could not be had, with each knob and its value.
Failure noHugePages (std::size_t page, std::size_t bytes, bool shared);

/// Why the size of huge pages is not known, where they are wanted and it could not be read; no failure where there are none.
Failure unreadableHugePages (const Mapping& mapping) noexcept;

/// An address-space failure, with RLIMIT_AS or RLIMIT_DATA where they are set.
Failure noAddresses (int error, std::size_t bytes);

/// The pool's knob of that page size, such as ".../hugepages-2048kB/nr_hugepages".
struct PoolKnob
{
    explicit PoolKnob (std::size_t page, const char* file = "nr_hugepages") noexcept;

    char path[96];
};

/// Makes the memory of a LocalMem: fills in the mapping, whose `asked` is set. May throw std::bad_alloc.
Failure makeLocal (uint64_t size, Mapping* mapping);

}  // namespace JOIN_ABI
}  // namespace join

#endif
