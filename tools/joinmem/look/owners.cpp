// SPDX-License-Identifier: MIT
#include "owners.hpp"

#include "../show/text.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <pwd.h>
#include <set>
#include <sys/sysmacros.h>

namespace tool
{
std::string userText (uint32_t user)
{
    static std::map<uint32_t, std::string> known;
    const auto found = known.find (user);
    if (found != known.end ())
    {
        return found->second;
    }
    const passwd* entry = ::getpwuid (user);
    const std::string text = entry != nullptr ? printable (entry->pw_name) : std::to_string (user);
    known.emplace (user, text);
    return text;
}

Holders::Holders (const std::vector<const join::SegmentInfo*>& segments)
{
    for (const join::SegmentInfo* one : segments)
    {
        if (one->inUse.value_or (false))
        {
            _all[Key (one->device, one->inode)];
        }
    }
    DIR* const processes = _all.empty () ? nullptr : ::opendir ("/proc");
    if (processes == nullptr)
    {
        return;
    }
    std::vector<int> pids;
    while (const dirent* entry = ::readdir (processes))
    {
        const int pid = std::atoi (entry->d_name);
        if (pid > 0)
        {
            pids.push_back (pid);
        }
    }
    ::closedir (processes);
    std::sort (pids.begin (), pids.end ());
    for (const int pid : pids)
    {
        readProcess (pid);
    }
}

// A line of maps: "7f00-7f01 rw-s 00000000 00:1a 345   /dev/shm/ticks".
void Holders::readProcess (int pid)
{
    const std::string folder = "/proc/" + std::to_string (pid);
    std::ifstream maps (folder + "/maps");
    std::set<Key> found;
    for (std::string line; std::getline (maps, line);)
    {
        unsigned major = 0;
        unsigned minor = 0;
        unsigned long long inode = 0;
        if (std::sscanf (line.c_str (), "%*s %*s %*s %x:%x %llu", &major, &minor, &inode) == 3 && inode != 0)
        {
            const Key key (gnu_dev_makedev (major, minor), inode);
            if (_all.count (key) != 0)
            {
                found.insert (key);
            }
        }
    }
    if (found.empty ())
    {
        return;
    }
    Holder holder;
    holder.pid = pid;
    std::ifstream name (folder + "/comm");
    std::getline (name, holder.program);
    holder.program = printable (holder.program);
    for (const Key& key : found)
    {
        _all[key].push_back (holder);
    }
}

const std::vector<Holder>& Holders::of (const join::SegmentInfo& segment) const
{
    static const std::vector<Holder> none;
    const auto found = _all.find (Key (segment.device, segment.inode));
    return found != _all.end () ? found->second : none;
}

}  // namespace tool
