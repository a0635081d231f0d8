// SPDX-License-Identifier: MIT
// The knobs of transparent huge pages.
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
constexpr Subject processSubject {"thp-process", "transparent huge pages of this process", hugeSection};
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
        return enabledSubject.unknown ("there is no /sys", "");
    }
    if (!huge.knobs)
    {
        return enabledSubject.worse ("not there: the kernel was built without transparent huge pages",
                                     "Only the reserved pool has huge pages: all else is on base pages.",
                                     "docs/base-pages.md, \"The reserved pool\"");
    }
    if (huge.enabled.empty ())
    {
        return enabledSubject.unknown ("may not be read", "");
    }
    if (huge.enabled == "never")
    {
        return enabledSubject.worse ("never",
                                     "Memory without prefault is on base pages. What is prefaulted, as it is unless "
                                     "told otherwise, is on huge ones all the same where MADV_COLLAPSE is allowed.",
                                     knob ("enabled", "madvise"));
    }
    return enabledSubject.fine (huge.enabled, "Memory without prefault gets huge pages at the first touch, too.");
}

Check judgeDefrag (const HugeFacts& huge)
{
    if (huge.defrag.empty ())
    {
        return defragSubject.unknown ("not there", "");
    }
    if (huge.defrag == "never")
    {
        return defragSubject.worse ("never",
                                    "Where memory is fragmented, memory without prefault is on base pages. What is "
                                    "prefaulted is not concerned: MADV_COLLAPSE makes room for itself.",
                                    knob ("defrag", "madvise"));
    }
    return defragSubject.fine (huge.defrag, "Room for huge pages is made where it is asked for.");
}

Check judgeShmem (const HugeFacts& huge)
{
    if (huge.shmem.empty ())
    {
        return shmemSubject.unknown ("not there", "");
    }
    if (huge.shmem == "deny")
    {
        return shmemSubject.worse ("deny", "No segment is on huge pages.", knob ("shmem_enabled", "never"));
    }
    return shmemSubject.fine (huge.shmem, "Any value but deny lets a segment have huge pages when it is made.");
}

Check judgeProcess (const HugeFacts& huge)
{
    if (!huge.switchedOff)
    {
        return processSubject.unknown ("not told", "");
    }
    if (*huge.switchedOff)
    {
        return processSubject.worse ("switched off (PR_SET_THP_DISABLE)",
                                     "Only the reserved pool has huge pages for programs started from here.",
                                     "start it from elsewhere: docs/base-pages.md, \"Switched off for the process\"");
    }
    return processSubject.fine ("not switched off", "What is started from here may have huge pages.");
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
            "Not needed: segments are made huge when they are made. Those without prefault are on "
            "base pages (mount -o remount,huge=within_size /dev/shm would change that).");
    }
    return mountSubject.fine (shm.huge, "Segments without prefault may get huge pages at the touch, too.");
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
