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

// /proc/self/limits has columns: "Max open files            1024                 4096                 files".
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

// The command that raises a limit: any user may raise it up to the hard limit, only root beyond.
std::string raising (const Limit& limit, const char* letter, const char* name, uint64_t unit)
{
    if (limit.hard == unlimited)
    {
        return std::string ("ulimit -S -") + letter + " unlimited";
    }
    std::string text = limit.hard > limit.soft ? std::string ("ulimit -S -") + letter + " "
                                                     + std::to_string (limit.hard / unit) + " (up to the hard limit); "
                                               : "";
    return text + "prlimit --pid $$ --" + name + "=unlimited (as root)";
}

Check judgeLock (const Facts& facts)
{
    const Limit& limit = facts.limits.lock;
    if (facts.limits.mayLock.value_or (false))
    {
        return lockSubject.fine ("this process has CAP_IPC_LOCK; the limit is " + sizeText (limit.soft),
                                 "mlock () and MemOptions::lock can lock all memory.");
    }
    if (!limit.known)
    {
        return lockSubject.unknown ("not known", "");
    }
    const std::string found = sizeText (limit.soft) + ", and this process does not have CAP_IPC_LOCK";
    const std::string fix =
        raising (limit, "l", "memlock", 1024) + "; LimitMEMLOCK= for a unit, --ulimit memlock=-1 for a container";
    if (limit.soft == 0)
    {
        return lockSubject.missing (found, "mlock () and MemOptions::lock fail at any size.", fix);
    }
    if (limit.soft != unlimited && (facts.machine.ram == 0 || limit.soft < facts.machine.ram))
    {
        return lockSubject.worse (found, "mlock () and MemOptions::lock fail once a process locks more than that.",
                                  fix);
    }
    return lockSubject.fine (found, "mlock () and MemOptions::lock can lock all memory.");
}

Check judgeFileCount (const Limit& limit)
{
    if (!limit.known)
    {
        return filesSubject.unknown ("not known", "");
    }
    const std::string found = limit.soft == unlimited ? "no limit" : std::to_string (limit.soft);
    if (limit.soft < enoughFiles)
    {
        return filesSubject.worse (
            found,
            "Each open queue between processes keeps a descriptor: when none is left, opening another queue fails "
            "(EMFILE).",
            "ulimit -S -n " + std::to_string (limit.hard < 1024 ? limit.hard : 1024)
                + (limit.hard <= limit.soft ? "; prlimit --pid $$ --nofile=1024 (as root)" : ""));
    }
    return filesSubject.fine (found,
                              "Each open queue between processes keeps one descriptor; other memory keeps none.");
}

Check judgeSpace (const Subject& subject, const Limit& limit, uint64_t ram, const char* letter, const char* name)
{
    if (!limit.known)
    {
        return subject.unknown ("not known", "");
    }
    if (limit.soft != unlimited && (ram == 0 || limit.soft < ram))
    {
        return subject.worse (sizeText (limit.soft), "A process cannot map more than that in total (ENOMEM).",
                              raising (limit, letter, name, 1024));
    }
    return subject.fine (sizeText (limit.soft), "At least as much as the machine's RAM.");
}

Check judgeFileSize (const Limit& limit, uint64_t room)
{
    if (!limit.known)
    {
        return fileSizeSubject.unknown ("not known", "");
    }
    const std::string fix = raising (limit, "f", "fsize", 1024);
    if (limit.soft < leastSegment)
    {
        return fileSizeSubject.missing (sizeText (limit.soft), "No segment can be created (EFBIG).", fix);
    }
    if (limit.soft != unlimited && (room == 0 || limit.soft < room))
    {
        return fileSizeSubject.worse (sizeText (limit.soft), "Larger segments cannot be created (EFBIG).", fix);
    }
    return fileSizeSubject.fine (sizeText (limit.soft), "Segments can be as large as /dev/shm.");
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
