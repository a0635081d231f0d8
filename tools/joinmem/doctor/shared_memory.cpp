// SPDX-License-Identifier: MIT
// /dev/shm, the directory of segments.
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
constexpr uint64_t ofContainers = uint64_t (64) << 20;  // the default of Docker and Podman
constexpr uint64_t hardlyAny = uint64_t (64) << 10;

constexpr Subject shmSubject {"shm", "/dev/shm", sharedSection};
constexpr Subject sizeSubject {"shm-size", "space in /dev/shm", sharedSection};
constexpr Subject removalSubject {"remove-ipc", "removal of segment names at logout", sharedSection};

// The value of a mount's size= option: "64k", "50%" of RAM, or bytes.
uint64_t sizeOf (const std::string& option, uint64_t ram)
{
    const std::optional<uint64_t> number = toNumber (option);
    if (!number)
    {
        return ram / 2;  // the default size of a tmpfs
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
    const char* const none = "No segment and no queue between processes can be created.";
    const char* const mount = "mkdir -p /dev/shm && mount -t tmpfs -o mode=1777 tmpfs /dev/shm (as root)";
    if (!shm.known)
    {
        return shmSubject.unknown ("/proc/self/mountinfo does not exist", "");
    }
    if (!shm.exists || !shm.folder)
    {
        return shmSubject.missing (shm.exists ? "not a directory" : "does not exist", none, mount);
    }
    if (shm.readOnly)
    {
        return shmSubject.missing ("mounted read-only", none, "mount -o remount,rw /dev/shm (as root)");
    }
    if (!shm.writable)
    {
        return shmSubject.missing ("not writable by this user", none, "chmod 1777 /dev/shm (as root)");
    }
    if (shm.everybodys)
    {
        return shmSubject.worse ("all users may write to it, and it is not sticky",
                                 "Any user can remove the names of another user's segments and replace them.",
                                 "chmod 1777 /dev/shm (as root)");
    }
    if (!shm.tmpfs)
    {
        return shmSubject.worse ("not a tmpfs, but " + (shm.type.empty () ? "another file system" : shm.type),
                                 "Segments work, but on base pages, and the kernel writes them to the disk.", mount);
    }
    return shmSubject.fine ("a tmpfs, writable", "Segments can be created. Every process with the same /dev/shm can "
                                                 "open them, in other containers as well.");
}

Check judgeSize (const ShmFacts& shm)
{
    if (!shm.exists || shm.total == 0)
    {
        return sizeSubject.unknown ("not known", "");
    }
    const char* const fix = "joinmem gc; mount -o remount,size=1g /dev/shm (as root), --shm-size=1g for a container";
    std::string found = shm.total == unlimited ? "no limit" : sizeText (shm.total);
    found += shm.free && shm.total != unlimited ? ", " + sizeText (*shm.free) + " free" : "";
    if (!shm.inodesLeft || shm.free.value_or (unlimited) < hardlyAny || shm.total < hardlyAny)
    {
        found += shm.inodesLeft ? "" : ", no free inode";
        return sizeSubject.missing (found, "No segment can be created (ENOSPC).", fix);
    }
    if (shm.total <= ofContainers)
    {
        return sizeSubject.worse (found, "The default of containers: creating a larger segment fails (ENOSPC).", fix);
    }
    if (shm.free.value_or (unlimited) < shm.total / 10)
    {
        return sizeSubject.worse (found, "Nearly full: creating a segment that does not fit fails (ENOSPC).", fix);
    }
    return sizeSubject.fine (found, "The limit for all segments together, as far as there is RAM.");
}

// The value of the last assignment of the setting in a file; empty if there is none.
std::string settingIn (const std::string& text, const std::string& key)
{
    std::string value;
    for (const std::string& line : linesOf (text))
    {
        if (line.compare (0, key.size () + 1, key + "=") == 0)
        {
            value = line.substr (key.size () + 1);
        }
    }
    return value;
}

Check judgeRemoval (const RemovalFacts& removal)
{
    constexpr uint64_t firstUser = 1000;  // smaller ids are system users
    const char* const stay = "The names of segments stay until a process unlinks them.";
    if (!removal.systemd)
    {
        return removalSubject.fine ("no systemd", stay);
    }
    if (!removal.removes)
    {
        return removalSubject.fine ("RemoveIPC=no", stay);
    }
    if (!removal.user)
    {
        return removalSubject.unknown ("RemoveIPC=yes, and the id of this user is not known", "");
    }
    const std::string user = "user " + std::to_string (*removal.user);
    if (*removal.user < firstUser)
    {
        return removalSubject.fine ("RemoveIPC=yes, and " + user + " is a system user", stay);
    }
    return removalSubject.worse (
        "RemoveIPC=yes, and " + user + " is not a system user",
        "At the end of this user's last session systemd removes the names of all segments of the user, even those of "
        "running services: a process that opens the name later creates another segment, and both wait for ever. "
        "named () reports it.",
        "RemoveIPC=no in /etc/systemd/logind.conf (as root), loginctl enable-linger, or a system user for the service");
}
}  // namespace

RemovalFacts readRemoval (const Source& source)
{
    RemovalFacts removal;
    removal.systemd = source.exists ("/run/systemd/system");
    removal.user = toNumber (source.field ("/proc/self/status", "Uid"));
    std::string value;
    std::vector<std::string> files = {"/usr/lib/systemd/logind.conf", "/etc/systemd/logind.conf"};
    for (const char* folder :
         {"/usr/lib/systemd/logind.conf.d", "/run/systemd/logind.conf.d", "/etc/systemd/logind.conf.d"})
    {
        for (const std::string& name : source.names (folder, ""))
        {
            files.push_back (std::string (folder) + "/" + name);
        }
    }
    for (const std::string& file : files)
    {
        const std::string found = settingIn (source.read (file).value_or (""), "RemoveIPC");
        value = found.empty () ? value : found;
    }
    removal.removes = value.empty () || value == "yes" || value == "true" || value == "on" || value == "1";
    return removal;
}

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
    checks->push_back (judgeRemoval (facts.removal));
}

}  // namespace tool::doctor
