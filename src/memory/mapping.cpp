// SPDX-License-Identifier: MIT
// The steps that local and shared memory have in common: reserving address space, sizes of huge pages, binding,
// locking, and the sentences for their failures.
#include "memory/mapping.hpp"

#include "memory/binding.hpp"
#include "memory/available.hpp"
#include "base/retry.hpp"
#include "os/barrier.hpp"
#include "os/files.hpp"
#include "os/futex.hpp"
#include "os/limits.hpp"
#include "os/once.hpp"
#include "os/pages.hpp"
#include "os/text.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
int readPoolPage (std::size_t* page) noexcept
{
    os::TextFile file ("/proc/meminfo");
    while (const char* line = file.line ())
    {
        if (std::strncmp (line, "Hugepagesize:", 13) == 0)
        {
            *page = std::strtoull (line + 13, nullptr, 10) * 1024;
        }
    }
    return file.error ();
}
}  // namespace

Mapping::~Mapping ()
{
    stopConstructing ();
    release ();
}

void Mapping::stopConstructing () noexcept
{
    if (constructing != -1)
    {
        const os::NoCancel noCancel;
        if (constructor == os::processId ())
        {
            os::giveConstruction (constructing);
        }
        os::closeFile (constructing);
        constructing = -1;
    }
}

void Mapping::release () noexcept
{
    if (reserved != nullptr)
    {
        os::unmap (reserved, reservedBytes);
        reserved = nullptr;
        base = nullptr;
    }
}

Failure Mapping::reserveAligned (std::size_t alignment)
{
    // One page more, as a guard: the kernel would merge adjacent mappings, and smaps could not distinguish them.
    const std::size_t total = backed + alignment + os::basePageSize ();
    if (int error = os::reserve (total, &reserved))
    {
        return noAddresses (error, total);
    }
    reservedBytes = total;
    const std::size_t start = reinterpret_cast<std::size_t> (reserved);
    base = static_cast<char*> (reserved) + (roundUp (start, alignment) - start);
    return Failure ();
}

void Mapping::note (const Failure& failure)
{
    fallbacks.push_back (Fallback {failure.error (), failure.text ()});
}

void Mapping::decide (const char* reason)
{
    fallbacks.push_back (Fallback {0, reason});
}

std::size_t poolPage () noexcept
{
    static std::mutex mutex;
    static bool known = false;
    static std::size_t page = 0;
    // try_lock: a child forked while another thread holds the mutex would wait for ever.
    const std::unique_lock<std::mutex> lock (mutex, std::try_to_lock);
    if (!lock)
    {
        std::size_t own = 0;
        readPoolPage (&own);
        return own;
    }
    known = known || readPoolPage (&page) == 0;
    return page;
}

std::size_t wantedPage (const MemOptions& options) noexcept
{
    if (options.huge == HugePages::Never)
    {
        return 0;
    }
    if (options.hugePageSize != 0)
    {
        return static_cast<std::size_t> (options.hugePageSize);
    }
    return transparentPage () != 0 ? transparentPage () : poolPage ();
}

Failure bindFresh (const MemOptions& options, void* address, std::size_t bytes, bool pooled)
{
    if (options.numaNode < 0)
    {
        return Failure ();
    }
    if (Failure failure = setPolicy (address, bytes, options.numaNode, os::Move::None))
    {
        return failure;
    }
    // After the policy, because its failure for a node that does not exist is the better one. Pages of the pool come
    // from the pool, whatever is free.
    const bool fills = options.prefault || options.lock || options.huge == HugePages::Require;
    return fills && !pooled ? checkNodeRoom (options.numaNode, bytes) : Failure ();
}

Failure lockRange (const void* address, std::size_t bytes)
{
    const int error = retryTransient ([=] { return os::lockPages (address, bytes); });
    if (error == 0)
    {
        return Failure ();
    }
    const uint64_t limit = os::lockLimit ();
    if (limit == os::unlimited)
    {
        return Failure (error, "%s cannot be locked in RAM (RLIMIT_MEMLOCK is unlimited)", SizeText (bytes).text);
    }
    return Failure (error,
                    "%s cannot be locked in RAM: RLIMIT_MEMLOCK is %s: raise it (ulimit -l, LimitMEMLOCK=) or "
                    "grant CAP_IPC_LOCK",
                    SizeText (bytes).text, SizeText (limit).text);
}

PoolKnob::PoolKnob (std::size_t page, const char* file) noexcept
{
    std::snprintf (path, sizeof (path), "/sys/kernel/mm/hugepages/hugepages-%zukB/%s", page / 1024, file);
}

Failure unreadableHugePages (const Mapping& mapping) noexcept
{
    const bool small = mapping.bytes < hugeEnough && mapping.options.huge != HugePages::Require;
    if (small || mapping.options.huge == HugePages::Never || transparentPage () != 0)
    {
        return Failure ();
    }
    uint64_t number = 0;
    const int error = os::readNumber ("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", &number);
    if (error == ENOENT || (error == 0 && number == 0))
    {
        return Failure ();
    }
    if (error == 0)
    {
        return Failure (ENODATA, "the size of a huge page could not be read from /sys when it was needed: try again");
    }
    return Failure (error, "the size of a huge page cannot be read from /sys%s",
                    error == EMFILE ? ": this process has used up its descriptors (ulimit -n)" : "");
}

Failure noHugePages (std::size_t page, std::size_t bytes, bool shared)
{
    const PoolKnob knob (page);
    const uint64_t total = os::numberIn (knob.path, os::unlimited);
    if (total == os::unlimited && sysIsMissing ())
    {
        return Failure (
            ENOMEM,
            "%s on huge pages of %s are not available: /sys is not mounted, so %s cannot be read: mount it, or "
            "prefer huge pages instead of requiring them",
            SizeText (bytes).text, SizeText (page).text, knob.path);
    }
    if (total == os::unlimited)
    {
        return Failure (ENOMEM,
                        "huge pages of %s do not exist on this machine (%s is missing): request another page size",
                        SizeText (page).text, knob.path);
    }
    const uint64_t free = os::numberIn (PoolKnob (page, "free_hugepages").path, 0);
    const bool transparent = page == transparentPage ();
    return Failure (ENOMEM, "%s on huge pages of %s are not available: %s is %llu (%llu free)%s%s: raise it%s%s",
                    SizeText (bytes).text, SizeText (page).text, knob.path, static_cast<unsigned long long> (total),
                    static_cast<unsigned long long> (free), transparent ? ", " : "",
                    transparent ? TransparentKnob (shared).text : "",
                    shared ? ", with a hugetlbfs mount of that size" : "",
                    transparent ? ", or allow transparent ones" : "");
}

Failure noAddresses (int error, std::size_t bytes) noexcept
{
    if (error == EAGAIN)
    {
        return Failure (
            error,
            "%s cannot be mapped and locked, as mlockall (MCL_FUTURE) requires: RLIMIT_MEMLOCK is %s: raise it "
            "(ulimit -l, LimitMEMLOCK=) or grant CAP_IPC_LOCK",
            SizeText (bytes).text, SizeText (os::lockLimit ()).text);
    }
    const uint64_t limit = os::addressLimit ();
    if (limit != os::unlimited)
    {
        return Failure (error, "there is no address space for %s: RLIMIT_AS is %s: raise it (ulimit -v)",
                        SizeText (bytes).text, SizeText (limit).text);
    }
    if (os::dataLimit () < bytes)
    {
        return Failure (error, "%s of private memory exceed RLIMIT_DATA, which is %s: raise it (ulimit -d)",
                        SizeText (bytes).text, SizeText (os::dataLimit ()).text);
    }
    return Failure (error,
                    "%s cannot be mapped: that is more than the machine has, or than vm.max_map_count or "
                    "vm.overcommit_memory allow: request less, or raise them",
                    SizeText (bytes).text);
}

}  // namespace JOIN_ABI
}  // namespace join
