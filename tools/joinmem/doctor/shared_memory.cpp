// SPDX-License-Identifier: MIT
// /dev/shm, where segments live.
#include "facts.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace tool::doctor
{
namespace
{
constexpr const char* shmFolder = "/dev/shm";
constexpr uint64_t ofContainers = uint64_t (64) << 20;  // what Docker and Podman make
constexpr uint64_t hardlyAny = uint64_t (64) << 10;

constexpr Subject shmSubject {"shm", "/dev/shm", sharedSection};
constexpr Subject sizeSubject {"shm-size", "room in /dev/shm", sharedSection};

// In a mount's option: "64k", "50%" of RAM, or bytes.
uint64_t sizeOf (const std::string& option, uint64_t ram)
{
    const std::optional<uint64_t> number = toNumber (option);
    if (!number)
    {
        return ram / 2;  // what a tmpfs has unless told
    }
    switch (option.back ())
    {
        case '%':
            return ram / 100 * *number;
        case 'k':
            return *number << 10;
        case 'm':
            return *number << 20;
        case 'g':
            return *number << 30;
        default:
            return *number != 0 ? *number : unlimited;
    }
}

std::string realPath (const char* path)
{
    const std::unique_ptr<char, decltype (&std::free)> real (::realpath (path, nullptr), &std::free);
    return real != nullptr ? real.get () : path;
}

void readRoom (ShmFacts* shm)
{
    struct statfs status;
    if (::statfs (shmFolder, &status) != 0)
    {
        return;
    }
    const uint64_t unit = static_cast<uint64_t> (status.f_bsize);
    shm->tmpfs = static_cast<uint32_t> (status.f_type) == TMPFS_MAGIC;
    shm->type = shm->tmpfs ? "tmpfs" : shm->type;
    shm->total = status.f_blocks != 0 ? static_cast<uint64_t> (status.f_blocks) * unit : unlimited;
    shm->free = status.f_blocks != 0 ? static_cast<uint64_t> (status.f_bavail) * unit : unlimited;
    shm->inodesLeft = status.f_files == 0 || status.f_ffree != 0;
    struct statvfs mount;
    shm->readOnly = ::statvfs (shmFolder, &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0;
}

void readLive (const Source& source, ShmFacts* shm)
{
    struct stat status;
    shm->known = true;
    shm->exists = ::stat (shmFolder, &status) == 0;
    if (!shm->exists)
    {
        return;
    }
    shm->folder = S_ISDIR (status.st_mode);
    shm->everybodys = (status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0;
    shm->writable = ::faccessat (AT_FDCWD, shmFolder, W_OK | X_OK, AT_EACCESS) == 0;
    if (const Mount* mount = source.mountOf (realPath (shmFolder)))
    {
        shm->type = mount->type;
        shm->huge = optionOf (mount->superOptions, "huge");
    }
    readRoom (shm);
}

void readMounted (const Source& source, uint64_t ram, ShmFacts* shm)
{
    const Mount* mount = source.mountOf (shmFolder);
    shm->known = mount != nullptr;
    if (mount == nullptr)
    {
        return;
    }
    shm->exists = mount->path == shmFolder || source.exists (shmFolder);
    shm->folder = mount->path == shmFolder || source.isFolder (shmFolder);
    shm->type = mount->type;
    shm->tmpfs = mount->type == "tmpfs";
    shm->readOnly = hasWord (mount->options, "ro") || hasWord (mount->superOptions, "ro");
    shm->huge = optionOf (mount->superOptions, "huge");
    shm->total = shm->tmpfs ? sizeOf (optionOf (mount->superOptions, "size"), ram) : 0;
}

Check judgeFolder (const ShmFacts& shm)
{
    const char* const none = "No segment, and no queue between processes, can be made.";
    const char* const mount = "mkdir -p /dev/shm && mount -t tmpfs -o mode=1777 tmpfs /dev/shm (as root)";
    if (!shm.known)
    {
        return shmSubject.unknown ("/proc/self/mountinfo is not there", "");
    }
    if (!shm.exists || !shm.folder)
    {
        return shmSubject.missing (shm.exists ? "no folder" : "not there", none, mount);
    }
    if (shm.readOnly)
    {
        return shmSubject.missing ("mounted read-only", none, "mount -o remount,rw /dev/shm (as root)");
    }
    if (!shm.writable)
    {
        return shmSubject.missing ("this user may not write to it", none, "chmod 1777 /dev/shm (as root)");
    }
    if (shm.everybodys)
    {
        return shmSubject.worse ("everybody may write to it, and it is not sticky",
                                 "Any user can remove the names of any other's segments, and put others there.",
                                 "chmod 1777 /dev/shm (as root)");
    }
    if (!shm.tmpfs)
    {
        return shmSubject.worse ("no tmpfs, but " + (shm.type.empty () ? "another file system" : shm.type),
                                 "Segments work, on base pages, and are written to the disk.", mount);
    }
    return shmSubject.fine ("a tmpfs, writable", "Segments can be made. They are shared with whoever has the same "
                                                 "/dev/shm, other containers too.");
}

Check judgeSize (const ShmFacts& shm)
{
    if (!shm.exists || shm.total == 0)
    {
        return sizeSubject.unknown ("not known", "");
    }
    const char* const mend = "joinmem gc; mount -o remount,size=1g /dev/shm (as root), --shm-size=1g of a container";
    std::string found = shm.total == unlimited ? "no limit" : sizeText (shm.total);
    found += shm.free && shm.total != unlimited ? ", " + sizeText (*shm.free) + " free" : "";
    if (!shm.inodesLeft || shm.free.value_or (unlimited) < hardlyAny || shm.total < hardlyAny)
    {
        found += shm.inodesLeft ? "" : ", no inode is left";
        return sizeSubject.missing (found, "Segments cannot be made: ENOSPC.", mend);
    }
    if (shm.total <= ofContainers)
    {
        return sizeSubject.worse (found, "As containers have it unless told: larger segments are refused (ENOSPC).",
                                  mend);
    }
    if (shm.free.value_or (unlimited) < shm.total / 10)
    {
        return sizeSubject.worse (found, "Nearly full: what does not fit is refused (ENOSPC).", mend);
    }
    return sizeSubject.fine (found, "All segments together may have that much, and RAM for it.");
}
}  // namespace

ShmFacts readShm (const Source& source, uint64_t ram)
{
    ShmFacts shm;
    if (source.live ())
    {
        readLive (source, &shm);
    }
    else
    {
        readMounted (source, ram, &shm);
    }
    return shm;
}

void judgeShm (const Facts& facts, Checks* checks)
{
    checks->push_back (judgeFolder (facts.shm));
    checks->push_back (judgeSize (facts.shm));
}

}  // namespace tool::doctor
