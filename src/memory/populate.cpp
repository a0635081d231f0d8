// SPDX-License-Identifier: MIT
// Faults pages in with MADV_POPULATE_*, and makes huge pages with MADV_COLLAPSE. Large ranges are split among threads.
#include "memory/populate.hpp"

#include "os/files.hpp"
#include "os/pages.hpp"
#include "os/text.hpp"
#include "os/threads.hpp"

#include "base/retry.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
// Two threads populate private memory 1.5 to 2.3 times as fast as one. For huge pages of a segment the factor is 1.4 to
// 1.6 from 128 MiB on, and 1 at 64 MiB: docs/bench/memory.md. More than two threads were not measured.
constexpr std::size_t shareOfThread = std::size_t (64) << 20;
constexpr std::size_t mostThreads = 4;

// Before Linux 5.14: touches each page. A page that others may be writing is only read.
void touchEach (void* address, std::size_t bytes, bool write) noexcept
{
    volatile char* p = static_cast<char*> (address);
    for (std::size_t i = 0; i < bytes; i += os::basePageSize ())
    {
        const char value = p[i];
        if (write)
        {
            p[i] = value;
        }
    }
}

int populate (char* address, std::size_t bytes, bool writable) noexcept
{
    return retryTransient ([=] { return os::populate (address, bytes, writable); });
}

int seedAndCollapse (char* address, std::size_t bytes, bool seed) noexcept
{
    const std::size_t step = seed ? transparentPage () : bytes;
    for (std::size_t at = 0; seed && at < bytes; at += step)
    {
        if (int error = populate (address + at, os::basePageSize (), true))
        {
            return error;
        }
    }
    return retryTransient ([=] { return os::collapse (address, bytes); });
}

// An unbound page is allocated on the node of the thread that touches it, and helper threads may run on any node. So
// they are used only if the machine has a single node.
bool oneNode () noexcept
{
    char nodes[64];
    os::firstLine ("/sys/devices/system/node/has_memory", nodes, sizeof (nodes));
    return std::strpbrk (nodes, ",-") == nullptr;
}

// The memory that one page table of 64-bit entries maps: the kernel's huge page size, if /sys is missing. MADV_COLLAPSE
// then shows whether the kernel has huge pages.
std::size_t pageOfArchitecture () noexcept
{
#if defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)
    return os::basePageSize () / 8 * os::basePageSize ();
#else
    return 0;
#endif
}

constexpr std::size_t unknown = ~std::size_t (0);

struct Part
{
    char* address = nullptr;
    std::size_t bytes = 0;
    bool flag = false;
    int (*work) (char* address, std::size_t bytes, bool flag) noexcept = nullptr;
    int error = 0;
    bool started = false;
    os::Thread thread;
};

void runPart (void* with)
{
    Part* part = static_cast<Part*> (with);
    part->error = part->work (part->address, part->bytes, part->flag);
}

std::size_t threadsFor (const MemOptions& options, std::size_t bytes) noexcept
{
    if (bytes < 2 * shareOfThread || (options.numaNode < 0 && !oneNode ()))
    {
        return 1;
    }
    std::size_t count = bytes / shareOfThread < mostThreads ? bytes / shareOfThread : mostThreads;
    return os::usableCpus () < count ? os::usableCpus () : count;
}

// Splits the range among threads, in multiples of 2 MiB, so that two threads never make the same huge page. The caller
// does the last part, and those for which no thread can be started.
int spread (const MemOptions& options, void* address, std::size_t bytes, bool flag,
            int (*work) (char* address, std::size_t bytes, bool flag) noexcept) noexcept
{
    const std::size_t count = threadsFor (options, bytes);
    if (count == 1)
    {
        return work (static_cast<char*> (address), bytes, flag);
    }
    Part parts[mostThreads];
    constexpr std::size_t unit = std::size_t (2) << 20;
    const std::size_t share = bytes / count / unit * unit;
    for (std::size_t i = 0; i < count; ++i)
    {
        Part& part = parts[i];
        part.address = static_cast<char*> (address) + i * share;
        part.bytes = i + 1 < count ? share : bytes - i * share;
        part.flag = flag;
        part.work = work;
        part.started = i + 1 < count && os::startThread (runPart, &part, &part.thread) == 0;
    }
    int error = 0;
    for (Part& part : parts)
    {
        if (part.work != nullptr && !part.started)
        {
            runPart (&part);
        }
    }
    for (Part& part : parts)
    {
        if (part.started)
        {
            os::joinThread (part.thread);
        }
        error = error != 0 ? error : part.error;
    }
    return error;
}
}  // namespace

bool sysIsMissing () noexcept
{
    return os::exists ("/sys/kernel") != 0;
}

std::size_t transparentPage () noexcept
{
    static std::atomic<std::size_t> known {unknown};
    std::size_t page = known.load (std::memory_order_relaxed);  // [page] a number on its own: it orders nothing
    if (page == unknown)
    {
        uint64_t number = 0;
        const int error = os::readNumber ("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", &number);
        page = error == ENOENT && sysIsMissing () ? pageOfArchitecture () : static_cast<std::size_t> (number);
        if (error == 0 || error == ENOENT)  // other errors, such as EMFILE, may be temporary
        {
            known.store (page, std::memory_order_relaxed);  // [page]
        }
    }
    return page;
}

Failure makePresent (const MemOptions& options, void* address, std::size_t bytes, bool fresh) noexcept
{
    int error = spread (options, address, bytes, !options.readOnly, populate);
    // Before Linux 5.14; or a seccomp filter that rejects madvise(2), with whichever errno it chooses.
    if (error == EINVAL || error == EPERM || error == ENOSYS || error == EACCES)
    {
        touchEach (address, bytes, fresh && !options.readOnly);
        error = 0;
    }
    switch (error)
    {
        case 0:
            return Failure ();
        case EFAULT:
            return Failure (
                ENOMEM,
                "a page of the %s is not available: its hugetlb pool or file system is full, or its file was "
                "truncated",
                SizeText (bytes).text);
        default:
            return Failure (error, "%s cannot be populated (madvise)", SizeText (bytes).text);
    }
}

TransparentKnob::TransparentKnob (bool shared) noexcept
{
    char word[32];
    const char* knob = shared ? "shmem_enabled" : "enabled";
    char path[80];
    std::snprintf (path, sizeof (path), "/sys/kernel/mm/transparent_hugepage/%s", knob);
    os::chosenWord (path, word, sizeof (word));
    const char* const unread = sysIsMissing () ? "unknown, as /sys is not mounted" : "missing";
    std::snprintf (text, sizeof (text), "transparent_hugepage/%s is %s%s", knob, word[0] != '\0' ? word : unread,
                   os::hugeForbidden () ? ", PR_SET_THP_DISABLE is set (prctl)" : "");
}

Failure makeHuge (const MemOptions& options, void* address, std::size_t bytes, bool shared, bool seed) noexcept
{
    // A collapse waits for every CPU, 2 ms if they are busy, even with nothing to do: so check first.
    bool all = false;
    if (!seed && os::areHuge (address, bytes, &all) == 0 && all)
    {
        return Failure ();
    }
    const int error = spread (options, address, bytes, seed, seedAndCollapse);
    return error == 0 ? Failure ()
                      : Failure (error, "not all of %s could be made huge pages (MADV_COLLAPSE; %s)",
                                 SizeText (bytes).text, TransparentKnob (shared).text);
}

}  // namespace JOIN_ABI
}  // namespace join
