// SPDX-License-Identifier: MIT
#include "populate.hpp"

#include "os/pages.hpp"
#include "os/text.hpp"
#include "os/threads.hpp"

#include "persist.hpp"

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
// Two threads make private memory present 1.5 to 2.3 times as fast as one, huge pages of a segment 1.4 to 1.6 times from
// 128 MiB on, where at 64 they bring nothing: docs/bench/memory.md. More than two were not measured.
constexpr std::size_t shareOfThread = std::size_t (64) << 20;
constexpr std::size_t mostThreads = 4;

// Before Linux 5.14: a touch of each page. What others may be writing is only read.
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
    return persistently ([=] { return os::populate (address, bytes, writable); });
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
    return persistently ([=] { return os::collapse (address, bytes); });
}

// An unbound page lands on the node of the thread that touches it: helpers may run anywhere, so then there must be but one.
bool oneNode () noexcept
{
    char nodes[64];
    os::firstLine ("/sys/devices/system/node/has_memory", nodes, sizeof (nodes));
    return std::strpbrk (nodes, ",-") == nullptr;
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

std::size_t threadsFor (const MemOptions& asked, std::size_t bytes) noexcept
{
    if (bytes < 2 * shareOfThread || (asked.node < 0 && !oneNode ()))
    {
        return 1;
    }
    std::size_t count = bytes / shareOfThread < mostThreads ? bytes / shareOfThread : mostThreads;
    return os::usableCpus () < count ? os::usableCpus () : count;
}

// Whole 2 MiB to each part, so that no huge page has two makers. A part without a thread is done here.
int spread (const MemOptions& asked, void* address, std::size_t bytes, bool flag,
            int (*work) (char* address, std::size_t bytes, bool flag) noexcept) noexcept
{
    const std::size_t count = threadsFor (asked, bytes);
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

std::size_t transparentPage () noexcept
{
    static std::atomic<std::size_t> known {unknown};
    std::size_t page = known.load (std::memory_order_relaxed);  // [page] a number by itself: it orders nothing
    if (page == unknown)
    {
        uint64_t number = 0;
        const int error = os::readNumber ("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", &number);
        page = static_cast<std::size_t> (number);
        if (error == 0 || error == ENOENT)  // not for good where descriptors ran out, say
        {
            known.store (page, std::memory_order_relaxed);  // [page]
        }
    }
    return page;
}

Failure makePresent (const MemOptions& asked, void* address, std::size_t bytes, bool fresh) noexcept
{
    int error = spread (asked, address, bytes, !asked.readOnly, populate);
    // Before Linux 5.14; or a filter, which refuses all of madvise (2) with the errno that it likes.
    if (error == EINVAL || error == EPERM || error == ENOSYS || error == EACCES)
    {
        touchEach (address, bytes, fresh && !asked.readOnly);
        error = 0;
    }
    switch (error)
    {
        case 0:
            return Failure ();
        case EFAULT:
            return Failure (ENOMEM,
                            "a page of the %s is not to be had: its pool or its file is used up, or was cut short",
                            SizeText (bytes).text);
        default:
            return Failure (error, "%s cannot be made present (madvise)", SizeText (bytes).text);
    }
}

TransparentKnob::TransparentKnob (bool shared) noexcept
{
    char word[32];
    const char* knob = shared ? "shmem_enabled" : "enabled";
    char path[80];
    std::snprintf (path, sizeof (path), "/sys/kernel/mm/transparent_hugepage/%s", knob);
    os::chosenWord (path, word, sizeof (word));
    std::snprintf (text, sizeof (text), "transparent_hugepage/%s is %s%s", knob, word[0] != '\0' ? word : "missing",
                   os::hugeForbidden () ? ", PR_SET_THP_DISABLE is set (prctl)" : "");
}

Failure makeHuge (const MemOptions& asked, void* address, std::size_t bytes, bool shared, bool seed) noexcept
{
    // A collapse waits for every CPU, 2 ms where they are busy, even when there is nothing to do: so look first.
    bool all = false;
    if (!seed && os::areHuge (address, bytes, &all) == 0 && all)
    {
        return Failure ();
    }
    const int error = spread (asked, address, bytes, seed, seedAndCollapse);
    return error == 0 ? Failure ()
                      : Failure (error, "not all of %s could be made huge pages (MADV_COLLAPSE; %s)",
                                 SizeText (bytes).text, TransparentKnob (shared).text);
}

}  // namespace JOIN_ABI
}  // namespace join
