// SPDX-License-Identifier: MIT
// Resource limits, see getrlimit(2).
#include "facts.hpp"

#include <cstdlib>

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tool::doctor
{
namespace
{
constexpr uint64_t enoughFiles = 256;
constexpr uint64_t leastSegment = 4096;

constexpr Subject lockSubject {"memlock", "RLIMIT_MEMLOCK, or CAP_IPC_LOCK", limitSection};
constexpr Subject filesSubject {"nofile", "RLIMIT_NOFILE", limitSection};
constexpr Subject addressSubject {"address-space", "RLIMIT_AS", limitSection};
constexpr Subject dataSubject {"data-size", "RLIMIT_DATA", limitSection};
constexpr Subject fileSizeSubject {"file-size", "RLIMIT_FSIZE", limitSection};

uint64_t valueOf (rlim_t value) noexcept
{
    return value == RLIM_INFINITY ? unlimited : value;
}

uint64_t valueOf (const std::string& word)
{
    return toNumber (word).value_or (unlimited);  // "unlimited"
}

// The file has it below the label: "Max open files            1024                 4096                 files".
Limit readLimit (const Source& source, __rlimit_resource resource, const std::string& label)
{
    Limit limit;
    struct rlimit own;
    if (source.live ())
    {
        limit.known = ::getrlimit (resource, &own) == 0;
        limit.soft = limit.known ? valueOf (own.rlim_cur) : unlimited;
        limit.hard = limit.known ? valueOf (own.rlim_max) : unlimited;
        return limit;
    }
    for (const std::string& line : linesOf (source.read ("/proc/self/limits").value_or ("")))
    {
        const std::vector<std::string> words = wordsOf (line.substr (line.size () < 26 ? line.size () : 26));
        if (line.compare (0, label.size (), label) == 0 && words.size () >= 2)
        {
            limit.known = true;
            limit.soft = valueOf (words[0]);
            limit.hard = valueOf (words[1]);
        }
    }
    return limit;
}

std::optional<bool> readMayLock (const Source& source)
{
    if (!source.live ())
    {
        const std::string mask = source.field ("/proc/self/status", "CapEff");
        return mask.empty ()
                   ? std::nullopt
                   : std::optional<bool> ((std::strtoull (mask.c_str (), nullptr, 16) >> CAP_IPC_LOCK & 1) != 0);
    }
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    if (::syscall (SYS_capget, &header, data) != 0)
    {
        return std::nullopt;
    }
    return (data[CAP_TO_INDEX (CAP_IPC_LOCK)].effective & CAP_TO_MASK (CAP_IPC_LOCK)) != 0;
}

// What raises it: its owner up to the hard limit, root beyond that.
std::string raising (const Limit& limit, const char* letter, const char* name, uint64_t unit)
{
    if (limit.hard == unlimited)
    {
        return std::string ("ulimit -S -") + letter + " unlimited";
    }
    std::string text = limit.hard > limit.soft ? std::string ("ulimit -S -") + letter + " "
                                                     + std::to_string (limit.hard / unit) + ", as far as it goes; "
                                               : "";
    return text + "prlimit --pid $$ --" + name + "=unlimited (as root)";
}

Check judgeLock (const Facts& facts)
{
    const Limit& limit = facts.limits.lock;
    if (facts.limits.mayLock.value_or (false))
    {
        return lockSubject.fine ("CAP_IPC_LOCK is held; the limit is " + sizeText (limit.soft),
                                 "mlock () and MemOptions::lock take what there is.");
    }
    if (!limit.known)
    {
        return lockSubject.unknown ("not told", "");
    }
    const std::string found = sizeText (limit.soft) + ", and CAP_IPC_LOCK is not held";
    const std::string mend =
        raising (limit, "l", "memlock", 1024) + "; LimitMEMLOCK= of a unit, --ulimit memlock=-1 of a container";
    if (limit.soft == 0)
    {
        return lockSubject.missing (found, "mlock () and MemOptions::lock fail, whatever the size.", mend);
    }
    if (limit.soft != unlimited && (facts.machine.ram == 0 || limit.soft < facts.machine.ram))
    {
        return lockSubject.worse (
            found, "mlock () and MemOptions::lock fail as soon as a process has more than that locked.", mend);
    }
    return lockSubject.fine (found, "mlock () and MemOptions::lock take what there is.");
}

Check judgeFileCount (const Limit& limit)
{
    if (!limit.known)
    {
        return filesSubject.unknown ("not told", "");
    }
    const std::string found = limit.soft == unlimited ? "no limit" : std::to_string (limit.soft);
    if (limit.soft < enoughFiles)
    {
        return filesSubject.worse (
            found,
            "Each open queue between processes keeps a descriptor: where none is left no further "
            "one can be opened (EMFILE).",
            "ulimit -S -n " + std::to_string (limit.hard < 1024 ? limit.hard : 1024)
                + (limit.hard <= limit.soft ? "; prlimit --pid $$ --nofile=1024 (as root)" : ""));
    }
    return filesSubject.fine (found, "Each open queue between processes keeps one descriptor, other memory none.");
}

Check judgeSpace (const Subject& subject, const Limit& limit, uint64_t ram, const char* letter, const char* name)
{
    if (!limit.known)
    {
        return subject.unknown ("not told", "");
    }
    if (limit.soft != unlimited && (ram == 0 || limit.soft < ram))
    {
        return subject.worse (sizeText (limit.soft),
                              "All that a process maps has to stay below: more is refused (ENOMEM).",
                              raising (limit, letter, name, 1024));
    }
    return subject.fine (sizeText (limit.soft), "No less than what the machine has.");
}

Check judgeFileSize (const Limit& limit, uint64_t room)
{
    if (!limit.known)
    {
        return fileSizeSubject.unknown ("not told", "");
    }
    const std::string mend = raising (limit, "f", "fsize", 1024);
    if (limit.soft < leastSegment)
    {
        return fileSizeSubject.missing (sizeText (limit.soft), "No segment can be made: EFBIG.", mend);
    }
    if (limit.soft != unlimited && (room == 0 || limit.soft < room))
    {
        return fileSizeSubject.worse (sizeText (limit.soft), "Larger segments cannot be made: EFBIG.", mend);
    }
    return fileSizeSubject.fine (sizeText (limit.soft), "Segments may be as large as /dev/shm.");
}
}  // namespace

LimitFacts readLimits (const Source& source)
{
    LimitFacts limits;
    limits.lock = readLimit (source, RLIMIT_MEMLOCK, "Max locked memory");
    limits.files = readLimit (source, RLIMIT_NOFILE, "Max open files");
    limits.address = readLimit (source, RLIMIT_AS, "Max address space");
    limits.data = readLimit (source, RLIMIT_DATA, "Max data size");
    limits.fileSize = readLimit (source, RLIMIT_FSIZE, "Max file size");
    limits.mayLock = readMayLock (source);
    return limits;
}

void judgeLimits (const Facts& facts, Checks* checks)
{
    const uint64_t ram = facts.machine.ram;
    checks->push_back (judgeLock (facts));
    checks->push_back (judgeFileCount (facts.limits.files));
    checks->push_back (judgeSpace (addressSubject, facts.limits.address, ram, "v", "as"));
    checks->push_back (judgeSpace (dataSubject, facts.limits.data, ram, "d", "data"));
    checks->push_back (judgeFileSize (facts.limits.fileSize, facts.shm.total));
}

}  // namespace tool::doctor
