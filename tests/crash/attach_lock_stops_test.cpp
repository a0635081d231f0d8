// SPDX-License-Identifier: MIT
// The attach lock at each system call of a creation, an opening and a destruction: neither the name nor the mapping
// exists without it, and no garbage collector can come between.
#include <catch2/catch.hpp>

#include "environment.hpp"
#include "baseline.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>
#include <new>

using namespace crash;
using join::MemOptions;
using join::OpenMode;
using join::ShmMem;

namespace
{
struct Setting
{
    const char* what;
    Environment environment;
    uint64_t size;
    MemOptions options;
    bool exists;  // the segment exists already
};

std::vector<Setting> settings ()
{
    MemOptions only;
    only.openMode = OpenMode::OpenOnly;
    MemOptions reader = only;
    reader.readOnly = true;
    std::vector<Setting> list;
    for (Environment environment : environments)
    {
        list.push_back ({"creating 4 KiB", environment, 4 << 10, MemOptions (), false});
        list.push_back ({"creating 4 MiB", environment, 4 << 20, MemOptions (), false});
        list.push_back ({"opening 4 KiB", environment, 4 << 10, MemOptions (), true});
        list.push_back ({"OpenOnly, 4 MiB", environment, 4 << 20, only, true});
        list.push_back ({"readOnly, 4 KiB", environment, 4 << 10, reader, true});
    }
    return list;
}

template <typename Shm>
std::string prepare (const Setting& setting)
{
    const std::string name = freshName ();
    if (setting.exists)
    {
        inChild ([&] {
            Shm segment (setting.size, name.c_str ());
            return 0;
        });
    }
    return name;
}

// The file that a linkat or a link is about to name, as a path that this process can open; empty for other calls.
std::string aboutToBeNamed (const Traced& child)
{
    const SystemCall& call = child.call ();
    const std::string self = "/proc/self/";
    const std::string proc = "/proc/" + std::to_string (child.pid ()) + "/";
    if (call.number == SYS_linkat && (call.arguments[4] & AT_EMPTY_PATH) != 0)
    {
        return proc + "fd/" + std::to_string (static_cast<int> (call.arguments[0]));
    }
    if (call.number == SYS_linkat)
    {
        const std::string path = child.text (call.arguments[1]);
        return path.rfind (self, 0) == 0 ? proc + path.substr (self.size ()) : path;
    }
#ifdef SYS_link
    if (call.number == SYS_link)
    {
        return child.text (call.arguments[0]);
    }
#endif
    return "";
}

struct Seen
{
    unsigned namings = 0;  // calls that were about to create the name
    unsigned held = 0;     // stops at which the lock was held
    std::string complaint;
};

void look (const Traced& child, Stop stop, const std::string& name, bool existed, Seen& seen)
{
    const std::string file = stop == Stop::Entry ? aboutToBeNamed (child) : "";
    const std::string at = "at " + callName (child.call ().number) + ": ";
    if (!file.empty ())
    {
        ++seen.namings;
        seen.complaint += lockHeld (file) ? "" : at + "about to be named without its lock; ";
    }
    if (exists (name))
    {
        const bool held = lockHeld (pathOf (name));
        const bool must = !existed || maps (child.pid (), inodeOf (pathOf (name)));
        seen.held += held ? 1 : 0;
        seen.complaint += held || !must ? "" : at + "the name exists without its lock; ";
    }
}

// Mark 1: before opening; 2: after opening; 3: before destruction; 4: after destruction.
template <typename Shm>
std::string watch (const Setting& setting)
{
    const std::string name = prepare<Shm> (setting);
    const ino_t inode = inodeOf (pathOf (name));
    Traced child ([&] {
        mark (1);
        {
            Shm segment (setting.size, name.c_str (), setting.options);
            mark (2);
            mark (3);
        }
        mark (4);
        return 0;
    });
    Seen seen;
    const auto at = [&] (Stop stop) {
        look (child, stop, name, setting.exists, seen);
        if (stop == Stop::Entry)
        {
            apply (setting.environment, child);
        }
        return true;
    };
    bool alive = child.between (1, 2, at);
    seen.complaint += alive && lockHeld (pathOf (name)) ? "" : "open without its lock; ";
    seen.complaint += setting.exists || seen.namings != 0 ? "" : "it was never about to be named; ";
    seen.complaint += !setting.exists || inode == inodeOf (pathOf (name)) ? "" : "another file has the name; ";
    alive = alive && child.between (3, 4, [&] (Stop) {
        const bool held = lockHeld (pathOf (name));
        seen.complaint +=
            held == maps (child.pid (), inodeOf (pathOf (name))) ? "" : "held without a mapping, or not with one; ";
        return true;
    });
    seen.complaint += alive && !lockHeld (pathOf (name)) ? "" : "destroyed, and the lock is held; ";
    finishIn (setting.environment, child);
    removeNames ();
    return seen.complaint.empty ()
               ? ""
               : std::string (setting.what) + " " + nameOf (setting.environment) + ", " + seen.complaint;
}

// Garbage collection at that stop: a collector that gets the exclusive lock removes the name. The opener must not
// return a segment without a name, unless the name was removed after it returned.
template <typename Shm>
std::string collectAt (const Setting& setting, unsigned stop, bool* inside, unsigned* robbed)
{
    const std::string name = prepare<Shm> (setting);
    const std::string path = pathOf (name);
    auto* error = new (sharedPages (sizeof (int))) int (0);
    Traced child ([&] {
        mark (1);
        try
        {
            Shm segment (setting.size, name.c_str (), setting.options);
            mark (2);
            return exists (name) && lockHeld (path) ? 0 : 2;
        }
        catch (const std::system_error& failure)
        {
            *error = failure.code ().value ();
            mark (2);
            return 0;
        }
    });
    unsigned count = 0;
    *inside = !child.between (1, 2, [&] (Stop at) {
        if (at == Stop::Entry)
        {
            apply (setting.environment, child);
        }
        return count++ != stop;
    });
    const int alone = exists (name) && *inside ? lockAlone (path) : -1;
    if (alone != -1)
    {
        ::unlink (path.c_str ());
        ::close (alone);
        ++*robbed;
    }
    const std::string place = std::string (setting.what) + ", collected at stop " + std::to_string (stop) + " at "
                              + callName (child.call ().number) + ": ";
    const int status = finishIn (setting.environment, child);
    const bool gone = setting.options.openMode == OpenMode::OpenOnly && alone != -1;
    const std::string how = status != 0                     ? describe (status)
                            : *error == (gone ? ENOENT : 0) ? ""
                                                            : std::strerror (*error);
    ::munmap (error, sizeof (int));
    removeNames ();
    return how.empty () ? "" : place + how;
}

template <typename Shm>
std::string collectEverywhere (const Setting& setting, unsigned* robbed)
{
    bool inside = true;
    std::string complaint;
    for (unsigned stop = 0; inside && complaint.empty (); ++stop)
    {
        complaint = collectAt<Shm> (setting, stop, &inside, robbed);
    }
    return complaint;
}
}  // namespace

TEST_CASE ("attach lock covers name and mapping at every step", "[traced][lock]")
{
    for (const Setting& setting : settings ())
    {
        CHECK (watch<ShmMem> (setting) == "");
    }
}

TEST_CASE ("segment collected between open and lock is not used", "[traced][lock]")
{
    for (const Setting& setting : settings ())
    {
        unsigned robbed = 0;
        CHECK (collectEverywhere<ShmMem> (setting, &robbed) == "");
        CHECK ((robbed != 0 || !setting.exists));  // otherwise the test tried nothing
    }
}

TEST_CASE ("check detects late and unverified attach locks", "[traced][lock][planted]")
{
    const Setting creating = {"creating 4 KiB", Environment::Usual, 4 << 10, MemOptions (), false};
    const Setting opening = {"opening 4 KiB", Environment::Usual, 4 << 10, MemOptions (), true};
    unsigned robbed = 0;
    const std::string complaints[] = {watch<BaselineShm> (creating), watch<DescriptorLock> (creating),
                                      collectEverywhere<DescriptorLock> (opening, &robbed)};
    for (const std::string& complaint : complaints)
    {
        std::printf ("%.200s\n", complaint.c_str ());
        CHECK (complaint != "");
    }
}
