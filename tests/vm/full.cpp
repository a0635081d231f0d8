// SPDX-License-Identifier: MIT
// A full node: ENOMEM, and neither a SIGBUS nor the OOM killer. Each sentence is tried in its own process, so that a
// kill is reported; sizes go in steps from what fits easily to what cannot fit.
#include "check.hpp"
#include "kernel.hpp"
#include "other.hpp"

#include <join/memory.hpp>

#include <sys/mman.h>

using namespace join;
using kernel::MiB;
using kernel::page;

namespace
{
const int near = kernel::nodes ().near;
const int far = kernel::nodes ().far;

// Takes memory of far until this much is free there. Compaction makes the CPUs return the pages that they keep in their
// caches.
void leaveFree (uint64_t bytes)
{
    constexpr std::size_t step = MiB;
    for (bool more = true; more;)
    {
        CHECK (kernel::write ("/proc/sys/vm/compact_memory", "1"));
        more = false;
        while (kernel::nodeMemory (far, "MemFree") > bytes)
        {
            char* taken = kernel::map (step);
            CHECK_EQUAL (kernel::bind (taken, step, far), 0);
            kernel::touch (taken, step);
            more = true;
        }
    }
}

// Takes memory of far until new pages that prefer far are allocated elsewhere.
void leaveNothing ()
{
    leaveFree (24 * MiB);
    constexpr std::size_t step = 16 * page;
    CHECK (kernel::preferred (far));
    for (int elsewhere = 0; elsewhere < 64;)  // in a row: a few go elsewhere before the node is full
    {
        char* taken = kernel::map (step);
        kernel::touch (taken, step);
        elsewhere = kernel::pagesOn (taken, step, far) == 0 ? elsewhere + 1 : 0;
    }
    kernel::preferred (-1);
}

// Tries sizes from what fits easily to well beyond what is free: each succeeds or fails, and both occur.
template <typename Try>
void inSteps (Try tries)
{
    leaveFree (56 * MiB);
    const uint64_t left = kernel::nodeMemory (far, "MemFree");
    int done = 0;
    int refused = 0;
    for (uint64_t size = 4 * MiB; size < left + 40 * MiB; size += size < 8 * MiB ? 4 * MiB : 8 * MiB)
    {
        const int outcome = Other::in ([&] { return tries (size); });
        if (outcome != 0 && outcome != ENOMEM)
        {
            check::broken (__FILE__, __LINE__,
                           std::to_string (size / MiB) + " MiB of " + std::to_string (left / MiB) + " free: outcome "
                               + std::to_string (outcome) + " (128: a signal)");
        }
        done += outcome == 0 ? 1 : 0;
        refused += outcome == ENOMEM ? 1 : 0;
    }
    CHECK (done >= 2);
    CHECK (refused >= 2);
}

int movesThere (Memory& memory)
{
    kernel::touch (memory.get (), memory.size (), 9);
    const int result = memory.mbind (far);
    CHECK (result == 0 || lastError.value () == ENOMEM);
    CHECK (result == 0 || lastError == Errc::OutOfMemory);
    CHECK (result == 0 || lastError.message ().find ("node " + std::to_string (far)) != std::string::npos);
    CHECK (kernel::holds (memory.get (), memory.size (), 9));
    if (result == 0)
    {
        CHECK_EQUAL (kernel::pagesOn (memory.get (), memory.size (), far), memory.size () / page);
    }
    return result == 0 ? 0 : ENOMEM;
}

MemOptions with (HugePages pages)
{
    MemOptions options;
    options.huge = pages;
    return options;
}

int isMadeThere (Memory& memory)
{
    CHECK_EQUAL (kernel::pagesOn (memory.get (), memory.size (), far), memory.size () / page);
    kernel::touch (memory.get (), memory.size (), 9);
    return 0;
}

template <HugePages pages>
void constructs ()
{
    MemOptions options = with (pages);
    options.numaNode = far;
    inSteps ([&] (uint64_t size) {
        LocalMem memory (size, options);
        return isMadeThere (memory);
    });
    inSteps ([&] (uint64_t size) {
        const int error = check::errorOf ([&] {
            ShmMem memory (size, "/full", options);
            isMadeThere (memory);
        });
        if (error != 0)
        {
            CHECK_EQUAL (::access ("/dev/shm/full", F_OK), -1);
        }
        ShmMem::unlink ("/full");
        return error;
    });
}
}  // namespace

GUARANTEE ("full", "mbind of base pages to full node fails")
{
    inSteps ([] (uint64_t size) {
        kernel::PagesFrom from (near);
        LocalMem memory (size, with (HugePages::Never));
        return movesThere (memory);
    });
    inSteps ([] (uint64_t size) {
        kernel::PagesFrom from (near);
        ShmMem memory (size, "/full", with (HugePages::Never));
        ShmMem::unlink ("/full");
        return movesThere (memory);
    });
}

GUARANTEE ("full", "mbind of huge pages to full node fails")
{
    inSteps ([] (uint64_t size) {
        kernel::PagesFrom from (near);
        LocalMem memory (size);
        return movesThere (memory);
    });
    inSteps ([] (uint64_t size) {
        kernel::PagesFrom from (near);
        ShmMem memory (size, "/full");
        ShmMem::unlink ("/full");
        return movesThere (memory);
    });
}

GUARANTEE ("full", "free mbind to full node fails")
{
    inSteps ([] (uint64_t size) {
        kernel::PagesFrom from (near);
        char* start = kernel::map (size);
        kernel::touch (start, size);
        const int result = join::mbind (start, size, far);
        CHECK (result == 0 || lastError.value () == ENOMEM);
        return result == 0 ? 0 : ENOMEM;
    });
}

GUARANTEE ("full", "base pages on full node fail without name")
{
    constructs<HugePages::Never> ();
}

GUARANTEE ("full", "huge pages on full node fail without name")
{
    constructs<HugePages::Prefer> ();
}

GUARANTEE ("full", "small memory on exhausted node succeeds or fails cleanly")
{
    for (std::size_t size : {page, 16 * page, MiB, 4 * MiB, 32 * MiB})
    {
        leaveNothing ();  // repeated: the kernel frees reserves in the meantime
        for (HugePages pages : {HugePages::Never, HugePages::Prefer})
        {
            MemOptions options = with (pages);
            const int moved = Other::in ([&] {
                kernel::PagesFrom from (near);
                LocalMem memory (size, options);
                return movesThere (memory);
            });
            options.numaNode = far;
            const int local = Other::in ([&] {
                LocalMem memory (size, options);
                return isMadeThere (memory);
            });
            const int shared = Other::in ([&] {
                ShmMem memory (size, "/full", options);
                ShmMem::unlink ("/full");
                return isMadeThere (memory);
            });
            for (int outcome : {moved, local, shared})
            {
                CHECK (outcome == 0 || outcome == ENOMEM);
                CHECK (outcome == ENOMEM || size < 32 * MiB);
            }
        }
    }
}

GUARANTEE ("full", "mlock of memory bound to full node fails")
{
    MemOptions options = with (HugePages::Never);
    options.prefault = false;
    options.numaNode = far;
    inSteps ([&] (uint64_t size) {
        LocalMem memory (size, options);
        const int result = memory.mlock ();
        CHECK (result == 0 || lastError.value () == ENOMEM);
        return result == 0 ? 0 : ENOMEM;
    });
}

GUARANTEE ("full", "opening unpopulated segment bound to full node fails")
{
    MemOptions options = with (HugePages::Never);
    options.prefault = false;
    inSteps ([&] (uint64_t size) {
        ShmMem maker (size, "/full", options);
        CHECK_EQUAL (maker.mbind (far), 0);
        const int outcome = Other::in ([&] {
            ShmMem opener (size, "/full", with (HugePages::Never));
            return isMadeThere (opener);
        });
        ShmMem::unlink ("/full");
        return outcome;
    });
}

GUARANTEE ("full", "locked untouched memory on full node fails without name")
{
    MemOptions options = with (HugePages::Never);
    options.prefault = false;
    options.lock = true;
    options.numaNode = far;
    inSteps ([&] (uint64_t size) {
        LocalMem memory (size, options);
        return isMadeThere (memory);
    });
    inSteps ([&] (uint64_t size) {
        ShmMem memory (size, "/full", options);
        ShmMem::unlink ("/full");
        return isMadeThere (memory);
    });
}

GUARANTEE ("full", "opening unpopulated segment on full node fails")
{
    MemOptions options = with (HugePages::Never);
    options.prefault = false;
    inSteps ([&] (uint64_t size) {
        ShmMem maker (size, "/full", options);
        const int outcome = Other::in ([&] {
            MemOptions theirs = with (HugePages::Never);
            theirs.numaNode = far;
            ShmMem opener (size, "/full", theirs);
            return isMadeThere (opener);
        });
        ShmMem::unlink ("/full");
        return outcome;
    });
}
