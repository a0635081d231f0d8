// SPDX-License-Identifier: MIT
// Pages that other processes map too, and the effect of one process's binding on another.
#include "check.hpp"
#include "kernel.hpp"
#include "other.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

using namespace join;
using kernel::huge;
using kernel::page;

namespace
{
const int near = kernel::nodes ().near;
const int far = kernel::nodes ().far;

constexpr std::size_t some = 8 * kernel::MiB;

MemOptions basePages ()
{
    MemOptions options;
    options.huge = HugePages::Never;
    return options;
}

MemOptions onTouch (HugePages pages)
{
    MemOptions options;
    options.huge = pages;
    options.prefault = false;
    return options;
}

// mbind reports that `stuck` base pages cannot be moved; the policy is set all the same.
void isBusy (Memory& memory, std::size_t stuck)
{
    const std::size_t pages = memory.size () / page;
    const std::string words = std::to_string (stuck) + " of " + std::to_string (pages) + " pages";
    CHECK_EQUAL (memory.mbind (far), -1);
    CHECK_EQUAL (lastError.value (), EBUSY);
    CHECK_EQUAL (lastError.message ().substr (0, words.size ()), words);
    CHECK (lastError.message ().find ("CAP_SYS_NICE") != std::string::npos);
    CHECK_EQUAL (kernel::pagesOn (memory.get (), memory.size (), near), stuck);
    CHECK_EQUAL (kernel::pagesOn (memory.get (), memory.size (), far), pages - stuck);
    CHECK_EQUAL (kernel::policyNode (memory.get ()), far);
    CHECK_EQUAL (memory.placement ().requestedNode, far);
}

// Another process has touched all of the segment: a third one may not move it, this one (root) may.
void sharedWith (const MemOptions& options)
{
    kernel::PagesFrom from (near);
    ShmMem memory (some, "/sharing", options);
    kernel::touch (memory.get (), some, 5);
    CHECK_EQUAL (kernel::pagesOn (memory.get (), some, near), some / page);
    Other other ([&] { kernel::touch ((new ShmMem (some, "/sharing", options))->get (), some, 5); });
    const auto tries = [&] {
        kernel::becomeNobody ();
        isBusy (memory, some / page);
        return 0;
    };
    CHECK_EQUAL (Other::in (tries), 0);
    CHECK_EQUAL (memory.mbind (far), 0);
    CHECK_EQUAL (kernel::pagesOn (memory.get (), some, far), some / page);
    CHECK (kernel::holds (memory.get (), some, 5));
    ShmMem::unlink ("/sharing");
}
}  // namespace

GUARANTEE ("sharing", "moving shared base pages needs CAP_SYS_NICE")
{
    sharedWith (basePages ());
}

GUARANTEE ("sharing", "moving shared huge pages needs CAP_SYS_NICE")
{
    sharedWith (MemOptions ());
}

GUARANTEE ("sharing", "error counts pages that could not move")
{
    kernel::PagesFrom from (near);
    ShmMem memory (some, "/sharing", basePages ());
    ShmMem::unlink ("/sharing");
    char* start = static_cast<char*> (memory.get ());
    kernel::touch (start, some);
    kernel::becomeNobody ();
    Other other ([&] { kernel::touch (start + 4 * page, 7 * page); });
    isBusy (memory, 7);
}

GUARANTEE ("sharing", "LocalMem shared with forked child needs CAP_SYS_NICE")
{
    kernel::PagesFrom from (near);
    LocalMem memory (some, basePages ());
    kernel::touch (memory.get (), some, 5);
    {
        Other child ([&] { kernel::touch (memory.get (), some / 2, 6); });  // the child owns half of it by now
        CHECK_EQUAL (memory.mbind (far), 0);
        CHECK_EQUAL (kernel::pagesOn (memory.get (), some, far), some / page);
        CHECK_EQUAL (memory.mbind (near), 0);
    }
    kernel::becomeNobody ();
    {
        Other child ([&] { kernel::touch (memory.get (), some / 2, 6); });
        isBusy (memory, some / 2 / page);
    }
    CHECK_EQUAL (memory.mbind (far), 0);
    CHECK (kernel::holds (memory.get (), some, 5));
}

GUARANTEE ("sharing", "unshared pages move without CAP_SYS_NICE")
{
    kernel::PagesFrom from (near);
    kernel::becomeNobody ();
    LocalMem local (some);
    CHECK_EQUAL (local.mbind (far), 0);
    CHECK_EQUAL (kernel::pagesOn (local.get (), some, far), some / page);
    ShmMem shared (some, "/sharing");
    ShmMem::unlink ("/sharing");
    CHECK_EQUAL (shared.mbind (far), 0);
    CHECK_EQUAL (kernel::pagesOn (shared.get (), some, far), some / page);
    CHECK_EQUAL (kernel::smaps (shared.get (), some, "ShmemPmdMapped"), some);
}

GUARANTEE ("sharing", "binding a ShmMem applies to every process")
{
    kernel::PagesFrom from (near);
    ShmMem memory (some, "/sharing", onTouch (HugePages::Never));
    kernel::touch (memory.get (), page);
    const auto binds = [&] {
        ShmMem theirs (some, "/sharing", onTouch (HugePages::Never));
        return theirs.mbind (far) == 0 && theirs.nodeOf () == far ? 0 : 1;
    };
    CHECK_EQUAL (Other::in (binds), 0);
    CHECK_EQUAL (memory.nodeOf (), far);
    CHECK_EQUAL (kernel::nodeOf (memory.get ()), far);
    CHECK_EQUAL (kernel::policyNode (memory.get ()), far);
    kernel::touch (memory.get (), some);
    CHECK_EQUAL (kernel::pagesOn (memory.get (), some, far), some / page);
    ShmMem::unlink ("/sharing");
}

GUARANTEE ("sharing", "later opener's new pages follow the binding")
{
    for (HugePages pages : {HugePages::Never, HugePages::Prefer})
    {
        kernel::PagesFrom from (near);
        {
            ShmMem maker (some, "/sharing", onTouch (pages));
            CHECK_EQUAL (maker.mbind (far), 0);
            CHECK_EQUAL (kernel::pagesThere (maker.get (), some), 0U);
        }
        const auto looks = [&] {
            MemOptions options;
            options.huge = pages;
            ShmMem opener (some, "/sharing", options);  // prefaults
            CHECK_EQUAL (kernel::pagesOn (opener.get (), some, far), some / page);
            return opener.nodeOf (some / 2) == far ? 0 : 1;
        };
        CHECK_EQUAL (Other::in (looks), 0);
        ShmMem again (some, "/sharing");
        CHECK_EQUAL (again.nodeOf (some / 2), far);
        ShmMem::unlink ("/sharing");
    }
}

GUARANTEE ("sharing", "opener requesting a node moves segment or gets EBUSY")
{
    kernel::PagesFrom from (near);
    MemOptions options;
    options.permissions = 0666;
    ShmMem memory (some, "/sharing", options);
    options.numaNode = far;
    {
        ShmMem opener (some, "/sharing", options);
        CHECK_EQUAL (kernel::pagesOn (opener.get (), some, far), some / page);
        CHECK_EQUAL (kernel::smaps (opener.get (), some, "ShmemPmdMapped"), some);
    }
    CHECK_EQUAL (kernel::pagesOn (memory.get (), some, far), some / page);
    CHECK_EQUAL (memory.mbind (near), 0);
    const auto opens = [&] {
        kernel::becomeNobody ();
        ShmMem opener (some, "/sharing", options);
        return 0;
    };
    CHECK_EQUAL (Other::in (opens), EBUSY);
    ShmMem::unlink ("/sharing");
}
