// SPDX-License-Identifier: MIT
// The settings of transparent huge pages.
#include "facts.hpp"

#include <sys/prctl.h>

namespace tool::doctor
{
namespace
{
constexpr const char* knobFolder = "/sys/kernel/mm/transparent_hugepage";

constexpr Subject enabledSubject {"thp-enabled", "transparent_hugepage/enabled", hugeSection};
constexpr Subject defragSubject {"thp-defrag", "transparent_hugepage/defrag", hugeSection};
constexpr Subject shmemSubject {"thp-shmem", "transparent_hugepage/shmem_enabled", hugeSection};
constexpr Subject processSubject {"thp-process", "transparent huge pages for this process", hugeSection};
constexpr Subject mountSubject {"shm-huge", "the huge= option of /dev/shm", hugeSection};

std::string knob (const char* name, const char* word)
{
    return std::string ("echo ") + word + " > " + knobFolder + "/" + name + " (as root)";
}

Check judgeEnabled (const Facts& facts)
{
    const HugeFacts& huge = facts.huge;
    if (!facts.machine.sys)
    {
        return enabledSubject.unknown ("/sys does not exist", "");
    }
    if (!huge.knobs)
    {
        return enabledSubject.worse ("does not exist: the kernel was built without transparent huge pages",
                                     "Only the hugetlb pool has huge pages: all other memory is on base pages.",
                                     "docs/guide/huge-pages.md, \"The hugetlb pool\"");
    }
    if (huge.enabled.empty ())
    {
        return enabledSubject.unknown ("cannot be read", "");
    }
    if (huge.enabled == "never")
    {
        return enabledSubject.worse (
            "never",
            "Memory without prefault is on base pages. Prefaulted memory, the default, is on huge "
            "pages all the same if MADV_COLLAPSE is allowed.",
            knob ("enabled", "madvise"));
    }
    return enabledSubject.fine (huge.enabled, "Memory without prefault also gets huge pages, at the first touch.");
}

Check judgeDefrag (const HugeFacts& huge)
{
    if (huge.defrag.empty ())
    {
        return defragSubject.unknown ("does not exist", "");
    }
    if (huge.defrag == "never")
    {
        return defragSubject.worse (
            "never",
            "If RAM is fragmented, memory without prefault is on base pages. Prefaulted memory is not "
            "affected: MADV_COLLAPSE compacts RAM itself.",
            knob ("defrag", "madvise"));
    }
    return defragSubject.fine (huge.defrag, "The kernel compacts RAM for huge pages when a program requests them.");
}

Check judgeShmem (const HugeFacts& huge)
{
    if (huge.shmem.empty ())
    {
        return shmemSubject.unknown ("does not exist", "");
    }
    if (huge.shmem == "deny")
    {
        return shmemSubject.worse ("deny", "No segment is on huge pages.", knob ("shmem_enabled", "never"));
    }
    return shmemSubject.fine (huge.shmem, "Any value but deny lets a segment get huge pages when it is created.");
}

Check judgeProcess (const HugeFacts& huge)
{
    if (!huge.switchedOff)
    {
        return processSubject.unknown ("not known", "");
    }
    if (*huge.switchedOff)
    {
        return processSubject.worse (
            "switched off (PR_SET_THP_DISABLE)",
            "Programs started from here get huge pages only from the hugetlb pool.",
            "start the program from another process; docs/guide/huge-pages.md, \"Switched off for the process\"");
    }
    return processSubject.fine ("not switched off", "Programs started from here can have huge pages.");
}

Check judgeMount (const ShmFacts& shm)
{
    if (!shm.known || !shm.exists)
    {
        return mountSubject.unknown ("not known", "");
    }
    if (shm.huge.empty () || shm.huge == "never")
    {
        return mountSubject.fine (
            shm.huge.empty () ? "not set" : shm.huge,
            "Not needed: segments get huge pages when they are created. Segments without prefault are on "
            "base pages (mount -o remount,huge=within_size /dev/shm would change that).");
    }
    return mountSubject.fine (shm.huge, "Segments without prefault can also get huge pages, at the first touch.");
}
}  // namespace

HugeFacts readHuge (const Source& source)
{
    const std::string folder = knobFolder;
    HugeFacts huge;
    huge.knobs = source.isFolder (folder);
    huge.page = source.number (folder + "/hpage_pmd_size").value_or (0);
    huge.enabled = source.chosen (folder + "/enabled");
    huge.defrag = source.chosen (folder + "/defrag");
    huge.shmem = source.chosen (folder + "/shmem_enabled");
    const int off = source.live () ? ::prctl (PR_GET_THP_DISABLE, 0, 0, 0, 0) : -1;
    const std::string allowed = source.field ("/proc/self/status", "THP_enabled");
    if (off >= 0)
    {
        huge.switchedOff = off > 0;
    }
    else if (!allowed.empty ())
    {
        huge.switchedOff = allowed == "0";
    }
    return huge;
}

void judgeHuge (const Facts& facts, Checks* checks)
{
    judgeCollapse (facts, checks);
    checks->push_back (judgeEnabled (facts));
    checks->push_back (judgeDefrag (facts.huge));
    checks->push_back (judgeShmem (facts.huge));
    checks->push_back (judgeProcess (facts.huge));
    checks->push_back (judgeMount (facts.shm));
}

}  // namespace tool::doctor
