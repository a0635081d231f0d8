// SPDX-License-Identifier: MIT
// Whether memory can be on huge pages here. The probe makes a huge page as the library does, in private memory and in
// an unnamed file in /dev/shm; both disappear with the process that made them.
#include "facts.hpp"

#include <cerrno>
#include <join/memory.hpp>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tool::doctor
{
namespace
{
// linux/mman.h of older systems lacks these; the numbers are part of the kernel's ABI.
constexpr int populateWriteAdvice = 23;
constexpr int collapseAdvice = 25;

constexpr uint64_t largestScratch = uint64_t (32) << 20;  // with base pages of 64 KiB a huge page may have 512 MiB

constexpr Subject localSubject {"huge-private", "huge pages for private memory", hugeSection};
constexpr Subject sharedSubject {"huge-shared", "huge pages for segments", hugeSection};
constexpr Subject populateSubject {"populate", "populating pages by MADV_POPULATE_WRITE", callSection};

std::size_t basePage () noexcept
{
    return static_cast<std::size_t> (::sysconf (_SC_PAGESIZE));
}

char* alignedIn (void* place, std::size_t page) noexcept
{
    const std::size_t start = reinterpret_cast<std::size_t> (place);
    return static_cast<char*> (place) + ((start + page - 1) / page * page - start);
}

Result makeMemory () noexcept
{
    try
    {
        const join::LocalMem memory (1);
        return 0;
    }
    catch (const std::system_error& error)
    {
        return error.code ().value ();
    }
    catch (const std::exception&)
    {
        return ENOMEM;
    }
}

// Gives no MADV_HUGEPAGE advice, so that the collapse has something to do.
void collapseLocal (std::size_t page, Results& results) noexcept
{
    const std::size_t unit = page != 0 ? page : basePage ();
    void* place = ::mmap (nullptr, 2 * unit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    results[LocalMap] = resultOf (place != MAP_FAILED);
    if (place == MAP_FAILED)
    {
        return;
    }
    char* address = alignedIn (place, unit);
    results[LocalPopulate] = resultOf (::madvise (address, basePage (), populateWriteAdvice) == 0);
    results[LocalLibrary] = makeMemory ();
    if (page != 0)
    {
        *address = 1;
        results[LocalCollapse] = resultOf (::madvise (address, page, collapseAdvice) == 0);
    }
    ::munmap (place, 2 * unit);
}

void collapseShared (std::size_t page, Results& results) noexcept
{
    const int file = ::open ("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    results[SharedOpen] = resultOf (file != -1);
    if (file == -1)
    {
        return;
    }
    results[SharedSize] = resultOf (::ftruncate (file, static_cast<off_t> (page)) == 0
                                    && ::fallocate (file, 0, 0, static_cast<off_t> (basePage ())) == 0);
    void* place = ::mmap (nullptr, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void* address = MAP_FAILED;
    if (results[SharedSize] == 0 && place != MAP_FAILED)
    {
        address = ::mmap (alignedIn (place, page), page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    }
    results[SharedMap] = resultOf (address != MAP_FAILED);
    if (address != MAP_FAILED)
    {
        results[SharedPopulate] = resultOf (::madvise (address, basePage (), populateWriteAdvice) == 0);
        *static_cast<char*> (address) = 1;  // allocated above, so no SIGBUS
        results[SharedCollapse] = resultOf (::madvise (address, page, collapseAdvice) == 0);
    }
    if (place != MAP_FAILED)
    {
        ::munmap (place, 2 * page);
    }
    ::close (file);
}

std::string whyNotShared (const Facts& facts, uint64_t page)
{
    const ShmFacts& shm = facts.shm;
    if (!shm.exists || !shm.folder || shm.readOnly || !shm.writable)
    {
        return "not tried: this user has no writable /dev/shm";
    }
    if (!shm.tmpfs)
    {
        return "not tried: /dev/shm is not a tmpfs";
    }
    if (shm.free.value_or (page) < page)
    {
        return "not tried: /dev/shm has less than " + sizeText (page) + " free";
    }
    return facts.limits.fileSize.soft < page ? "not tried: RLIMIT_FSIZE is below " + sizeText (page) : "";
}

// The first call that failed, of those that a huge page needs. A populate that fails does not count, unless it kills
// the process: the library then touches the pages instead.
Result firstFailure (const Results& results, bool shared)
{
    const std::vector<std::size_t> calls =
        shared ? std::vector<std::size_t> {SharedOpen, SharedSize, SharedMap, SharedCollapse}
               : std::vector<std::size_t> {LocalMap, LocalCollapse};
    const Result populate = results[shared ? std::size_t (SharedPopulate) : std::size_t (LocalPopulate)];
    if (wasKilled (populate))
    {
        return populate;
    }
    for (const std::size_t call : calls)
    {
        if (results[call] != 0)
        {
            return results[call];
        }
    }
    return 0;
}

std::string fixFor (const Facts& facts, Result result, bool shared)
{
    if (result == EINVAL && facts.machine.isBefore (6, 1))
    {
        return "use Linux 6.1 or later; docs/guide/huge-pages.md, \"Linux before 6.1\"";
    }
    if (facts.huge.switchedOff.value_or (false))
    {
        return "see check thp-process";
    }
    if (result == EINVAL && shared && facts.huge.shmem == "deny")
    {
        return "see check thp-shmem";
    }
    if (result == ENOMEM || result == EAGAIN || result == EBUSY)
    {
        return "echo 1 > /proc/sys/vm/compact_memory (as root); docs/guide/huge-pages.md, \"Fragmentation\"";
    }
    return "allow madvise in the seccomp profile; docs/guide/huge-pages.md, \"Seccomp\"";
}

Check judgeOne (const Facts& facts, const Subject& subject, bool shared, const std::string& skipped)
{
    const HugeFacts& huge = facts.huge;
    const std::string what = shared ? "Segments" : "Private memory";
    const char* const is = shared ? " are" : " is";
    if (!facts.live)
    {
        return subject.unknown (notLive, "");
    }
    if (huge.page == 0)
    {
        return subject.worse (
            "not tried, because the library would not: transparent_hugepage/hpage_pmd_size does not exist",
            what + is + " on base pages, unless the hugetlb pool has huge pages.",
            facts.machine.sys ? "docs/guide/huge-pages.md, \"The hugetlb pool\"" : "see check sys");
    }
    if (!skipped.empty ())
    {
        return subject.unknown (skipped, "");
    }
    const Result result = firstFailure (shared ? huge.shared : huge.local, shared);
    if (result == notTried)
    {
        return subject.unknown (wordsFor (result), "");
    }
    if (result == 0)
    {
        return subject.fine (sizeText (huge.page) + " became one huge page (MADV_COLLAPSE)",
                             what + " of " + sizeText (huge.page) + " or more" + is
                                 + " on huge pages when the constructor returns, even if the hugetlb pool is empty.");
    }
    const std::string found = sizeText (huge.page) + " could not become a huge page: " + wordsFor (result);
    if (wasKilled (result))
    {
        return subject.missing (
            found, "Creating " + std::string (shared ? "a segment" : "private memory") + " kills the process.",
            fixFor (facts, result, shared));
    }
    return subject.worse (found,
                          what
                              + (shared
                                     ? " are on base pages, unless /dev/shm is mounted with huge=."
                                     : " is on huge pages only if the first touch or the hugetlb pool provides them."),
                          fixFor (facts, result, shared));
}

Check judgePopulate (const Facts& facts)
{
    const Result result = facts.huge.local[LocalPopulate];
    if (!facts.live || result == notTried)
    {
        return populateSubject.unknown (facts.live ? "not tried" : notLive, "");
    }
    if (result == 0)
    {
        return populateSubject.fine ("allowed", "If memory runs out, the call that requests it fails with an error.");
    }
    const char* const fix = "use Linux 5.14 or later, and allow madvise in the seccomp profile";
    if (wasKilled (result) || facts.huge.local[LocalLibrary] > 0)
    {
        return populateSubject.missing (
            wordsFor (result),
            wasKilled (result)
                ? "No memory can be created: the attempt kills the process."
                : "No memory can be created except without prefault: the constructor fails with that errno.",
            fix);
    }
    return populateSubject.worse (wordsFor (result),
                                  "The library touches every page instead. If memory runs out at that moment, the "
                                  "process gets a SIGBUS instead of an error.",
                                  fix);
}
}  // namespace

void tryHuge (const Facts& facts, HugeFacts* huge)
{
    if (!facts.live)
    {
        return;
    }
    const uint64_t page = huge->page;
    const uint64_t left = facts.groups.tightest ? facts.groups.tightest->left () : unlimited;
    if (page > largestScratch)
    {
        huge->skipped = "not tried: a huge page has " + sizeText (page) + " here";
    }
    else if (left < 4 * page)
    {
        huge->skipped = "not tried: the cgroup leaves " + sizeText (left);
    }
    else
    {
        huge->local = attempt ([=] (Results& results) { collapseLocal (page, results); });
    }
    huge->skippedShared = !huge->skipped.empty () ? huge->skipped : whyNotShared (facts, page);
    if (page != 0 && huge->skippedShared.empty ())
    {
        huge->shared = attempt ([=] (Results& results) { collapseShared (page, results); });
    }
}

void judgeCollapse (const Facts& facts, Checks* checks)
{
    checks->push_back (judgeOne (facts, localSubject, false, facts.huge.skipped));
    checks->push_back (judgeOne (facts, sharedSubject, true, facts.huge.skippedShared));
}

void judgePresence (const Facts& facts, Checks* checks)
{
    checks->push_back (judgePopulate (facts));
}

}  // namespace tool::doctor
